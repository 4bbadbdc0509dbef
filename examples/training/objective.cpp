#include "examples/training/objective.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "losses/cross_entropy.h"
#include "losses/recommend.h"

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
  return Tensor::from(values, {classes, kPlane});
}

constexpr double kScale = 10, kCenterWeight = 0.1;

// ArcFace's, for so many classes in the plane.
double fitting_margin(int64_t classes) { return std::min(0.2, 2 / static_cast<double>(classes)); }

// What the features of a comparison are to do: tell so many classes apart in so many dimensions.
struct Task {
  int64_t classes, features;
};

Objective with_softmax(const std::string& name, const Task& task) {
  return {name, std::make_unique<nn::Linear>(task.features, task.classes, /*bias=*/false), nullptr,
          nullptr};
}

Objective with_arcface(const std::string& name, const Task& task, double s, double m) {
  return {name,    nullptr, std::make_unique<ArcFaceLoss>(task.features, task.classes, s, m),
          nullptr, s,       {.m2 = m}};
}

Objective with_center(Objective objective, const Task& task, double weight = kCenterWeight) {
  objective.center = std::make_unique<CenterLoss>(task.classes, task.features, weight);
  return objective;
}

// Random directions leave some of many classes close together in the plane alone.
void spread_weights(const Objective& objective, const Task& task) {
  if (task.features != kPlane) return;
  objective.class_weights().set_value(evenly_spread(task.classes, objective.margin ? 1 : 3));
  if (objective.center) objective.center->centers.set_value(evenly_spread(task.classes, 3));
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

std::vector<Objective> make_objectives(int64_t classes, int64_t features) {
  const Task task{classes, features};
  const double count = static_cast<double>(classes);
  double scale = kScale, arc = fitting_margin(classes),
         cosine = std::min(0.1, 10 / (count * count));
  if (features != kPlane) {
    const Recommendation recommended = recommend(classes, features);
    scale = recommended.s, arc = recommended.arc_face_m, cosine = recommended.cos_face_m;
  }
  std::vector<Objective> all;
  all.push_back(with_softmax("softmax", task));
  all.push_back(with_center(with_softmax("softmax + center", task), task));
  all.push_back(with_arcface("ArcFace", task, scale, arc));
  all.push_back(with_center(with_arcface("ArcFace + center", task, scale, arc), task));
  all.push_back({"CosFace",
                 nullptr,
                 std::make_unique<CosFaceLoss>(features, classes, scale, cosine),
                 nullptr,
                 scale,
                 {.m3 = cosine}});
  for (const Objective& objective : all) spread_weights(objective, task);
  return all;
}

std::vector<Objective> make_settings(int64_t classes) {
  const Task task{classes, kPlane};
  std::vector<Objective> all;
  for (const double weight : {0.01, kCenterWeight, 1.0})
    all.push_back(with_center(with_softmax(text("center weight ", weight), task), task, weight));
  for (const double rate : {0.005, 0.5}) {
    all.push_back(with_center(with_softmax(text("centre rate ", rate), task), task));
    all.back().center_rate = rate;
  }
  const double m = fitting_margin(classes);
  for (const double s : {5.0, kScale, 30.0})
    all.push_back(with_arcface(text("ArcFace s ", s), task, s, m));
  for (const double factor : {0.25, 2.5})
    all.push_back(with_arcface(text("ArcFace m ", factor * m), task, kScale, factor * m));
  for (const Objective& objective : all) spread_weights(objective, task);
  return all;
}

}  // namespace gradian::examples
