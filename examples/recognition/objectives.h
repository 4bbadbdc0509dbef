// The objectives of recognition and how each is asked for on a command line. What an Objective is,
// and how it becomes a loss, is told in training/objective.h.
#pragma once

#include <string>
#include <vector>

#include "examples/training/objective.h"

namespace gradian::examples {

// An entry of a list such as "softmax,arcface:0.3,arcface+center:0.3:24": a name, and after colons
// the margin and the scale s, where the defaults are not wanted.
struct ObjectiveChoice {
  std::string name;          // as it is shown: "ArcFace + center", "ArcFace m 0.3, s 24"
  std::string kind;          // "arcface+center", "arcface"
  double margin = 0, s = 0;  // softmax has neither
};

// The list, each entry once; errors name what there is. What is empty means those that five minutes
// have room for, all but AdaFace, with margins and scales chosen by glyphs --test-on validation.
std::vector<ObjectiveChoice> objective_choices(const std::string& list);

// Its margin in full, for those that compare margins.
Margin margin_of(const ObjectiveChoice& choice);

// The loss of the first steps, when nothing has been learnt and the margin, which rises from 0, is
// hardly there.
double expected_first_loss(const ObjectiveChoice& choice, int64_t classes, int64_t features);

// With weights from the default generator.
Objective make_objective(const ObjectiveChoice& choice, int64_t classes, int64_t features);

// Network, class weights and centres as groups of an SGD: class weights do not decay, and the
// centres follow the paper's rule, for which they have a rate and no momentum of their own.
std::vector<nn::ParameterGroup> sgd_groups(const nn::Module& network, const Objective& objective);

}  // namespace gradian::examples
