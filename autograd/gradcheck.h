// Proof of gradients by numbers: compares what the engine computes with central differences, at
// first and at second order. For float64 functions away from their kinks.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "autograd/variable.h"

namespace gradian {

// A function of some variables with one result of any shape.
using Inputs = std::vector<Variable>;
using Function = std::function<Variable(const Inputs&)>;

struct GradCheckOptions {
  // Largest accepted relative error of an entry, |analytic - numeric| over the larger of the two,
  // but over no less than `floor` times the largest entry of that gradient: entries that are zero
  // beside their neighbours carry only rounding.
  double tolerance = 1e-6;
  double floor = 1e-3;
  // Step of the difference quotient, times max(1, |x|). The five-point formula
  //   (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h
  // has an error of h^4 and of epsilon / h: near 1e-12 here.
  double step = 1e-4;
  // A gradient that is zero everywhere proves nothing (the cotangent may be orthogonal to it, or
  // the function constant): it fails unless it is expected.
  bool expect_zero = false;
  // Inputs larger than this are checked at that many random entries.
  int64_t max_entries = 256;
  uint64_t seed = 0;
  // For a function with detached parts, such as a margin that follows the batch's statistics: a
  // difference quotient would move them, while the gradient takes them for constants. So write the
  // function in two parts, f(x, p) and p(x), and give here the one with the part held constant, at
  // its value at the inputs of the check:
  //   const Variable held(p(x0));
  //   gradcheck("f", [](const Inputs& in) { return f(in[0], p(in[0]).detach()); }, {x0},
  //             {.held = [=](const Inputs& in) { return f(in[0], held); }});
  // Quotients are taken of it; that both have the same results at the inputs is checked too.
  Function held = nullptr;
};

struct GradCheckResult {
  bool passed = false;
  double max_error = 0;  // largest relative error
  int64_t entries = 0;   // how many entries were perturbed
  std::string message;   // one line: what was compared and where it was worst, or what failed
};

// First order: for a random cotangent v, the gradient of sum(v * f(x)) with respect to every input
// against difference quotients. `name` heads the message. A function that cannot be checked fails
// with a message that says so: one that is random (two calls with the same inputs differ in a bit),
// writes to its inputs or returns no float64. What it throws is passed on as an Error with `name`.
GradCheckResult gradcheck(const std::string& name, const Function& function,
                          const std::vector<Tensor>& inputs, const GradCheckOptions& options = {});

// Second order: the same for (x, v) -> gradient of sum(v * f(x)), which is itself a function made
// of recorded ops.
GradCheckResult gradgradcheck(const std::string& name, const Function& function,
                              const std::vector<Tensor>& inputs,
                              const GradCheckOptions& options = {});

// One function and point at which its gradients are to be proved; ops, layers and losses each
// come with a table of these.
struct GradCase {
  std::string label;
  Function function;
  std::vector<Tensor> inputs;  // float64
  GradCheckOptions first_order = {};
  GradCheckOptions second_order = {};
};

// Distinct values spread evenly over [low, high] in a random order: no two equal, so that max and
// sort have no ties; and none at the ends.
Tensor distinct_values(const Shape& shape, double low, double high, uint64_t seed = 1);

// A case at inputs of these shapes, with distinct values in (low, high); those of each input are a
// little larger than the last one's, so that differences and ties of two inputs stay away from
// kinks.
GradCase grad_case(std::string label, const std::vector<Shape>& shapes, Function function,
                   double low = -2, double high = 2);

// An op of one input, with its settings, as a function: unary(permute, {2, 0, 1}).
template <class... Settings>
Function unary(Variable (*op)(const Variable&, Settings...),
               std::type_identity_t<Settings>... settings) {
  return [=](const Inputs& in) { return op(in[0], settings...); };
}

}  // namespace gradian
