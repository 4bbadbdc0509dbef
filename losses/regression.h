// Losses on values rather than classes: squared, absolute, Huber-like, and binary cross entropy.
// Prediction and target share one shape and dtype; the result is a scalar unless `none` is asked.
#pragma once

#include "losses/reduction.h"

namespace gradian {

// (x - t)^2
Variable mse_loss(const Variable& input, const Variable& target, const LossOptions& options = {});
// |x - t|
Variable l1_loss(const Variable& input, const Variable& target, const LossOptions& options = {});

struct SmoothL1Options {
  Reduction reduction = Reduction::mean;
  double beta = 1;  // where the parabola ends; 0 is the l1 loss
};
// d^2 / (2 beta) where d = |x - t| < beta, else d - beta / 2.
Variable smooth_l1_loss(const Variable& input, const Variable& target,
                        const SmoothL1Options& options = {});

// Options stand in braces: mse_loss(x, t, {.reduction = Reduction::sum}).
void mse_loss(const Variable&, const Variable&, std::same_as<Reduction> auto) = delete;
void l1_loss(const Variable&, const Variable&, std::same_as<Reduction> auto) = delete;
void smooth_l1_loss(const Variable&, const Variable&, std::same_as<Reduction> auto) = delete;

struct BinaryCrossEntropyOptions {
  // Both broadcast to the shape of the logits; undefined means 1.
  Tensor weight = {};      // factor of each element
  Tensor pos_weight = {};  // factor of the positive part
  Reduction reduction = Reduction::mean;
};

// -[p t log(sigmoid(x)) + (1 - t) log(1 - sigmoid(x))] with p = pos_weight, for targets in [0, 1];
// from softplus, so that no logit overflows. What weighs 0 counts for nothing, even NaN.
Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyOptions& options = {});

}  // namespace gradian
