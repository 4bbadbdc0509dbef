// Max pooling of [batch, channels, height, width] arrays. (The mean is a composite: see
// autograd/ops/pooling.cpp.)
#pragma once

#include "tensor/conv.h"

namespace gradian {

struct Pool2dOptions {
  Pair kernel;
  Pair stride{0, 0};   // 0, 0 stands for the kernel's size
  Pair padding{0, 0};  // at most half of the kernel
  Pair dilation{1, 1};

  Pair step() const { return stride == Pair{0, 0} ? kernel : stride; }
};

// The largest value of each window and its position in the flattened [H * W] plane (int64), both
// [N, C, OH, OW]; the first among equals, padding never wins, NaN counts as largest.
struct MaxPool2dResult {
  Tensor values, indices;
};
MaxPool2dResult max_pool2d(const Tensor& input, const Pool2dOptions& options);

}  // namespace gradian
