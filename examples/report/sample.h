// Picks the points that a plot shows when there are too many: the same number of every class.
// The figures of a report are never taken from a sample.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace gradian::examples {

// Rows of labels [N], at most `limit` of them and at most limit / classes a class, chosen at random
// from a fixed seed: equal labels give equal rows.
std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit);

}  // namespace gradian::examples
