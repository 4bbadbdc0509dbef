#include "losses/metric.h"

namespace gradian {
namespace {

void check_embeddings(const Variable& a, const Variable& b, const char* op) {
  check_same_kind(a, b, op);
  check(a.dim() == 2, op, ": expected embeddings [N, D], got ", a.shape());
}

}  // namespace

Variable contrastive_loss(const Variable& x1, const Variable& x2, const Tensor& same, double margin,
                          Reduction reduction) {
  check_embeddings(x1, x2, "contrastive_loss");
  check(same.shape() == Shape{x1.size(0)}, "contrastive_loss: expected `same` [", x1.size(0),
        "], got ", same.shape());
  const Variable difference = x1 - x2;
  const Variable squared_distance = sum(difference * difference, {1});  // [N]
  const Variable t(same.to(x1.dtype()));
  const Variable gap = relu(margin - sqrt(squared_distance));
  return reduce(0.5 * (t * squared_distance + (1 - t) * gap * gap), reduction);
}

Variable triplet_margin_loss(const Variable& anchor, const Variable& positive,
                             const Variable& negative, double margin, double eps,
                             Reduction reduction) {
  check_embeddings(anchor, positive, "triplet_margin_loss");
  check_embeddings(anchor, negative, "triplet_margin_loss");
  const Variable to_positive = norm(anchor - positive + eps, {1});  // [N]
  const Variable to_negative = norm(anchor - negative + eps, {1});
  return reduce(relu(to_positive - to_negative + margin), reduction);
}

}  // namespace gradian
