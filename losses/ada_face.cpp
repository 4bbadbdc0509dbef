#include "losses/ada_face.h"

#include <numbers>

#include "autograd/ops/arguments.h"

namespace gradian {

AdaFaceLoss::AdaFaceLoss(int64_t in_features, int64_t out_features, double s, double m, double h)
    : MarginLoss(Calling("AdaFaceLoss"), in_features, out_features, s, {.m3 = m}, text(", h ", h)),
      running_mean(add_buffer("running_mean", Tensor::zeros({}))),
      running_std(add_buffer("running_std", Tensor::zeros({}))),
      h_(h) {
  const Calling calling("AdaFaceLoss");
  check_positive("h", h);
}

Variable AdaFaceLoss::forward(const Variable& x, const Tensor& labels) const {
  const Calling calling(class_name());
  check_features(x);
  check_labels(labels, x.size(0), weight.size(0));
  const Tensor lengths = norm(x.value(), {1});
  if (training() && x.size(0) > 1) {
    const double share = running_std.item() == 0 ? 1 : 0.01;
    const Tensor std = sqrt(Variable(var(lengths))).value();
    running_mean.set_value((1 - share) * running_mean.value() + share * mean(lengths));
    running_std.set_value((1 - share) * running_std.value() + share * std);
  }
  // Lengths that are all equal have z = 0, thanks to the 1e-3.
  const Tensor z =
      clamp(h_ * (lengths - running_mean.value()) / (running_std.value() + 1e-3), -1, 1);
  const Variable m(margin().m3 * ones_like(z)), m_z = m * Variable(z);
  return margin_cross_entropy(x, weight, labels, scale(), [=](const Variable& cosine) {
    const Variable theta = acos(clamp(cosine, -kCosineBound, kCosineBound));
    return cos(clamp(theta - m_z, 0, std::numbers::pi)) - (m + m_z);
  });
}

}  // namespace gradian
