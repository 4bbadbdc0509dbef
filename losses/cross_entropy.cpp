#include "losses/cross_entropy.h"

#include "tensor/kernels.h"

namespace gradian {
namespace {

// What each row of a batch weighs, and the labels with ignored ones replaced by a valid class.
struct Targets {
  Tensor labels;        // [N], all in [0, C)
  Tensor kept;          // [N], 1 or 0 for ignored rows
  Tensor class_weight;  // [C]
  Variable row_weight;  // [N]: the weight of the row's label, 0 for ignored rows
};

Targets make_targets(const char* op, const Variable& scores, const Tensor& labels,
                     const CrossEntropyOptions& options) {
  check(scores.dim() == 2, op, ": expected logits [N, C], got ", scores.shape());
  const int64_t rows = scores.size(0), classes = scores.size(1);
  check_labels(op, labels, rows, classes, options.ignore_index);
  Targets targets;
  const Tensor ignored =
      equal(labels, Tensor::scalar(static_cast<double>(options.ignore_index), DType::int64));
  targets.labels = where(ignored, Tensor::scalar(0, DType::int64), labels);
  targets.kept = sub(Tensor::scalar(1, scores.dtype()), ignored.to(scores.dtype()));
  targets.class_weight =
      options.weight.defined() ? options.weight : Tensor::ones({classes}, scores.dtype());
  check(targets.class_weight.shape() == Shape{classes}, op, ": expected a weight per class, [",
        classes, "], got ", targets.class_weight.shape());
  check_same_dtype(targets.class_weight, scores.value(), op);
  targets.row_weight = Variable(mul(gather(targets.class_weight, 0, targets.labels), targets.kept));
  return targets;
}

// The mean divides by the weights of the labels, as PyTorch does.
Variable reduce_weighted(const Variable& losses, const Targets& targets, Reduction reduction) {
  if (reduction == Reduction::mean) return sum(losses) / sum(targets.row_weight);
  return reduce(losses, reduction);
}

// [N] with 0 for ignored rows, whose own loss may be infinite.
Variable without_ignored(const Variable& losses, const Targets& targets) {
  return where(targets.kept, losses, Variable(Tensor::scalar(0, losses.dtype())));
}

// -log p of each row's label times the row's weight, [N].
Variable label_losses(const Variable& log_probabilities, const Targets& targets) {
  const Variable picked = gather(log_probabilities, 1, targets.labels.unsqueeze(1));
  return without_ignored(neg(squeeze(picked, 1)) * targets.row_weight, targets);
}

}  // namespace

void check_labels(const char* op, const Tensor& labels, int64_t rows, int64_t num_classes,
                  std::optional<int64_t> ignore_index) {
  check(labels.dtype() == DType::int64, op, ": labels must be int64, got ", labels.dtype());
  check(labels.shape() == Shape{rows}, op, ": expected ", rows, " labels, got shape ",
        labels.shape());
  const std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = values[static_cast<size_t>(row)];
    check((label >= 0 && label < num_classes) || label == ignore_index, op, ": label ", label,
          " at row ", row, ", but there are ", num_classes, " classes");
  }
}

Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "cross_entropy: label_smoothing must be in [0, 1], got ",
        smoothing);
  const Targets targets = make_targets("cross_entropy", logits, labels, options);
  const Variable log_probabilities = log_softmax(logits, 1);
  Variable losses = label_losses(log_probabilities, targets);
  if (smoothing > 0) {
    // [N] = [N, C] x [C]: the loss of a target spread over the classes, weighted by class
    const Variable spread = matmul(log_probabilities, Variable(targets.class_weight)) *
                            (-1.0 / static_cast<double>(logits.size(1)));
    losses = (1 - smoothing) * losses + smoothing * without_ignored(spread, targets);
  }
  return reduce_weighted(losses, targets, options.reduction);
}

Variable nll_loss(const Variable& log_probabilities, const Tensor& labels,
                  const CrossEntropyOptions& options) {
  const Targets targets = make_targets("nll_loss", log_probabilities, labels, options);
  return reduce_weighted(label_losses(log_probabilities, targets), targets, options.reduction);
}

double accuracy(const Tensor& logits, const Tensor& labels) {
  check(logits.dim() == 2 && logits.size(0) > 0, "accuracy: expected logits [N, C], got ",
        logits.shape());
  check_labels("accuracy", labels, logits.size(0), logits.size(1));
  const Tensor hits = equal(argmax(logits, 1), labels);
  return sum(hits).item() / static_cast<double>(logits.size(0));
}

}  // namespace gradian
