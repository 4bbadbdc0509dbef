// Kernels of a classification head on cosines, the hot spot of ArcFace with many classes: the
// cosines of B features with C class weights, softmax cross entropy over them with each row's
// target entry replaced, and the gradients of both.
//
// The idea: everything walks the classes in blocks. A block's weights are read once while they are
// in the cache, for their norms and for the matrix product, and its cosines are folded into their
// largest and the sum of their exponentials before the next block's are made. So neither a
// normalised copy of the weights [C, D] nor a [B, C] array is needed. The gradients want the
// cosines again: those of few classes are kept, those of many made a second time, bit for bit the
// same. They lie class by class, which suits all three products: a class weight, or the gradient by
// a class's cosines, is then a row that the micro-kernel reads where it lies. Knows no margins: the
// caller computes the target entries from the B target cosines.
#pragma once

#include "tensor/tensor.h"

namespace gradian::fused {

// Cosines that take more bytes than this are made again for the gradients, by a fourth product
// beside three, and memory no longer grows by C * B.
constexpr int64_t kKeptBytes = int64_t{128} << 20;

// Lengths below kSmallestLength count as that, and their rows get no gradient (see normalize()).
struct HeadProducts {
  Tensor x_unit;         // [B, D], rows of x divided by their length
  Tensor x_length;       // [B]
  Tensor x_panels;       // x_unit as the micro-kernel reads it (simd/panels.h)
  Tensor w_length;       // [C]
  Tensor target_cosine;  // [B], of each row with its label's class
  // Of the other classes, for each block of them [blocks, B rounded up]: the largest cosine, and
  // the sum of exp(scale * (cosine - largest)). What lies beyond B is of no meaning.
  Tensor largest, sums;
  Tensor cosine;  // [C, B rounded up], -infinity at the targets; undefined where not kept
};
// From x [B, D], weight [C, D] and int64 labels [B], all in [0, C).
HeadProducts head_products(const Tensor& x, const Tensor& weight, const Tensor& labels,
                           double scale, int64_t kept_bytes = kKeptBytes);

// What softmax over scale * {the target, the other cosines} gives for each row, [B]. Small losses
// keep their relative accuracy, as no sum has the target's own term in it.
struct TargetLosses {
  Tensor loss;            // log(1 + sum of exp(scale * (cosine - target)) over the other classes)
  Tensor log_normalizer;  // scale * target + loss
  Tensor by_target;       // exp(-loss) - 1, the derivative of loss by scale * target
};
TargetLosses target_losses(const HeadProducts& products, const Tensor& targets, double scale);

// The gradients of sum over i of row_grad * loss_i, by x and weight. by_target_cosine [B] is that
// of sum over i of loss_i / scale by target_cosine.
struct HeadGradients {
  Tensor x, weight;
};
HeadGradients head_gradients(const HeadProducts& products, const Tensor& weight,
                             const Tensor& labels, const Tensor& by_target_cosine,
                             const Tensor& log_normalizer, double scale, double row_grad);

}  // namespace gradian::fused
