// Classification losses on logits: cross entropy and the negative log-likelihood under it.
#pragma once

#include <optional>

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
// overflows; nothing is clamped. A label outside [0, C) is an error that names it and its row.
Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyOptions& options = {});

// The same from log-probabilities; label_smoothing is not used.
Variable nll_loss(const Variable& log_probabilities, const Tensor& labels,
                  const CrossEntropyOptions& options = {});

// Fails unless labels is int64 [rows] with every value in [0, num_classes), or `ignore_index` where
// one is given.
void check_labels(const char* op, const Tensor& labels, int64_t rows, int64_t num_classes,
                  std::optional<int64_t> ignore_index = {});

// Share of the rows whose largest logit is at their label.
double accuracy(const Tensor& logits, const Tensor& labels);

}  // namespace gradian
