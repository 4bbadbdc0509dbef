#include "losses/regression.h"

#include "tensor/kernels.h"

namespace gradian {

Variable mse_loss(const Variable& input, const Variable& target, Reduction reduction) {
  check_same_kind(input, target, "mse_loss");
  const Variable difference = input - target;
  return reduce(difference * difference, reduction);
}

Variable l1_loss(const Variable& input, const Variable& target, Reduction reduction) {
  check_same_kind(input, target, "l1_loss");
  return reduce(abs(input - target), reduction);
}

Variable smooth_l1_loss(const Variable& input, const Variable& target, Reduction reduction,
                        double beta) {
  check_same_kind(input, target, "smooth_l1_loss");
  check(beta >= 0, "smooth_l1_loss: beta must not be negative, got ", beta);
  if (beta == 0) return l1_loss(input, target, reduction);
  const Variable difference = input - target;
  const Variable distance = abs(difference);
  const Tensor near = less(distance.value(), Tensor::scalar(beta, input.dtype()));
  // Squared from the difference: the distance has a kink at 0, where this loss is smooth.
  const Variable squared = difference * difference / (2 * beta);
  return reduce(where(near, squared, distance - beta / 2), reduction);
}

Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyOptions& options) {
  check_same_kind(input, target, "binary_cross_entropy_with_logits");
  // -log(sigmoid(x)) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x)
  Variable positive = target * softplus(neg(input));
  if (options.pos_weight.defined()) positive = positive * Variable(options.pos_weight);
  Variable losses = positive + (1 - target) * softplus(input);
  if (options.weight.defined()) losses = losses * Variable(options.weight);
  return reduce(losses, options.reduction);
}

}  // namespace gradian
