// Max pooling of [batch, channels, height, width] arrays. (The mean is a composite: see
// autograd/ops/pooling.cpp.)
#pragma once

#include "tensor/conv/geometry.h"
#include "tensor/tensor.h"

namespace gradian {

struct Pool2dOptions {
  Pair kernel;
  Pair stride = kernel;
  Pair padding = 0;  // at most half of the kernel
  Pair dilation = 1;
  bool ceil_mode = false;  // also a last window that the input does not fill (count_windows())
};

// Shape [N, C, OH, OW] of the result, see conv::count_windows(). Fails, naming what came, when
// input and options do not go together.
Shape pool2d_shape(const Shape& input, const Pool2dOptions& options);

// The largest value of each window and its position in the flattened [H * W] plane (int64), both
// [N, C, OH, OW]; the first among equals, padding never wins, NaN counts as largest.
struct MaxPool2dResult {
  Tensor values, indices;
};
MaxPool2dResult max_pool2d(const Tensor& input, const Pool2dOptions& options);

}  // namespace gradian
