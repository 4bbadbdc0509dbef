#include "losses/margin.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// floor(angle / pi) for angles >= 0, per element. A constant: it has no gradient.
Tensor half_turns(const Variable& angle) {
  Tensor turns = angle.value().to(DType::float64).clone();
  double* data = turns.mutable_data<double>();
  for (int64_t i = 0; i < turns.numel(); ++i) data[i] = std::floor(data[i] / std::numbers::pi);
  return turns.to(angle.dtype());
}

Variable mirrored_cosine(const Variable& angle) {
  const Tensor k = half_turns(angle);
  const Variable sign = cos(Variable(k) * std::numbers::pi);  // (-1)^k, a constant
  return sign * cos(angle) - 2.0 * Variable(k);
}

// [out * rows_per_class, in], made in its own memory: a second array of this size may not fit.
Tensor initial_directions(int64_t in_features, int64_t out_features, int64_t rows_per_class) {
  check(rows_per_class > 0, "expected at least 1 centre a class, got ", rows_per_class);
  const Tensor random = randn({numel({out_features, rows_per_class}), in_features});
  for (int64_t first = 0; first < random.size(0); first += 1024) {
    Tensor block = random.slice(0, first, std::min(first + 1024, random.size(0)));
    block.copy_from(normalize(Variable(block), 1).value());
  }
  return random;
}

void check_rule(MarginOverflow overflow) {
  const int rule = static_cast<int>(overflow);
  check(rule >= 0 && rule <= static_cast<int>(MarginOverflow::none), "unknown overflow rule ",
        rule);
}

void check_margin(const Margin& margin) {
  check_positive("the angle's factor m1", margin.m1);
  check(margin.m2 >= 0 && margin.m2 <= std::numbers::pi,
        "the margin on the angle must be from 0 to pi radians, got ", margin.m2);
  check(std::abs(margin.m3) <= 2, "the margin on the cosine must be from -2 to 2, got ", margin.m3);
  check_rule(margin.overflow);
}

std::string margin_settings(int64_t in_features, int64_t out_features, double s,
                            const Margin& margin) {
  check(in_features > 0 && out_features > 0, "expected positive sizes, got ", in_features,
        " features and ", out_features, " classes");
  check_positive("the scale s", s);
  check_margin(margin);
  return text(in_features, " -> ", out_features, ", s ", s, ", ", margin);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Margin& margin) {
  const Calling calling("Margin");
  check_rule(margin.overflow);
  constexpr const char* rules[] = {"mirror", "cos_fallback", "easy_margin", "none"};
  return out << "m1 " << margin.m1 << ", m2 " << margin.m2 << " rad, m3 " << margin.m3 << ", "
             << rules[static_cast<int>(margin.overflow)];
}

Variable apply_margin(const Variable& cosine, const Margin& margin) {
  const Calling calling("apply_margin");
  check_margin(margin);
  check_floating(cosine);
  const auto& [m1, m2, m3, overflow] = margin;
  if (m1 == 1 && m2 == 0) return m3 == 0 ? cosine : cosine - m3;
  const Variable theta = acos(clamp(cosine, -kCosineBound, kCosineBound));
  const Variable angle = m1 * theta + m2;
  Variable target = overflow == MarginOverflow::mirror ? mirrored_cosine(angle) : cos(angle);
  if (overflow == MarginOverflow::cos_fallback)
    target = where(angle > std::numbers::pi, cosine - m2 * std::sin(m2), target);
  if (overflow == MarginOverflow::easy_margin) target = where(cosine > 0, target, cosine);
  return m3 == 0 ? target : target - m3;
}

MarginLoss::MarginLoss(const Calling&, int64_t in_features, int64_t out_features, double s,
                       const Margin& margin, const std::string& more_settings,
                       int64_t rows_per_class)
    : Module(margin_settings(in_features, out_features, s, margin) + more_settings),
      weight(
          add_parameter("weight", initial_directions(in_features, out_features, rows_per_class))),
      s_(s),
      margin_(margin) {}

void MarginLoss::check_features(const Variable& x) const {
  check(x.dim() == 2 && x.size(1) == weight.size(1), "expected features [N, ", weight.size(1),
        "], got ", x.shape());
  check_same_dtype(x.value(), weight.value());
}

Variable MarginLoss::cosine_logits(const Variable& x) const {
  const Calling calling("cosine_logits");
  check_features(x);
  // [N, C] = [N, D] x [C, D]^T
  return linear(normalize(x, 1), normalize(weight, 1));
}

Variable MarginLoss::forward(const Variable& x, const Tensor& labels) const {
  const Calling calling(class_name());
  check_features(x);
  return margin_cross_entropy(x, weight, labels, s_, [margin = margin()](const Variable& cosine) {
    return apply_margin(cosine, margin);
  });
}

void MarginLoss::set_margin_factor(double factor) {
  const Calling calling("set_margin_factor");
  check(factor >= 0 && factor <= 1, "the factor of the margin must be from 0 to 1, got ", factor);
  factor_ = factor;
}

Margin MarginLoss::margin() const {
  const auto& [m1, m2, m3, overflow] = margin_;
  return {1 - factor_ + factor_ * m1, factor_ * m2, factor_ * m3, overflow};
}

}  // namespace gradian
