// Kernels of 2-D convolution on [batch, channels, height, width] arrays.
// Convolution is bilinear in its two operands, so the three products below are closed under
// differentiation: the gradient of any of them is made of the other two.
#pragma once

#include "tensor/tensor.h"
#include "tensor/conv/geometry.h"

namespace gradian {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;    // zeros on each side
  Pair dilation = 1;   // distance of neighbouring taps
  int64_t groups = 1;  // channels split into groups that do not mix
};

// Shape of conv2d's result [N, O, OH, OW], see count_windows(). Fails, naming what came, when
// input, weight and options do not go together.
Shape conv2d_shape(const Shape& input, const Shape& weight, const Conv2dOptions& options);

// y[n, o, i, j] = sum over c, p, q of w[o, c, p, q] x[n, c, i stride + p dilation - padding, ...]
// plus bias[o], unless bias is undefined:
//   [N, O, OH, OW] from input [N, C, H, W], weight [O, C / groups, KH, KW] and bias [O]
Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options,
              const Tensor& bias = {});

// sum(grad * conv2d(x, weight)) differentiated by x, for x of `input_shape`.
Tensor conv2d_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options);

// sum(grad * conv2d(input, w)) differentiated by w, for w of `weight_shape`.
Tensor conv2d_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options);

// How the three products are computed. Each algorithm covers some float32 convolutions (see
// direct.h, winograd.h); im2col covers all. automatic takes the one that is estimated to be
// fastest, by the sizes alone.
enum class ConvAlgorithm { automatic, im2col, direct, winograd6, winograd8 };

// Forces an algorithm, in all threads, for tests and benchmarks. Where it does not apply, im2col
// does the work.
void set_conv_algorithm(ConvAlgorithm algorithm);
ConvAlgorithm conv_algorithm();

// What conv2d takes for operands of these shapes.
ConvAlgorithm conv2d_algorithm(DType dtype, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options);

}  // namespace gradian
