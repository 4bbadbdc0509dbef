// Losses on values rather than classes: squared, absolute, Huber-like, and binary cross entropy.
// Prediction and target share one shape and dtype; the result is a scalar unless `none` is asked.
#pragma once

#include "losses/reduction.h"

namespace gradian {

// (x - t)^2
Variable mse_loss(const Variable& input, const Variable& target,
                  Reduction reduction = Reduction::mean);
// |x - t|
Variable l1_loss(const Variable& input, const Variable& target,
                 Reduction reduction = Reduction::mean);
// d^2 / (2 beta) where d = |x - t| < beta, else d - beta / 2.
Variable smooth_l1_loss(const Variable& input, const Variable& target,
                        Reduction reduction = Reduction::mean, double beta = 1.0);

struct BinaryCrossEntropyOptions {
  // Both broadcast to the shape of the logits; undefined means 1.
  Tensor weight = {};      // factor of each element
  Tensor pos_weight = {};  // factor of the positive part
  Reduction reduction = Reduction::mean;
};

// -[p t log(sigmoid(x)) + (1 - t) log(1 - sigmoid(x))] with p = pos_weight, for targets in [0, 1];
// from softplus, so that no logit overflows.
Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyOptions& options = {});

}  // namespace gradian
