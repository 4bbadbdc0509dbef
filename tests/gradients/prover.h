// The prover: holds the gradients of one row of the table against difference quotients at first and
// second order, and against themselves under everything that must not change them. It knows no
// particular op, layer or loss.
#pragma once

#include "tests/gradients/table.h"

namespace gradian::proof {

struct Proof {
  int cases = 0;
  double first_order = 0;  // largest relative errors over all cases
  double second_order = 0;
  std::vector<std::string> failures;  // one line each
};

Proof prove(const GradientSubject& subject);

}  // namespace gradian::proof
