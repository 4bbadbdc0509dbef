// The table of what must have its gradients proved: every op, function, layer and loss that a user
// can call, each with the points at which that happens. It proves nothing itself (see prover.h),
// and completeness.h holds it against the headers.
#pragma once

#include <string>
#include <vector>

#include "autograd/gradcheck.h"

namespace gradian::proof {

struct GradientSubject {
  std::string kind;  // "op", "function", "layer" or "loss"
  std::string name;  // as the header spells it
  std::vector<GradCase> cases;
};

std::vector<GradientSubject> gradient_table();

// Its parts: the functions that are ops come with their cases, see autograd/all_ops.h.
std::vector<GradientSubject> function_subjects();     // functions.cpp
std::vector<GradientSubject> layer_subjects();        // layers.cpp
std::vector<GradientSubject> loss_subjects();         // losses.cpp
std::vector<GradientSubject> margin_loss_subjects();  // margin_losses.cpp

}  // namespace gradian::proof
