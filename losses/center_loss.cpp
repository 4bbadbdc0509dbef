#include "losses/center_loss.h"

#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "losses/reduction.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// [N] = ||a - b||^2 of each row
Variable squared_distances(const Variable& a, const Variable& b) {
  const Variable difference = a - b;
  return sum(difference * difference, {1});
}

// [N]: 1 + n_j, with j the label of the row.
Tensor one_more_than_samples(const Tensor& labels, int64_t num_classes, DType dtype) {
  const Tensor ones = Tensor::ones(labels.shape(), dtype);
  return add(gather(scatter_add({num_classes}, 0, labels, ones), 0, labels), ones);
}

std::string center_loss_settings(int64_t num_classes, int64_t feat_dim, double weight,
                                 CenterUpdate update) {
  check(num_classes > 0 && feat_dim > 0, "expected positive sizes, got ", num_classes,
        " classes and feat_dim ", feat_dim);
  check_not_negative("weight", weight);
  check(update == CenterUpdate::gradient || update == CenterUpdate::paper, "unknown update ",
        static_cast<int>(update));
  return text(num_classes, " classes, ", feat_dim, "-d, weight ", weight,
              update == CenterUpdate::paper ? ", paper's update" : "");
}

}  // namespace

CenterLoss::CenterLoss(const Calling&, int64_t num_classes, int64_t feat_dim, double weight,
                       CenterUpdate update)
    : Module(center_loss_settings(num_classes, feat_dim, weight, update)),
      centers(add_parameter("centers", randn({num_classes, feat_dim}))),
      weight_(weight),
      update_(update) {}

Variable CenterLoss::forward(const Variable& features, const Tensor& labels) const {
  const Calling calling(class_name());
  check(features.dim() == 2 && features.size(1) == centers.size(1), "expected features [N, ",
        centers.size(1), "], got ", features.shape());
  check_labels(labels, features.size(0), centers.size(0));
  check_same_dtype(features.value(), centers.value());
  const Variable own_centers = index_select(centers, 0, labels);  // [N, feat_dim]
  const Variable weight = constant(weight_, features);
  if (update_ == CenterUpdate::gradient)
    return weighted(weight, mean(squared_distances(features, own_centers)));

  const Variable pull =
      weighted(0.5 * weight, mean(squared_distances(features, own_centers.detach())));
  const Variable one_more(one_more_than_samples(labels, centers.size(0), features.dtype()));
  // Only the gradient of sum ||x - c||^2 / (2 (1 + n)) by the centres is wanted, not its value.
  // Less the same of constants c0 = c it is 0: sum (c - c0) (c + c0 - 2 x) / (2 (1 + n)), factored,
  // as the squares may be infinite; what of x is infinite itself moves no centre.
  const Variable now = own_centers.detach();
  const Variable moves = weighted(own_centers - now, own_centers + now - 2 * features.detach());
  return pull + sum(sum(moves, {1}) / (2 * one_more));
}

}  // namespace gradian
