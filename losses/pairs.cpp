#include "losses/pairs.h"

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

void check_embeddings(const Variable& a, const Variable& b) {
  check_same_kind(a, b);
  check(a.dim() == 2 && a.size(1) > 0, "expected embeddings [N, D] with D > 0, got ", a.shape());
}

}  // namespace

Variable contrastive_loss(const Variable& x1, const Variable& x2, const Tensor& same,
                          const ContrastiveLossOptions& options) {
  const Calling calling("contrastive_loss");
  check_embeddings(x1, x2);
  check_same(same, x1.size(0));
  check_positive("the margin", options.margin);
  // Each half sees its own pairs only: an infinite difference would be NaN in the other's gradient.
  const Variable difference = x1 - x2;
  const Variable near = where(same.unsqueeze(1), difference, 0);
  const Variable far = where(same.unsqueeze(1), 0, difference);
  // From the difference itself: the distance has a kink at 0, where its square is smooth.
  const Variable attraction = sum(near * (0.5 * near), {1});  // [N]
  const Variable gap = relu(options.margin - norm(far, {1}));
  return reduce(where(same, attraction, 0.5 * gap * gap), options.reduction);
}

Variable triplet_margin_loss(const Variable& anchor, const Variable& positive,
                             const Variable& negative, const TripletMarginLossOptions& options) {
  const Calling calling("triplet_margin_loss");
  const auto& [margin, eps, reduction] = options;
  check_embeddings(anchor, positive);
  check_embeddings(anchor, negative);
  check_positive("the margin", margin);
  check_not_negative("eps", eps);
  const Variable to_positive = norm(anchor - positive + eps, {1});  // [N]
  const Variable to_negative = norm(anchor - negative + eps, {1});
  return reduce(relu(to_positive - to_negative + margin), reduction);
}

}  // namespace gradian
