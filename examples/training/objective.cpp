#include "examples/training/objective.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "losses/cross_entropy.h"

namespace gradian::examples {
namespace {

// [C, 2]: vectors spread evenly over a circle. In the plane the rays of two classes can hardly pass
// each other while they train; random directions leave some classes on top of each other.
Tensor evenly_spread(int64_t classes, double radius) {
  std::vector<float> values;
  for (int64_t k = 0; k < classes; ++k) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(classes);
    values.push_back(static_cast<float>(radius * std::cos(angle)));
    values.push_back(static_cast<float>(radius * std::sin(angle)));
  }
  return Tensor::from(values, {classes, kFeatures});
}

constexpr double kScale = 10, kCenterWeight = 0.1;

// ArcFace's, for so many classes in the plane.
double fitting_margin(int64_t classes) { return std::min(0.2, 2 / static_cast<double>(classes)); }

Objective with_softmax(const std::string& name, int64_t classes) {
  return {name, std::make_unique<nn::Linear>(kFeatures, classes, /*bias=*/false), nullptr, nullptr};
}

Objective with_arcface(const std::string& name, int64_t classes, double s, double m) {
  return {name,    nullptr, std::make_unique<ArcFaceLoss>(kFeatures, classes, s, m),
          nullptr, s,       {.m2 = m}};
}

Objective with_center(Objective objective, int64_t classes, double weight = kCenterWeight) {
  objective.center = std::make_unique<CenterLoss>(classes, kFeatures, weight);
  return objective;
}

void spread_weights(const Objective& objective, int64_t classes) {
  objective.class_weights().set_value(evenly_spread(classes, objective.margin ? 1 : 3));
  if (objective.center) objective.center->centers.set_value(evenly_spread(classes, 3));
}

}  // namespace

Variable Objective::loss(const Variable& features, const Tensor& labels) const {
  const Variable classification =
      margin ? (*margin)(features, labels) : cross_entropy((*softmax)(features), labels);
  return center ? classification + (*center)(features, labels) : classification;
}

Tensor Objective::scores(const Variable& features) const {
  return (margin ? margin->cosine_logits(features) : (*softmax)(features)).value();
}

Tensor Objective::cosines(const Variable& features) const {
  if (margin) return margin->cosine_logits(features).value();
  return linear(normalize(features, 1), normalize(softmax->weight, 1)).value();
}

Tensor Objective::probabilities(const Variable& features) const {
  return gradian::softmax(s * scores(features), 1);
}

nn::Module& Objective::classifier() const {
  return margin ? static_cast<nn::Module&>(*margin) : *softmax;
}

Variable Objective::class_weights() const { return margin ? margin->weight : softmax->weight; }

std::vector<nn::ParameterGroup> Objective::groups(const nn::Module& network) const {
  std::vector<nn::ParameterGroup> groups{{network.named_parameters()}};
  groups.push_back({classifier().named_parameters(), {.weight_decay = 0}});
  if (softmax) groups.back().options.lr = kSoftmaxLearningRate;
  if (center)
    groups.push_back({center->named_parameters(), {.lr = center_rate, .weight_decay = 0}});
  return groups;
}

std::string Objective::description() const {
  return (margin ? margin->description() : "cross entropy") +
         (center ? " + " + center->description() : "") +
         (center_rate == kCenterLearningRate ? "" : text(", centre rate ", center_rate));
}

std::vector<Objective> make_objectives(int64_t classes) {
  const double count = static_cast<double>(classes);
  const double arc = fitting_margin(classes), cosine = std::min(0.1, 10 / (count * count));
  std::vector<Objective> all;
  all.push_back(with_softmax("softmax", classes));
  all.push_back(with_center(with_softmax("softmax + center", classes), classes));
  all.push_back(with_arcface("ArcFace", classes, kScale, arc));
  all.push_back(with_center(with_arcface("ArcFace + center", classes, kScale, arc), classes));
  all.push_back({"CosFace",
                 nullptr,
                 std::make_unique<CosFaceLoss>(kFeatures, classes, kScale, cosine),
                 nullptr,
                 kScale,
                 {.m3 = cosine}});
  for (const Objective& objective : all) spread_weights(objective, classes);
  return all;
}

std::vector<Objective> make_settings(int64_t classes) {
  std::vector<Objective> all;
  for (const double weight : {0.01, kCenterWeight, 1.0})
    all.push_back(
        with_center(with_softmax(text("center weight ", weight), classes), classes, weight));
  for (const double rate : {0.005, 0.5}) {
    all.push_back(with_center(with_softmax(text("centre rate ", rate), classes), classes));
    all.back().center_rate = rate;
  }
  const double m = fitting_margin(classes);
  for (const double s : {5.0, kScale, 30.0})
    all.push_back(with_arcface(text("ArcFace s ", s), classes, s, m));
  for (const double factor : {0.25, 2.5})
    all.push_back(with_arcface(text("ArcFace m ", factor * m), classes, kScale, factor * m));
  for (const Objective& objective : all) spread_weights(objective, classes);
  return all;
}

}  // namespace gradian::examples
