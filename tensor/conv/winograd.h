// Convolution by Winograd's method: the three products with far fewer multiplications, for float32,
// kernels 3x3 and 5x5, stride 1, dilation 1 and one group. The idea: see winograd_transform.h.
//
// Its price is rounding: values of very different size are added and subtracted on the way. The
// largest error against float64, over the largest entry of the result, for inputs in (-1, 1),
// 1 to 128 channels (tests/tensor/conv/winograd.cpp estimates a bound and checks it):
//                tile six   tile eight   direct   im2col
//   forward       1.2e-5      1.6e-5     0.2e-5   0.1e-5
//   gradients     1.3e-5      1.7e-5     0.2e-5   0.1e-5
// And an infinity or NaN reaches all outputs of its tile, not only those whose window holds it.
#pragma once

#include "tensor/conv/geometry.h"
#include "tensor/tensor.h"

// alpha is the number of inputs that one tile spans in each direction, 6 or 8; it gives
// alpha + 1 - kernel outputs.
namespace gradian::conv::winograd {

bool applies(DType dtype, const Geometry& g);
template <int alpha>
double cost(const Geometry& g, Product product);

// As conv2d, conv2d_input_gradient and conv2d_weight_gradient, of contiguous operands that fit g.
template <int alpha>
Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias);
template <int alpha>
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w);
template <int alpha>
Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x);

}  // namespace gradian::conv::winograd
