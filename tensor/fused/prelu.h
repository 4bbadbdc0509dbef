// Kernels of PReLU and its gradients, one pass over memory each, where the composite of
// autograd/ops/activation.cpp takes several.
#pragma once

#include "tensor/tensor.h"

namespace gradian::fused {

// Whether these kernels cover the shapes: one slope for all of x, or one for each index along a
// single axis of x but the last, which broadcasting lines up with the slopes.
bool prelu_applies(const Shape& x, const Shape& slope);

// x where x > 0, else slope * x.
Tensor prelu(const Tensor& x, const Tensor& slope);

// The gradients of sum(grad * prelu(x, slope)).
struct PreluGradients {
  Tensor x, slope;
};
PreluGradients prelu_gradients(const Tensor& grad, const Tensor& x, const Tensor& slope);

}  // namespace gradian::fused
