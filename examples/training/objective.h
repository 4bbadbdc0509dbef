// The objectives that are compared: what turns features into a loss. Five of them, over one
// softmax classifier or one margin loss, with or without center loss.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "nn/optimizer.h"

namespace gradian::examples {

constexpr int64_t kPlane = 2;  // dimensions of features that can be drawn
// What else is trained learns at the rate of the optimiser.
constexpr double kSoftmaxLearningRate = 0.02, kCenterLearningRate = 0.05;

struct Objective {
  std::string name;
  std::unique_ptr<nn::Linear> softmax;  // one of these two is set
  std::unique_ptr<MarginLoss> margin;
  std::unique_ptr<CenterLoss> center;  // may be null
  // What `margin` was made with, where reports are to show it: scores are multiplied by s.
  double s = 1;
  Margin rule = {};
  double center_rate = kCenterLearningRate;

  // Of features [N, d] and labels int64 [N]: a scalar.
  Variable loss(const Variable& features, const Tensor& labels) const;
  // [N, C] without margin: what accuracy is measured on.
  Tensor scores(const Variable& features) const;
  // [N, C], of the angles between features and class weights.
  Tensor cosines(const Variable& features) const;
  // [N, C] that the classifier gives to the classes: softmax(s * scores).
  Tensor probabilities(const Variable& features) const;
  bool has_margin() const { return rule.m1 != 1 || rule.m2 != 0 || rule.m3 != 0; }
  nn::Module& classifier() const;
  Variable class_weights() const;  // [C, d]
  // The network decays, the classifier and the centres do not. Softmax weights and centres learn
  // faster, for they have to keep up with features that move.
  std::vector<nn::ParameterGroup> groups(const nn::Module& network) const;
  // "cross entropy + CenterLoss(10 classes, 2-d, weight 0.1)"
  std::string description() const;
};

// softmax, softmax + center, ArcFace, ArcFace + center, CosFace. In the plane their margins fit it:
// with C classes ArcFace needs m < 2 pi / C there, and CosFace m <= 1 - cos(2 pi / C). In more
// dimensions s and m are those of recommend().
std::vector<Objective> make_objectives(int64_t classes, int64_t features = kPlane);

// softmax + center and ArcFace with one setting changed at a time: the weight of the center loss,
// the rate that its centres learn at (alpha, in the paper's rule), s and m.
std::vector<Objective> make_settings(int64_t classes);

}  // namespace gradian::examples
