// Top-1 accuracy of a classifier's logits.
#pragma once

#include "tensor/tensor.h"

namespace gradian::examples {

// Share of the rows whose largest logit is at their label, the first one among equals. No rows, and
// NaN among the logits, are errors.
double accuracy(const Tensor& logits, const Tensor& labels);

}  // namespace gradian::examples
