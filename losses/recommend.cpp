#include "losses/recommend.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops/arguments.h"

namespace gradian {
namespace {

using std::numbers::pi;

// Caps of half of the angle around the weight rows do not overlap. A cap of phi is as large as the
// integral of sin^(d - 2) from 0 to phi, at least sin(phi)^(d - 1) / (d - 1); up to pi, the sphere.
double angle_of_caps(double caps, double d) {
  const double log_sphere = std::log(pi) / 2 + std::lgamma((d - 1) / 2) - std::lgamma(d / 2);
  const double sine = std::exp((log_sphere + std::log((d - 1) / caps)) / (d - 1));
  return 2 * std::asin(std::min(sine, 1.0));
}

// The other rows' cosines c_j to a feature on its class's have at least the mean -1 / (C - 1), so
// the sum of exp(s c_j) is at least (C - 1) exp(-s / (C - 1)).
double smallest_scale(double others, double target) {
  constexpr double kProbability = 0.999;
  return std::log(others * kProbability / (1 - kProbability)) / (target + 1 / others);
}

double target_at(double cosine, const Margin& margin) {
  return apply_margin(Variable(Tensor::scalar(cosine, DType::float64)), margin).item();
}

}  // namespace

double largest_smallest_angle(int64_t num_classes, int64_t in_features) {
  const Calling calling("largest_smallest_angle");
  check(num_classes > 1 && in_features > 1, "expected at least 2 classes and 2 features, got ",
        num_classes, " and ", in_features);
  const double classes = static_cast<double>(num_classes), d = static_cast<double>(in_features);
  if (classes <= d + 1) return std::acos(-1 / (classes - 1));
  if (in_features == 2) return 2 * pi / classes;
  return std::min(pi / 2, angle_of_caps(classes, d));
}

Recommendation recommend(int64_t num_classes, int64_t in_features) {
  const Calling calling("recommend");
  const double angle = largest_smallest_angle(num_classes, in_features), gap = 1 - std::cos(angle);
  const double others = static_cast<double>(num_classes - 1);
  const double arc_face_m = std::min(0.5, angle / 2), cos_face_m = std::min(0.35, gap / 2);
  const double s = smallest_scale(others, std::min(std::cos(arc_face_m), 1 - cos_face_m));
  return {s, arc_face_m, cos_face_m,
          text("s: at least ", s, " with these margins, ", smallest_scale(others, 1),
               " without (CosFace's bound); AdaCos's fixed scale is ",
               std::sqrt(2) * std::log(others), "\nm: less than ", angle, " for ArcFace and ", gap,
               " for CosFace, as the closest of ", num_classes, " weight rows in ", in_features,
               " dimensions are at most ", angle * 180 / pi, " degrees apart")};
}

std::string why_infeasible(const Margin& margin, int64_t num_classes, int64_t in_features) {
  const Calling calling("why_infeasible");
  const double rival = std::cos(largest_smallest_angle(num_classes, in_features));
  const double target = target_at(1, margin);
  if (target > rival) return "";
  return text("The margin ", margin, " is too large for ", num_classes, " classes in ", in_features,
              " dimensions: it leaves a feature on its class's weight row a target of ", target,
              ", and the closest other row has a cosine of ", rival, " at least.");
}

double expected_first_loss(int64_t num_classes, double s, const Margin& margin) {
  const Calling calling("expected_first_loss");
  check(num_classes > 1, "expected at least 2 classes, got ", num_classes);
  check_positive("the scale s", s);
  const Variable others(Tensor::scalar(static_cast<double>(num_classes - 1), DType::float64));
  return softplus(log(others) - s * target_at(0, margin)).item();
}

}  // namespace gradian
