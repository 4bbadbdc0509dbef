#include "losses/cross_entropy.h"

#include <cmath>

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// The labels of a batch and what each row weighs.
struct Targets {
  Tensor labels;        // [N], all in [0, C): 0 for ignored rows
  Tensor kept;          // [N], 0 for ignored rows, else 1
  Tensor class_weight;  // [C]
  Tensor row_weight;    // [N], the weight of the row's label, 0 for ignored rows
};

void check_finite_weights(const Tensor& weight) {
  const std::vector<double> values = weight.to_vector<double>();
  for (size_t j = 0; j < values.size(); ++j)
    check(std::isfinite(values[j]), "expected finite weights of the classes, got ", values[j],
          " at class ", j);
}

Targets make_targets(const Variable& scores, const Tensor& labels,
                     const CrossEntropyOptions& options) {
  check(scores.dim() == 2, "expected logits [N, C], got ", scores.shape(),
        scores.dim() < 3 ? ""
                         : ": move the classes last and make rows of the rest, "
                           "reshape(permute(x, {0, 2, 3, 1}), {-1, C})");
  const int64_t rows = scores.size(0), classes = scores.size(1);
  check_labels(labels, rows, classes, options.ignore_index);
  Targets targets;
  const Tensor ignored = labels == options.ignore_index;
  targets.labels = where(ignored, 0, labels);
  targets.kept = 1 - ignored.to(scores.dtype());
  targets.class_weight =
      options.weight.defined() ? options.weight : Tensor::ones({classes}, scores.dtype());
  check(targets.class_weight.shape() == Shape{classes}, "expected a weight per class, [", classes,
        "], got ", targets.class_weight.shape());
  check_same_dtype(targets.class_weight, scores.value());
  if (options.weight.defined()) check_finite_weights(options.weight);
  targets.row_weight = mul(gather(targets.class_weight, 0, targets.labels), targets.kept);
  return targets;
}

// -log p of each row's label times the row's weight, [N].
Variable label_losses(const Variable& log_probabilities, const Targets& targets) {
  const Variable picked = gather(log_probabilities, 1, targets.labels.unsqueeze(1));
  return weighted(Variable(targets.row_weight), neg(squeeze(picked, 1)));
}

// -log p averaged over the classes, each times its weight, [N].
Variable spread_losses(const Variable& log_probabilities, const Targets& targets) {
  const Variable of_classes = weighted(Variable(targets.class_weight), neg(log_probabilities));
  return Variable(targets.kept) * mean(of_classes, {1});
}

// The mean divides by the weights of the labels, as PyTorch does.
Variable reduce_weighted(const Variable& losses, const Targets& targets, Reduction reduction) {
  if (reduction == Reduction::mean) return sum(losses) / Variable(sum(targets.row_weight));
  return reduce(losses, reduction);
}

}  // namespace

Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyOptions& options) {
  const Calling calling("cross_entropy");
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "label_smoothing must be in [0, 1], got ", smoothing);
  const Targets targets = make_targets(logits, labels, options);
  const Tensor& counts = smoothing > 0 ? targets.kept : targets.row_weight;
  const Variable log_probabilities = log_softmax(where_counted(counts.unsqueeze(1), logits), 1);
  Variable losses = label_losses(log_probabilities, targets);
  if (smoothing > 0) {
    losses = weighted(constant(1 - smoothing, losses), losses) +
             smoothing * spread_losses(log_probabilities, targets);
  }
  return reduce_weighted(losses, targets, options.reduction);
}

Variable nll_loss(const Variable& log_probabilities, const Tensor& labels,
                  const CrossEntropyOptions& options) {
  const Calling calling("nll_loss");
  check(options.label_smoothing == 0, "label_smoothing is an option of cross_entropy, got ",
        options.label_smoothing);
  const Targets targets = make_targets(log_probabilities, labels, options);
  const Variable counted = where_counted(targets.row_weight.unsqueeze(1), log_probabilities);
  return reduce_weighted(label_losses(counted, targets), targets, options.reduction);
}

}  // namespace gradian
