#include "losses/center_loss.h"

#include "autograd/ops.h"
#include "losses/cross_entropy.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// [N] = ||a - b||^2 of each row
Variable squared_distances(const Variable& a, const Variable& b) {
  const Variable difference = a - b;
  return sum(difference * difference, {1});
}

// [N]: how many rows of the batch have the row's label.
Tensor samples_of_class(const Tensor& labels, int64_t num_classes, DType dtype) {
  const Tensor counts = sum(one_hot(labels, num_classes, dtype), {0});
  return gather(counts, 0, labels);
}

Tensor initial_centers(int64_t num_classes, int64_t feat_dim) {
  check(num_classes > 0 && feat_dim > 0, "CenterLoss: expected positive sizes, got ", num_classes,
        " classes and feat_dim ", feat_dim);
  return randn({num_classes, feat_dim});
}

}  // namespace

CenterLoss::CenterLoss(int64_t num_classes, int64_t feat_dim, double weight, CenterUpdate update)
    : centers(add_parameter("centers", initial_centers(num_classes, feat_dim))),
      weight_(weight),
      update_(update) {
  check(weight >= 0, "CenterLoss: weight must not be negative, got ", weight);
}

Variable CenterLoss::forward(const Variable& features, const Tensor& labels) const {
  check(features.dim() == 2 && features.size(1) == centers.size(1),
        "CenterLoss: expected features [N, ", centers.size(1), "], got ", features.shape());
  check_labels("CenterLoss", labels, features.size(0), centers.size(0));
  const Variable own_centers = index_select(centers, 0, labels);  // [N, feat_dim]
  if (update_ == CenterUpdate::gradient)
    return weight_ * mean(squared_distances(features, own_centers));

  const Variable pull = 0.5 * weight_ * mean(squared_distances(features, own_centers.detach()));
  const Tensor one_more = add(samples_of_class(labels, centers.size(0), features.dtype()),
                              Tensor::scalar(1, features.dtype()));
  const Variable move =
      0.5 * sum(squared_distances(features.detach(), own_centers) / Variable(one_more));
  // Only the gradient of `move` is wanted: its value is subtracted again.
  return pull + (move - move.detach());
}

std::string CenterLoss::description() const {
  return text("CenterLoss(", centers.size(0), " classes, ", centers.size(1), "-d, weight ", weight_,
              update_ == CenterUpdate::paper ? ", paper's update)" : ")");
}

}  // namespace gradian
