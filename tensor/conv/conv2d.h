// 2-D convolution of [batch, channels, height, width] arrays.
// Convolution is bilinear in its two operands, so the three products below are closed under
// differentiation: the gradient of any of them is made of the other two.
#pragma once

#include "tensor/conv/geometry.h"
#include "tensor/tensor.h"

namespace gradian {

// y[n, o, i, j] = sum over c, p, q of w[o, c, p, q] x[n, c, i stride + p dilation - padding, ...]
// plus bias[o], unless bias is undefined:
//   [N, O, OH, OW] from input [N, C, H, W], weight [O, C / groups, KH, KW] and bias [O]
Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});
Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options);

// sum(grad * conv2d(x, weight)) differentiated by x, for x of `input_shape`.
Tensor conv2d_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options);

// sum(grad * conv2d(input, w)) differentiated by w, for w of `weight_shape`.
Tensor conv2d_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options);

// How the three products are computed. im2col covers all convolutions, each of the others some of
// those of float32 (see README.md). automatic takes the one that is estimated to be fastest, by the
// sizes alone.
enum class ConvAlgorithm { automatic, im2col, direct, winograd6, winograd8 };
const char* name(ConvAlgorithm algorithm);

// Forces an algorithm, in all threads, for tests and benchmarks. Where it does not apply, im2col
// does the work.
void set_conv_algorithm(ConvAlgorithm algorithm);
ConvAlgorithm conv_algorithm();

// What conv2d takes for operands of these shapes.
ConvAlgorithm conv2d_algorithm(DType dtype, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options);

}  // namespace gradian
