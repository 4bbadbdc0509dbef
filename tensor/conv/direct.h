// Convolution straight from its definition: float32, one group, any stride, dilation and kernel.
// It wants channels of the result (filters, for the gradient by the weights) that fill the lanes of
// a vector, and does not check shapes. conv2d.cpp chooses.
#pragma once

#include "tensor/conv/conv2d.h"

namespace gradian {

bool direct_applies(DType dtype, const Shape& weight, const Conv2dOptions& options);

// What any of the three products costs, see conv2d.cpp, by the multiplications of the definition
// and the channels that lie in lanes.
double direct_cost(double multiplications, int64_t channels);

// As conv2d, conv2d_input_gradient and conv2d_weight_gradient.
Tensor direct_conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options,
                     const Tensor& bias);
Tensor direct_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options);
Tensor direct_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options);

}  // namespace gradian
