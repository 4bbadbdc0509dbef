// Convolution by Winograd's method: the three products of conv2d.h with far fewer multiplications,
// for float32, kernels 3x3 and 5x5, stride 1, dilation 1 and one group. conv2d.cpp chooses between
// this and its other algorithms; it does not check shapes. The idea: see winograd_transform.h.
//
// Its price is rounding: values of very different size are added and subtracted on the way. The
// largest error against float64, over the largest entry of the result, for inputs in (-1, 1),
// 1 to 128 channels (tests/tensor/conv/winograd.cpp estimates a bound and checks it):
//                tile six   tile eight   direct   im2col
//   forward       1.2e-5      1.6e-5     0.2e-5   0.1e-5
//   gradients     1.3e-5      1.7e-5     0.2e-5   0.1e-5
// And an infinity or NaN reaches all outputs of its tile, not only those whose window holds it.
#pragma once

#include "tensor/conv/conv2d.h"

namespace gradian {

// Inputs that one tile spans in each direction; it gives tile + 1 - kernel outputs.
enum class WinogradTile { six = 6, eight = 8 };

// Whether the method covers this convolution at all.
bool winograd_applies(DType dtype, const Shape& weight, const Conv2dOptions& options);

// What it costs, see conv2d.cpp. `output` is the shape of what is cut into tiles: conv2d's result,
// or its input for the gradient by the input, whose `in_channels` are conv2d's filters.
double winograd_cost(WinogradTile tile, const Shape& output, int64_t in_channels, int64_t kernel);

// As conv2d, conv2d_input_gradient and conv2d_weight_gradient.
Tensor winograd_conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options,
                       const Tensor& bias, WinogradTile tile);
Tensor winograd_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                               const Conv2dOptions& options, WinogradTile tile);
Tensor winograd_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                                const Conv2dOptions& options, WinogradTile tile);

}  // namespace gradian
