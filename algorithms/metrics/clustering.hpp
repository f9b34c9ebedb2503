/// @file
/// Metrics of clusters, as of k-means (Sehayek 2.8).
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>

namespace xgrad::algorithms {

/// For each sample (b - a) / max(a, b), where a is its mean distance to the others of its cluster and b that to the samples of the
/// nearest other cluster: 1 is far from all others, 0 between two clusters, below 0 nearer to another. 0 for a cluster of one sample.
///
/// Distances are Euclidean, from products of matrices, and never all held at a time. Rousseeuw: Silhouettes: a graphical aid to the
/// interpretation and validation of cluster analysis, 1987.
/// @param X  (samples, features)
/// @param y  (samples), the numbers of the clusters
/// @returns  (samples)
/// @throws ShapeError, ValueError unless X is a matrix of finite numbers, y has a number for each row, and there are at least 2
/// clusters and fewer than samples; ValueError also if squared distances are beyond the range of a double
Array<double> silhouette_samples(const Array<double>& X, const LabelArray& y, Location at = Location::current());

/// The mean of silhouette_samples().
/// @throws what silhouette_samples() throws
double silhouette_score(const Array<double>& X, const LabelArray& y, Location at = Location::current());

/// The share of pairs of samples on which two clusterings agree: together in both, or apart in both. The numbers of the clusters do not
/// matter. Rand 1971.
/// @param y,h  the numbers of the clusters, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
double rand_score(const LabelArray& y, const LabelArray& h, Location at = Location::current());

/// The Rand index adjusted for chance, (index - expected) / (largest - expected): 1 for equal clusterings, about 0 for random ones.
/// Hubert, Arabie: Comparing partitions, 1985.
/// @param y,h  the numbers of the clusters, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
double adjusted_rand_score(const LabelArray& y, const LabelArray& h, Location at = Location::current());

} // namespace xgrad::algorithms
