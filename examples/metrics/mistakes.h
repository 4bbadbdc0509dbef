// Which images a classifier takes for what. How sure it was comes from its probabilities.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace gradian::examples {

// [C, C] int64 from scores [N, C] and labels [N]: how many images of the row's class were taken for
// the column's, which has the largest score, the first among equals.
Tensor confusion_matrix(const Tensor& scores, const Tensor& labels);

struct Mistake {
  int64_t row, label, taken_for;
  double probability;  // that the classifier gave to what it took it for
};

// Those of the highest probability, at most `limit`, the surest first.
std::vector<Mistake> surest_mistakes(const Tensor& probabilities, const Tensor& labels,
                                     int64_t limit);

}  // namespace gradian::examples
