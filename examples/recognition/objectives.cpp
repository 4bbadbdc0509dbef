#include "examples/recognition/objectives.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "losses/ada_face.h"
#include "losses/sub_center.h"

namespace gradian::examples {
namespace {

constexpr double kCenterWeight = 0.01, kCenterAlpha = 0.5;  // lambda and alpha of the paper
constexpr int64_t kSubCenters = 3;

struct Kind {
  const char *key, *name;
  double margin, s;
  bool by_default = true;
};

// The best of those tried on validation characters, which are neither trained nor tested on: by TAR
// at a FAR of 1e-3, seed 1. losses/README.md has the others.
constexpr Kind kKinds[] = {{"softmax", "softmax", 0, 0},
                           {"cosface", "CosFace", 0.3, 24},
                           {"arcface", "ArcFace", 0.5, 24},
                           {"arcface+center", "ArcFace + center", 0.5, 16},
                           {"subcenter", "sub-center ArcFace", 0.3, 16},
                           {"adaface", "AdaFace", 0.4, 16, /*by_default=*/false}};

std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : list) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

ObjectiveChoice choice_of(const std::string& entry) {
  const std::vector<std::string> parts = split(entry, ':');
  const auto kind = std::ranges::find(kKinds, parts[0], &Kind::key);
  if (kind == std::end(kKinds)) {
    std::string keys;
    for (const Kind& known : kKinds) keys += text(' ', known.key);
    fail("option --objectives: there is no '", parts[0], "', only", keys);
  }
  ObjectiveChoice choice{kind->name, kind->key, kind->margin, kind->s};
  check(parts.size() <= (kind->s == 0 ? 1 : 3), "option --objectives: expected ",
        kind->s == 0 ? "no margin" : "a margin and a scale at most", " after ", kind->key,
        ", got '", entry, "'");
  double* const numbers[] = {&choice.margin, &choice.s};
  for (size_t i = 1; i < parts.size(); ++i) {
    const char* const end = parts[i].data() + parts[i].size();
    const auto read = std::from_chars(parts[i].data(), end, *numbers[i - 1]);
    check(read.ec == std::errc() && read.ptr == end,
          "option --objectives: expected a number, got '", parts[i], "' in '", entry, "'");
    choice.name += (i == 1 ? " m " : ", s ") + parts[i];
  }
  return choice;
}

}  // namespace

std::vector<ObjectiveChoice> objective_choices(const std::string& list) {
  std::vector<ObjectiveChoice> choices;
  if (list.empty())
    for (const Kind& kind : kKinds) {
      if (kind.by_default) choices.push_back(choice_of(kind.key));
    }
  else
    for (const std::string& entry : split(list, ',')) {
      const ObjectiveChoice choice = choice_of(entry);
      check(std::ranges::find(choices, choice.name, &ObjectiveChoice::name) == choices.end(),
            "option --objectives: '", entry, "' is there twice");
      choices.push_back(choice);
    }
  return choices;
}

Margin margin_of(const ObjectiveChoice& choice) {
  if (choice.kind == "softmax") return {};
  return choice.kind == "cosface" ? Margin{.m3 = choice.margin} : Margin{.m2 = choice.margin};
}

double expected_first_loss(const ObjectiveChoice& choice, int64_t classes, int64_t features) {
  const auto dimensions = static_cast<double>(features);
  // Features come from a batch norm, so ||x||^2 is about D. Then logits vary by 1/3 where weights
  // are uniform within 1 / sqrt(D), as nn::Linear's, and s cosines of random directions by s^2 / D.
  // The mean of exp(z) is exp(variance / 2).
  const double variance = choice.s == 0 ? 1.0 / 3 : choice.s * choice.s / dimensions;
  const double loss = std::log(static_cast<double>(classes)) + variance / 2;
  // Centres come from N(0, 1): ||x - c||^2 / 2 is about D, too.
  return choice.kind == "arcface+center" ? loss + kCenterWeight * dimensions : loss;
}

Objective make_objective(const ObjectiveChoice& choice, int64_t classes, int64_t features) {
  Objective objective{choice.name, nullptr, nullptr, nullptr};
  const std::string& kind = choice.kind;
  const double m = choice.margin, s = choice.s;
  if (kind == "softmax")
    objective.softmax = std::make_unique<nn::Linear>(features, classes, /*bias=*/false);
  else if (kind == "cosface")
    objective.margin = std::make_unique<CosFaceLoss>(features, classes, s, m);
  else if (kind == "subcenter")
    objective.margin = std::make_unique<SubCenterArcFaceLoss>(features, classes, kSubCenters, s, m);
  else if (kind == "adaface")
    objective.margin = std::make_unique<AdaFaceLoss>(features, classes, s, m);
  else
    objective.margin = std::make_unique<ArcFaceLoss>(features, classes, s, m);
  if (kind == "arcface+center")
    objective.center =
        std::make_unique<CenterLoss>(classes, features, kCenterWeight, CenterUpdate::paper);
  return objective;
}

std::vector<nn::ParameterGroup> sgd_groups(const nn::Module& network, const Objective& objective) {
  std::vector<nn::ParameterGroup> groups{
      {network.named_parameters()},
      {objective.classifier().named_parameters(), {.weight_decay = 0}}};
  if (objective.center)
    groups.push_back({objective.center->named_parameters(),
                      {.lr = kCenterAlpha, .momentum = 0, .weight_decay = 0}});
  return groups;
}

}  // namespace gradian::examples
