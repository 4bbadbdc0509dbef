// Convolution as one matrix product an image: it covers every dtype, group and geometry.
#pragma once

#include "tensor/conv/geometry.h"
#include "tensor/tensor.h"

namespace gradian::conv::im2col {

inline bool applies(DType, const Geometry&) { return true; }
double cost(const Geometry& g, Product product);

// As conv2d, conv2d_input_gradient and conv2d_weight_gradient, of contiguous operands that fit g.
Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias);
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w);
Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x);

}  // namespace gradian::conv::im2col
