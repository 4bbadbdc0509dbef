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

// The length of each row of a difference [N, D], [N]. Taken of the rows divided by their largest
// coordinate, a constant that cancels: squares of float32 overflow from 2e19.
Variable lengths(const Variable& difference) {
  const Tensor largest = max(abs(difference.detach()), {1}, true).value();  // [N, 1]
  const Tensor zero = Tensor::scalar(0, largest.dtype()), one = Tensor::scalar(1, largest.dtype());
  const Variable unit(where(mul(isfinite(largest), greater(largest, zero)), largest, one));
  return squeeze(unit, 1) * norm(difference / unit, {1});
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
  const Variable difference = x1 - x2;
  // From the difference itself: the distance has a kink at 0, where its square is smooth.
  const Variable attraction = sum(difference * (0.5 * difference), {1});  // [N]
  const Variable gap = relu(options.margin - lengths(difference));
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
  const Variable to_positive = lengths(anchor - positive + eps);  // [N]
  const Variable to_negative = lengths(anchor - negative + eps);
  return reduce(relu(to_positive - to_negative + margin), reduction);
} catch (const Error& error) {
  fail_as("triplet_margin_loss", error);
}

}  // namespace gradian
