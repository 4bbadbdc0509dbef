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
    groups.push_back({center->named_parameters(), {.lr = kCenterLearningRate, .weight_decay = 0}});
  return groups;
}

std::string Objective::description() const {
  return (margin ? margin->description() : "cross entropy") +
         (center ? " + " + center->description() : "");
}

std::vector<Objective> make_objectives(int64_t classes) {
  const double scale = 10, count = static_cast<double>(classes);
  const double arc = std::min(0.2, 2 / count), cosine = std::min(0.1, 10 / (count * count));
  const auto softmax = [&] {
    return std::make_unique<nn::Linear>(kFeatures, classes, /*bias=*/false);
  };
  const auto arcface = [&] {
    return std::make_unique<ArcFaceLoss>(kFeatures, classes, scale, arc);
  };
  const auto center = [&] {
    return std::make_unique<CenterLoss>(classes, kFeatures, /*weight=*/0.1);
  };
  std::vector<Objective> all(5);
  all[0] = {"softmax", softmax(), nullptr, nullptr};
  all[1] = {"softmax + center", softmax(), nullptr, center()};
  all[2] = {"ArcFace", nullptr, arcface(), nullptr, scale, {.m2 = arc}};
  all[3] = {"ArcFace + center", nullptr, arcface(), center(), scale, {.m2 = arc}};
  all[4] = {"CosFace", nullptr, std::make_unique<CosFaceLoss>(kFeatures, classes, scale, cosine),
            nullptr,   scale,   {.m3 = cosine}};
  for (const Objective& objective : all) {
    objective.class_weights().set_value(evenly_spread(classes, objective.margin ? 1 : 3));
    if (objective.center) objective.center->centers.set_value(evenly_spread(classes, 3));
  }
  return all;
}

}  // namespace gradian::examples
