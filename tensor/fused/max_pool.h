// Kernels of max pooling by windows of 2x2 that lie side by side, the commonest ones, and of its
// gradient. They keep no positions: the gradient looks for the largest of four again, which costs
// less than writing and reading where it was. All other windows: tensor/conv/pooling.h.
#pragma once

#include "tensor/conv/pooling.h"

namespace gradian::fused {

// Whether these kernels cover the windows.
bool max_pool_2x2_applies(const Pool2dOptions& options);

// max_pool2d(x, {.kernel = 2}).values of images [N, C, H, W]: [N, C, H / 2, W / 2].
Tensor max_pool_2x2(const Tensor& x);

// The gradient of sum(grad * max_pool_2x2(x)), of the shape of x.
Tensor max_pool_2x2_gradient(const Tensor& grad, const Tensor& x);

}  // namespace gradian::fused
