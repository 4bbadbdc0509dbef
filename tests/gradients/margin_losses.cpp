// Gradient cases of the angular-margin losses. The features of each case stand at chosen angles to
// their class, all over [0, 180] degrees and close to both sides of each kink.
#include <cmath>
#include <numbers>

#include "losses/ada_face.h"
#include "losses/sub_center.h"
#include "losses/sampled_margin.h"
#include "tests/gradients/cases.h"
#include "tests/gradients/margins.h"
#include "tests/gradients/table.h"
#include "tensor/random.h"

namespace gradian::proof {

namespace {

constexpr double kDegree = std::numbers::pi / 180;

// Where m1 theta + m2 is a multiple of pi, in degrees: a kink, of some order, unless overflow is
// ignored. The easy margin has its own at 90 degrees instead.
std::vector<double> kinks(const Margin& margin) {
  if ((margin.m1 == 1 && margin.m2 == 0) || margin.overflow == MarginOverflow::none) return {};
  if (margin.overflow == MarginOverflow::easy_margin) return {90};
  std::vector<double> angles;
  for (int turns = 1; turns <= margin.m1 + 1; ++turns)
    angles.push_back((turns * 180 - margin.m2 / kDegree) / margin.m1);
  return angles;
}

// In degrees: angles all over the range, and near each kink, but none closer to one than 0.3.
std::vector<double> angles_for(const Margin& margin) {
  std::vector<double> wanted{5, 30, 75.7, 90, 120, 170};
  for (const double kink : kinks(margin))
    for (const double offset : {-5.0, -0.5, 0.5, 5.0}) wanted.push_back(kink + offset);
  std::vector<double> kept;
  for (const double angle : wanted) {
    bool good = angle > 1 && angle < 179;
    for (const double kink : kinks(margin)) good = good && std::abs(angle - kink) > 0.3;
    if (good) kept.push_back(angle);
  }
  return kept;
}

// [N, D]: one vector of the given length for each row of `directions`, at the given angle (in
// degrees) to it and on a random side.
Tensor at_angles(const Tensor& directions, const std::vector<double>& degrees, double length) {
  const NoGrad no_grad;
  Generator generator(11);
  const Variable along = normalize(Variable(directions));
  const Variable random(randn(directions.shape(), DType::float64, 0, 1, generator));
  const Variable across = normalize(random - sum(random * along, {1}, true) * along);
  const Variable theta(Tensor::from(degrees, {directions.size(0), 1}));
  return (length * (cos(theta * kDegree) * along + sin(theta * kDegree) * across)).value();
}

Tensor random_rows(int64_t rows, int64_t columns) {
  Generator generator(5);
  return randn({rows, columns}, DType::float64, 0, 1, generator);
}

struct Batch {
  Tensor x;
  std::vector<int64_t> labels;
  Tensor weight;
};

// One row for each angle and more rows than classes; labels repeat and are of the first `present`
// of five classes.
Batch rows_at_all_angles(const Margin& margin, size_t present = 4) {
  const std::vector<double> angles = angles_for(margin);
  const Tensor weight = random_rows(5, 4);
  std::vector<int64_t> labels;
  for (size_t row = 0; row < angles.size(); ++row)
    labels.push_back(static_cast<int64_t>(row * (row + 1) / 2 % present));
  const Tensor own = index_select(Variable(weight), 0, labels_of(labels)).value();
  return {at_angles(own, angles, 1.5), labels, weight};
}

// One row at one angle. The second of three classes gets about the target's logit, so that neither
// probability saturates at any scale, which would leave nothing to differentiate.
Batch row_at(double degrees, const Margin& margin) {
  const Tensor own = random_rows(1, 3);
  const Tensor x = at_angles(own, {degrees}, 2);
  const Variable cosine(Tensor::scalar(std::cos(degrees * kDegree), DType::float64));
  const double target = apply_margin(cosine, margin).item();
  const double rival = std::acos(std::clamp(target, -0.9, 0.99)) / kDegree;
  return {x, {0}, concat({own, at_angles(x, {rival}, 1.2), at_angles(x, {100}, 0.8)}, 0)};
}

template <class Loss>
GradCase margin_case(std::string label, std::function<Loss()> make, const Batch& batch) {
  return module_case<Loss>(
      std::move(label), std::move(make), {batch.x},
      [labels = labels_of(batch.labels)](Loss& loss, In in) { return loss(in[0], labels); },
      {batch.weight});
}

std::vector<GradCase> margin_loss_cases() {
  std::vector<GradCase> cases;
  for (const Margin& margin : margins())
    for (const double s : {1.0, 16.0, 64.0}) {
      const std::string label = text(text(margin), ", s ", s);
      cases.push_back(margin_case<MarginLoss>(
          label + ", batch", [=] { return MarginLoss(4, 5, s, margin); },
          rows_at_all_angles(margin)));
      for (const double degrees : angles_for(margin))
        cases.push_back(margin_case<MarginLoss>(
            text(label, ", ", degrees, " degrees"), [=] { return MarginLoss(3, 3, s, margin); },
            row_at(degrees, margin)));
    }
  return cases;
}

// The formula that the op behind these losses is held against.
std::vector<GradCase> composite_cases() {
  std::vector<GradCase> cases;
  for (const Margin& margin : margins()) {
    const Batch batch = rows_at_all_angles(margin);
    cases.push_back(at(text(margin), {batch.x, batch.weight}, [=](In in) {
      return margin_cross_entropy_composite(
          in[0], in[1], labels_of(batch.labels), 16,
          [=](const Variable& cosine) { return apply_margin(cosine, margin); });
    }));
  }
  return cases;
}

// By theta rather than by its cosine, whose own slope is infinite at both ends.
std::vector<GradCase> apply_margin_cases() {
  std::vector<GradCase> cases;
  for (const Margin& margin : margins()) {
    const std::vector<double> angles = angles_for(margin);
    const Tensor theta = Tensor::from(angles, {static_cast<int64_t>(angles.size())});
    const Variable radians = Variable(theta) * kDegree;
    cases.push_back(at(text(margin), {radians.value()},
                       [=](In in) { return apply_margin(cos(in[0]), margin); }));
  }
  return cases;
}

// The rows at all angles with their lengths from 0.5 to 4, so that z is clamped at both ends, too.
Batch rows_of_all_lengths() {
  Batch batch = rows_at_all_angles({.m2 = 0.4});
  batch.x = mul(batch.x, distinct_values({batch.x.size(0), 1}, 0.3, 2.7));
  return batch;
}

// The lengths are held at those of the case's inputs: by the formula itself, with the statistics of
// one batch.
GradCase ada_face_case(double s, double m, double h) {
  const Batch batch = rows_of_all_lengths();
  const Variable length = norm(Variable(batch.x), {1});
  const Variable z = clamp(h * (length - mean(length)) / (sqrt(var(length)) + 1e-3), -1, 1);
  const Tensor labels = labels_of(batch.labels);
  GradCase whole = margin_case<AdaFaceLoss>(
      text("s ", s, ", m ", m, ", h ", h), [=] { return AdaFaceLoss(4, 5, s, m, h); }, batch);
  return holding(std::move(whole), [=](In in) {
    const Variable m_z = m * Variable(constant_like(z.value(), in[0]));
    return margin_cross_entropy_composite(in[0], in[1], labels, s, [=](const Variable& cosine) {
      return cos(clamp(acos(cosine) - m_z, 0, std::numbers::pi)) - m - m_z;
    });
  });
}

// Cosines of any two of a class's rows differ, so that no step crosses the kink between them.
GradCase sub_center_case(int64_t K, double s, double m, MarginOverflow overflow) {
  const Batch batch = rows_at_all_angles({.m2 = m, .overflow = overflow});
  return module_case<SubCenterArcFaceLoss>(
      text("K ", K, ", s ", s, ", m ", m),
      [=] { return SubCenterArcFaceLoss(4, 5, K, s, m, overflow); }, {batch.x},
      [labels = labels_of(batch.labels)](SubCenterArcFaceLoss& loss, In in) {
        return loss(in[0], labels);
      },
      {random_rows(5 * K, 4)});
}

// By the features: the rows of the weight get their gradient through an optimiser, see
// tests/losses/sampled_margin.cpp.
GradCase sampled_case() {
  const Batch batch = rows_at_all_angles({1, 0.5, 0}, 2);
  return at("three of five classes", {batch.x}, [=](In in) {
    Generator generator(4);
    SampledMarginLoss loss(4, 5, 16, {.m2 = 0.5}, 0.6, generator);
    loss.to(in[0].dtype());
    loss.weight.set_value(constant_like(batch.weight, in[0]));
    nn::SGD optimizer(loss.parameters());
    return loss(in[0], labels_of(batch.labels), optimizer);
  });
}

}  // namespace

std::vector<GradientSubject> margin_loss_subjects() {
  std::vector<GradCase> arc{margin_case<ArcFaceLoss>(
      "defaults", [] { return ArcFaceLoss(4, 5); }, rows_at_all_angles({1, 0.5, 0}))};
  for (const MarginOverflow overflow :
       {MarginOverflow::cos_fallback, MarginOverflow::easy_margin, MarginOverflow::none}) {
    const Margin margin{1, 0.3, 0, overflow};
    arc.push_back(margin_case<ArcFaceLoss>(
        text(margin), [=] { return ArcFaceLoss(4, 5, 16, 0.3, overflow); },
        rows_at_all_angles(margin)));
  }
  const auto cos_face = [](std::string label, std::function<CosFaceLoss()> make) {
    return margin_case<CosFaceLoss>(std::move(label), make, rows_at_all_angles({1, 0, 0.35}));
  };
  return {
      {"function", "margin_cross_entropy_composite", composite_cases()},
      {"loss", "apply_margin", apply_margin_cases()},
      {"loss", "MarginLoss", margin_loss_cases()},
      {"loss", "ArcFaceLoss", std::move(arc)},
      {"loss", "SampledMarginLoss", {sampled_case()}},
      {"loss",
       "CosFaceLoss",
       {cos_face("defaults", [] { return CosFaceLoss(4, 5); }),
        cos_face("s 16, m 0.1", [] { return CosFaceLoss(4, 5, 16, 0.1); })}},
      {"loss",
       "SubCenterArcFaceLoss",
       {sub_center_case(1, 30, 0.5, MarginOverflow::mirror),
        sub_center_case(3, 16, 0.3, MarginOverflow::none)}},
      {"loss", "AdaFaceLoss", {ada_face_case(64, 0.4, 0.333), ada_face_case(8, 0.4, 1.5)}},
  };
}

}  // namespace gradian::proof
