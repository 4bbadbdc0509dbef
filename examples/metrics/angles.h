// How features lie around the centres of their classes, in distances and in angles: the figures
// of ArcFace (arXiv 1801.07698v3), Table 3, and their Euclidean counterparts for center loss.
// Measures only; what to make of the numbers is for the reader of the report.
#pragma once

#include <limits>

#include "tensor/tensor.h"

namespace gradian::examples {

// The mean over nothing.
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The centre of a class is the mean of its features, for distances and angles alike. Classes
// without samples are left out of every mean. An angle needs two directions: pairs with a zero
// vector are left out. A mean over nothing is NaN.
struct FeatureStatistics {
  double mean_distance = kNaN;    // over samples: from the feature to the centre of its class
  double center_spread = kNaN;    // over pairs of classes: from centre to centre
  double intra_degrees = kNaN;    // over samples: angle from the feature to the centre of its class
  double inter_degrees = kNaN;    // over classes: smallest angle from the centre to another centre
  double w_ec_degrees = kNaN;     // over classes: angle between the class weight and the centre
  double w_inter_degrees = kNaN;  // over weights: smallest angle from a weight to another one
  Tensor centers;                 // [C, d] float64, NaN for a class without samples
};

// From features [N, d], their labels [N] (int64) and, if defined, the classifier's weights [C, d],
// one row a class. Without weights C is the largest label + 1, and what is of weights is NaN.
// Computes in double, whichever floating dtype comes in.
FeatureStatistics feature_statistics(const Tensor& features, const Tensor& labels,
                                     const Tensor& weights = Tensor());

}  // namespace gradian::examples
