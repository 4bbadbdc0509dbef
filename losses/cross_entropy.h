// Classification losses on logits: cross entropy and the negative log-likelihood under it.
#pragma once

#include "losses/reduction.h"

namespace gradian {

struct CrossEntropyOptions {
  Tensor weight = {};                     // a weight per class, [C]; undefined means 1
  int64_t ignore_index = -100;            // rows with this label count for nothing
  Reduction reduction = Reduction::mean;  // mean: over the weights of the rows' labels
  double label_smoothing = 0;  // share of the target that is spread evenly over all classes
};

// -log(softmax(logits)[label]) per row. logits [N, C], labels int64 [N]; the result is a scalar, or
// [N] without reduction. Computed from log-softmax shifted by the row's maximum, so that no logit
// overflows; nothing is clamped, and losses near 0 keep their relative accuracy. A label outside
// [0, C) is an error that names it and its row. What weighs 0 counts for nothing: an ignored row
// may hold NaN, and a class of weight 0 may be impossible (logit -infinity). When no row counts the
// mean is NaN (0 / 0) with a gradient of 0, as in PyTorch.
Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyOptions& options = {});

// The same from log-probabilities; there is no label_smoothing.
Variable nll_loss(const Variable& log_probabilities, const Tensor& labels,
                  const CrossEntropyOptions& options = {});

}  // namespace gradian
