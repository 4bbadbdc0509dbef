// Convolution straight from its definition, for inputs of so few channels (a grey or colour image)
// that the matrix products of the other algorithms have next to nothing to multiply: stride 1,
// dilation 1, one group, float32. It does not check shapes.
#pragma once

#include "tensor/conv.h"

namespace gradian {

bool direct_applies(DType dtype, const Shape& weight, const Conv2dOptions& options);

// As conv2d and conv2d_weight_gradient. (The gradient by an image is rarely asked for.)
Tensor direct_conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options);
Tensor direct_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options);

}  // namespace gradian
