#include "losses/sub_center.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops/arguments.h"
#include "losses/cross_entropy.h"

namespace gradian {

Variable SubCenterArcFaceLoss::cosine_logits(const Variable& x) const {
  const Variable of_centers = MarginLoss::cosine_logits(x);          // [N, C K]
  return max(reshape(of_centers, {x.size(0), classes(), K_}), {2});  // [N, C]
}

Variable SubCenterArcFaceLoss::forward(const Variable& x, const Tensor& labels) const {
  const Calling calling(class_name());
  const Variable cosine = cosine_logits(x);
  check_labels(labels, x.size(0), classes());
  const Variable target = apply_margin(gather(cosine, 1, labels.unsqueeze(1)), margin());  // [N, 1]
  const Tensor is_label = one_hot(labels, classes(), x.dtype());
  return cross_entropy(scale() * where(is_label, target, cosine), labels);
}

// [N, K]: of each row and the centres of its class.
Tensor SubCenterArcFaceLoss::own_cosines(const Tensor& features, const Tensor& labels) const {
  const NoGrad no_grad;
  const Variable x(features);
  check_features(x);
  check_labels(labels, x.size(0), classes());
  const Variable centers = reshape(normalize(weight, 1), {classes(), K_, weight.size(1)});
  return sum(unsqueeze(normalize(x, 1), 1) * index_select(centers, 0, labels), {2}).value();
}

Tensor SubCenterArcFaceLoss::dominant_centers(const Tensor& features, const Tensor& labels) const {
  const Calling calling("dominant_centers");
  const Tensor nearest = argmax(own_cosines(features, labels), 1);  // [N], among its class's
  const Tensor row = labels * K_ + nearest;
  const Tensor counts = scatter_add({classes() * K_}, 0, row, ones_like(row));
  return argmax(counts.reshape({classes(), K_}), 1);
}

std::vector<Outlier> SubCenterArcFaceLoss::outliers(const Tensor& features, const Tensor& labels,
                                                    double degrees) const {
  const Calling calling("outliers");
  check(degrees >= 0 && degrees <= 180, "degrees must be from 0 to 180, got ", degrees);
  const Tensor dominant = gather(dominant_centers(features, labels), 0, labels).unsqueeze(1);
  const std::vector<double> cosines =
      gather(own_cosines(features, labels), 1, dominant).to_vector<double>();
  std::vector<Outlier> found;
  for (size_t row = 0; row < cosines.size(); ++row) {
    const double theta = std::acos(std::clamp(cosines[row], -1.0, 1.0)) * 180 / std::numbers::pi;
    if (theta > degrees) found.push_back({static_cast<int64_t>(row), theta});
  }
  return found;
}

}  // namespace gradian
