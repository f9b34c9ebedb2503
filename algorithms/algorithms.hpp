/// @file
/// All of the estimators, with what belongs to them: metrics, preprocessing, validation and data sets. Apart from
/// <xgrad/xgrad.hpp>, so that who differentiates formulas does not compile it.
#pragma once

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/estimator.hpp>
#include <xgrad/algorithms/linear_model/lasso.hpp>
#include <xgrad/algorithms/linear_model/linear_regression.hpp>
#include <xgrad/algorithms/linear_model/logistic_regression.hpp>
#include <xgrad/algorithms/linear_model/ridge.hpp>
#include <xgrad/algorithms/metrics/classification.hpp>
#include <xgrad/algorithms/metrics/regression.hpp>
