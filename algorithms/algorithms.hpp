/// @file
/// All of the estimators, with what belongs to them: metrics, preprocessing, validation and data sets. Apart from
/// <xgrad/xgrad.hpp>, so that who differentiates formulas does not compile it.
#pragma once

#include <xgrad/algorithms/cluster/k_means.hpp>
#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/estimator.hpp>
#include <xgrad/algorithms/linear_model/adaline.hpp>
#include <xgrad/algorithms/linear_model/lasso.hpp>
#include <xgrad/algorithms/linear_model/linear_regression.hpp>
#include <xgrad/algorithms/linear_model/logistic_regression.hpp>
#include <xgrad/algorithms/linear_model/perceptron.hpp>
#include <xgrad/algorithms/linear_model/ridge.hpp>
#include <xgrad/algorithms/linear_model/threshold_logic_unit.hpp>
#include <xgrad/algorithms/metrics/classification.hpp>
#include <xgrad/algorithms/metrics/clustering.hpp>
#include <xgrad/algorithms/metrics/probability.hpp>
#include <xgrad/algorithms/metrics/ranking.hpp>
#include <xgrad/algorithms/metrics/regression.hpp>
#include <xgrad/algorithms/model_selection/cross_validation.hpp>
#include <xgrad/algorithms/model_selection/curves.hpp>
#include <xgrad/algorithms/model_selection/grid.hpp>
#include <xgrad/algorithms/model_selection/search.hpp>
#include <xgrad/algorithms/model_selection/split.hpp>
#include <xgrad/algorithms/neighbors/k_neighbors.hpp>
#include <xgrad/algorithms/neural_network/multilayer_perceptron.hpp>
#include <xgrad/algorithms/neural_network/rbf_network.hpp>
#include <xgrad/algorithms/optimization/critical_point.hpp>
#include <xgrad/algorithms/optimization/gradient_descent.hpp>
#include <xgrad/algorithms/pipeline.hpp>
#include <xgrad/algorithms/preprocessing/encoding.hpp>
#include <xgrad/algorithms/preprocessing/polynomial_features.hpp>
#include <xgrad/algorithms/preprocessing/scaling.hpp>
