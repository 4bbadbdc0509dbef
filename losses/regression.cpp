#include "losses/regression.h"

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {

Variable mse_loss(const Variable& input, const Variable& target, const LossOptions& options) {
  const Calling calling("mse_loss");
  check_same_kind(input, target);
  const Variable difference = input - target;
  return reduce(difference * difference, options.reduction);
}

Variable l1_loss(const Variable& input, const Variable& target, const LossOptions& options) {
  const Calling calling("l1_loss");
  check_same_kind(input, target);
  return reduce(abs(input - target), options.reduction);
}

Variable smooth_l1_loss(const Variable& input, const Variable& target,
                        const SmoothL1Options& options) {
  const Calling calling("smooth_l1_loss");
  const double beta = options.beta;
  check_same_kind(input, target);
  check_not_negative("beta", beta);
  if (beta == 0) return reduce(abs(input - target), options.reduction);
  const Variable difference = input - target;
  const Variable distance = abs(difference);
  const Tensor near = distance < beta;
  // Squared from the difference: the distance has a kink at 0, where this loss is smooth. Far ones
  // stay out before they are squared, as 0 times an infinite one would be their gradient.
  const Variable close = where(near, difference, 0);
  return reduce(where(near, close * close / (2 * beta), distance - beta / 2), options.reduction);
}

namespace {

// What an option of binary cross entropy multiplies by: 1 where it is undefined.
Variable factor(const Tensor& weight, const char* option, const Variable& input) {
  if (!weight.defined()) return constant(1, input);
  check(broadcasts_to(weight.shape(), input.shape()), option, ' ', weight.shape(),
        " does not broadcast to the logits ", input.shape());
  check(weight.dtype() == input.dtype(), "expected a ", option, " of dtype ", input.dtype(),
        ", got ", weight.dtype());
  return Variable(weight);
}

}  // namespace

Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyOptions& options) {
  const Calling calling("binary_cross_entropy_with_logits");
  check_same_kind(input, target);
  const Variable weight = factor(options.weight, "weight", input);
  const Variable pos_weight = factor(options.pos_weight, "pos_weight", input);
  const Variable x = where_counted(weight.value(), input),
                 t = where_counted(weight.value(), target);
  // -log(sigmoid(x)) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x)
  const Variable positive = weighted(pos_weight, weighted(t, softplus(neg(x))));
  const Variable negative = weighted(1 - t, softplus(x));
  return reduce(weight * (positive + negative), options.reduction);
}

}  // namespace gradian
