// A tour of autograd: record a formula, ask for its derivatives, and prove them by numbers.
// Change formula() to anything built from autograd/ops.h and run it again.
#include <iomanip>
#include <iostream>

#include "autograd/gradcheck.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"

using namespace gradian;

namespace {

// The formula under test: z = exp(-x^2) sin(3 y), elementwise.
Variable formula(const std::vector<Variable>& inputs) {
  const Variable &x = inputs[0], &y = inputs[1];
  return exp(-(x * x)) * sin(3.0 * y);
}

Variable leaf(double value) {
  return Variable(Tensor::scalar(value, DType::float64), /*requires_grad=*/true);
}

void derivatives_of_x4() {
  const Variable x = leaf(2);
  Variable y = pow(x, 4);
  std::cout << "x = 2:  x^4 = " << y.item();
  // create_graph records the derivative too, so that it can be differentiated again.
  for (const char* order : {"first", "second", "third"}) {
    y = grad({y}, {x}, {}, /*create_graph=*/true)[0];
    std::cout << ",  " << order << " derivative " << y.item();
  }
  std::cout << "\n\n";
}

void prove_formula() {
  const std::vector<Tensor> point{distinct_values({2, 3}, -1, 1, /*seed=*/1),
                                  distinct_values({2, 3}, -1, 1, 2)};
  std::cout << "The formula at x = " << point[0] << "\n             and y = " << point[1] << "\n";

  const Variable x(point[0], true), y(point[1], true);
  const Variable z = formula({x, y});
  std::cout << "records the ops:";
  for (const std::string& op : recorded_ops(z)) std::cout << ' ' << op;
  std::cout << "  (" << live_nodes() << " nodes)\n";

  sum(z).backward();
  std::cout << "dz/dx = " << x.grad().value() << "\nNodes after backward: " << live_nodes()
            << "\n\n";

  for (const auto& [order, result] :
       {std::pair{"first", gradcheck("formula", formula, point)},
        std::pair{"second", gradgradcheck("formula", formula, point)}})
    std::cout << "Check of the " << order << " order, " << result.entries
              << " entries against difference quotients: " << (result.passed ? "passed" : "FAILED")
              << "\n  worst: " << result.message << "\n";
}

void show_derivatives() {
  derivatives_of_x4();
  prove_formula();

  // Without recording an op is only its kernel.
  const NoGrad no_grad;
  std::cout << "\nUnder NoGrad a result requires grad: " << std::boolalpha
            << (leaf(1) * leaf(2)).requires_grad() << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  return examples::run_main("autograd_tour", [&] {
    if (examples::Arguments(
            argc, argv, "Records a formula, differentiates it and proves the gradients by numbers.")
            .complete())
      show_derivatives();
    return 0;
  });
}
