#include "losses/pairs.h"

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

void check_embeddings(const Variable& a, const Variable& b, const char* op) {
  check_same_kind(a, b, op);
  check(a.dim() == 2 && a.size(1) > 0, op, ": expected embeddings [N, D] with D > 0, got ",
        a.shape());
}

void check_zero_or_one(const Tensor& same, int64_t rows) {
  check(same.shape() == Shape{rows}, "contrastive_loss: expected `same` [", rows, "], got ",
        same.shape());
  const std::vector<double> values = same.to_vector<double>();
  for (size_t row = 0; row < values.size(); ++row)
    check(values[row] == 0 || values[row] == 1, "contrastive_loss: `same` must be 0 or 1, got ",
          values[row], " at row ", row);
}

}  // namespace

Variable contrastive_loss(const Variable& x1, const Variable& x2, const Tensor& same,
                          const ContrastiveLossOptions& options) try {
  check_embeddings(x1, x2, "contrastive_loss");
  check_zero_or_one(same, x1.size(0));
  check_positive("contrastive_loss", "the margin", options.margin);
  // Each half sees its own pairs only: an infinite difference would be NaN in the other's gradient.
  const Variable difference = x1 - x2, zero = constant(0, x1);
  const Variable near = where(same.unsqueeze(1), difference, zero);
  const Variable far = where(same.unsqueeze(1), zero, difference);
  // From the difference itself: the distance has a kink at 0, where its square is smooth.
  const Variable attraction = sum(near * (0.5 * near), {1});  // [N]
  const Variable gap = relu(options.margin - norm(far, {1}));
  return reduce(where(same, attraction, 0.5 * gap * gap), options.reduction);
} catch (const Error& error) {
  fail_as("contrastive_loss", error);
}

Variable triplet_margin_loss(const Variable& anchor, const Variable& positive,
                             const Variable& negative,
                             const TripletMarginLossOptions& options) try {
  const auto& [margin, eps, reduction] = options;
  check_embeddings(anchor, positive, "triplet_margin_loss");
  check_embeddings(anchor, negative, "triplet_margin_loss");
  check_positive("triplet_margin_loss", "the margin", margin);
  check_not_negative("triplet_margin_loss", "eps", eps);
  const Variable to_positive = norm(anchor - positive + eps, {1});  // [N]
  const Variable to_negative = norm(anchor - negative + eps, {1});
  return reduce(relu(to_positive - to_negative + margin), reduction);
} catch (const Error& error) {
  fail_as("triplet_margin_loss", error);
}

}  // namespace gradian
