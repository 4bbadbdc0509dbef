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

namespace gradian {

// Lengths below this count as this length, and their rows get no gradient (see normalize()).
constexpr double kSmallestLength = 1e-12;

struct CosineProducts {
  Tensor cosine;    // [C, B rounded up]: what lies beyond B is of no meaning
  Tensor x_unit;    // [B, D], rows of x divided by their length
  Tensor x_length;  // [B]
  Tensor w_length;  // [C]
};
// From x [B, D] and weight [C, D].
CosineProducts cosine_products(const Tensor& x, const Tensor& weight);

// The cosine of each row with its label's class, [B]; labels are int64 [B].
Tensor target_cosines(const CosineProducts& products, const Tensor& labels);
// Puts `targets` [B] in their place.
void replace_targets(CosineProducts& products, const Tensor& labels, const Tensor& targets);

// log(sum over classes j of exp(scale * cosine_ij)) for each row i, [B].
Tensor log_normalizers(const CosineProducts& products, double scale);

// The gradients of sum over i of row_grad * (log_normalizer_i - scale * target_i), by x and weight,
// where the targets are those that replaced the cosines and slope [B] is their derivative by them.
struct HeadGradients {
  Tensor x, weight;
};
HeadGradients head_gradients(const CosineProducts& products, const Tensor& weight,
                             const Tensor& labels, const Tensor& slope,
                             const Tensor& log_normalizer, double scale, double row_grad);

}  // namespace gradian
