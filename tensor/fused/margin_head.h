// Kernels of a classification head on cosines, the hot spot of ArcFace with many classes: the
// cosines of B features with C class weights, softmax cross entropy over them with each row's
// target entry replaced, and the gradients of both.
//
// The idea: everything walks the classes in blocks. A block's weights are read once while they are
// in the cache, for their norms and for the matrix product, so that neither a normalised copy of
// the weights [C, D] nor any [B, C] array but the cosines themselves ever exists. The cosines lie
// class by class, which suits all three products: a class weight, or the gradient by a class's
// cosines, is then a row that the micro-kernel reads where it lies. Knows no margins: the caller
// computes the target entries from the B target cosines.
#pragma once

#include "tensor/tensor.h"

namespace gradian::fused {

// Lengths below kSmallestLength count as that, and their rows get no gradient (see normalize()).
struct CosineProducts {
  Tensor cosine;    // [C, B rounded up]: what lies beyond B is of no meaning
  Tensor x_unit;    // [B, D], rows of x divided by their length
  Tensor x_length;  // [B]
  Tensor w_length;  // [C]
};
// From x [B, D] and weight [C, D].
CosineProducts cosine_products(const Tensor& x, const Tensor& weight);

// The cosine of each row with its label's class, [B]; labels are int64 [B], all in [0, C).
// -infinity takes its place, so that what is left are the other classes.
Tensor take_targets(CosineProducts& products, const Tensor& labels);

// What softmax over scale * {the target, the other cosines} gives for each row, [B]. Small losses
// keep their relative accuracy, as no sum has the target's own term in it.
struct TargetLosses {
  Tensor loss;            // log(1 + sum of exp(scale * (cosine - target)) over the other classes)
  Tensor log_normalizer;  // scale * target + loss
  Tensor by_target;       // exp(-loss) - 1, the derivative of loss by scale * target
};
TargetLosses target_losses(const CosineProducts& products, const Tensor& targets, double scale);

// The gradients of sum over i of row_grad * loss_i, by x and weight. by_target_cosine [B] is that
// of sum over i of loss_i / scale by the cosines which take_targets() took.
struct HeadGradients {
  Tensor x, weight;
};
HeadGradients head_gradients(const CosineProducts& products, const Tensor& weight,
                             const Tensor& labels, const Tensor& by_target_cosine,
                             const Tensor& log_normalizer, double scale, double row_grad);

}  // namespace gradian::fused
