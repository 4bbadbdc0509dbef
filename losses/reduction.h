// What losses share: how values, one an element or a row, become the result, and a check of pairs
// of operands.
#pragma once

#include "autograd/ops.h"

namespace gradian {

// mean divides by the number of values: of none, as an empty batch has, it is NaN (0 / 0), as in
// PyTorch, and the sum is 0. Gradients are empty or 0 then.
enum class Reduction { none, mean, sum };

// Options of a loss that has no settings of its own. Others keep `reduction` in theirs.
struct LossOptions {
  Reduction reduction = Reduction::mean;
};

Variable reduce(const Variable& losses, Reduction reduction);

// weight * losses, which broadcast. What weighs 0 counts for nothing, even an infinite loss or NaN.
Variable weighted(const Variable& weight, const Variable& losses);

// x, with zeros where `weight`, which broadcasts to it, is 0: not even NaN there reaches a
// gradient.
Variable where_counted(const Tensor& weight, const Variable& x);

// Fails unless both have one shape and one floating dtype, naming both.
void check_same_kind(const Variable& a, const Variable& b);

}  // namespace gradian
