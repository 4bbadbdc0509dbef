// Convolution straight from its definition: float32, one group, a product of strides of at
// most 64, padding that does not make a copy many times as large as the images (see applies()).
// It wants channels of the result (filters, for the gradient by the weights) that fill the lanes of
// a vector.
#pragma once

#include "tensor/conv/geometry.h"
#include "tensor/tensor.h"

namespace gradian::conv::direct {

bool applies(DType dtype, const Geometry& g);
double cost(const Geometry& g, Product product);

// As conv2d, conv2d_input_gradient and conv2d_weight_gradient, of contiguous operands that fit g.
Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias);
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w);
Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x);

}  // namespace gradian::conv::direct
