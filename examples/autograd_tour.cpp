// A tour of autograd: record a formula, ask for its derivatives, and prove them by numbers.
// Change formula() to anything built from autograd/ops.h and run it again, or type one:
//   build/examples/autograd_tour --formula 'sum(tanh(x * w) ^ 2)' --x 0.5,1 --w 2 --dot graph.dot
#include <iomanip>
#include <iostream>

#include "autograd/dot.h"
#include "autograd/gradcheck.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "examples/tour/formula.h"
#include "tensor/files/file.h"
#include "tensor/kernels.h"

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

const char* verdict(const GradCheckResult& result) {
  return result.passed ? "passed"
                       : "FAILED. (So it does at a kink, and where numbers are not finite or too\n"
                         "  large for quotients: that is no proof that the gradient is wrong.)";
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
              << " entries against difference quotients: " << verdict(result)
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

// The central difference (f(x + h) - f(x - h)) / 2h by one entry of one input.
double numeric_derivative(const Function& f, const std::vector<Tensor>& at, size_t input,
                          int64_t entry) {
  const double h = 1e-5;
  const auto moved_by = [&](double distance) {
    Inputs moved;
    for (const Tensor& x : at) moved.emplace_back(x.clone());
    Tensor x = moved[input].value();
    x.mutable_data<double>()[entry] += distance;
    return f(moved).item();
  };
  return (moved_by(h) - moved_by(-h)) / (2 * h);
}

// One line for each entry: what backward() finds, and the quotient.
void compare_gradients(const Function& f, const examples::Formula& formula,
                       const std::vector<NamedVariable>& leaves) {
  std::vector<Tensor> at;
  for (const NamedVariable& leaf : leaves) at.push_back(leaf.variable.value());
  std::cout << "\n                       analytic            numeric\n";
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Variable found = leaves[i].variable.grad();
    const Tensor gradient = found.defined() ? found.value() : Tensor::zeros(at[i].shape());
    for (int64_t entry = 0; entry < at[i].numel(); ++entry) {
      const Shape index = index_of(entry, at[i].shape());
      std::cout << gradian::text(
          std::left, std::setprecision(10), std::setw(12),
          gradian::text("d/d", formula.names[i], index.empty() ? "" : gradian::text(index)),
          std::right, std::setw(19), gradient.at(index), std::setw(19),
          numeric_derivative(f, at, i, entry), '\n');
    }
  }
  const GradCheckResult result = gradcheck("the formula", f, at);
  std::cout << "\nCheck against finer quotients: " << verdict(result)
            << "\n  worst: " << result.message << '\n';
}

// What the reader typed: its value, its graph and its gradients at the point that they gave.
void show_formula(const std::string& typed, const examples::Formula& formula,
                  const std::vector<NamedVariable>& leaves, const std::string& dot_file) {
  Inputs inputs;
  std::cout << typed << '\n';
  for (const auto& [name, variable] : leaves) {
    std::cout << "  " << name << " = " << variable.value() << '\n';
    inputs.push_back(variable);
  }
  const Variable value = formula.function(inputs);
  std::cout << "is " << value.value() << "\nand records the ops:";
  for (const auto& node : reachable_nodes({value})) std::cout << ' ' << node->name();
  std::cout << '\n';
  if (!dot_file.empty()) {
    files::write_file(dot_file, to_dot(value, leaves));
    std::cout << "The graph is in " << dot_file << "; `dot -Tsvg " << dot_file
              << " > graph.svg` draws it.\n";
  }
  if (value.numel() != 1) std::cout << "Differentiated is the sum of its elements.\n";
  const Function f = [&](const Inputs& in) { return sum(formula.function(in)); };
  f(inputs).backward();
  compare_gradients(f, formula, leaves);
}

void tour(examples::Arguments& arguments) {
  const std::string typed = arguments.text("--formula", "", "one of your own, such as 'exp(-x^2)'");
  const std::string dot_file = arguments.path("--dot", "", "file for its graph, for Graphviz");
  if (typed.empty()) {
    if (!arguments.complete()) return;
    check(dot_file.empty(), "option --dot goes with --formula");
    return show_derivatives();
  }
  const examples::Formula formula = examples::parse_formula(typed);
  std::vector<std::string> values;
  for (const std::string& name : formula.names) {
    check(name != "formula" && name != "dot" && name != "help", "the option --", name,
          " is taken: call the variable another name");
    values.push_back(arguments.text("--" + name, "", "its value, such as 2 or 0.5,1"));
  }
  if (!arguments.complete()) return;
  std::vector<NamedVariable> leaves;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = formula.names[i];
    check(!values[i].empty(), "the formula has a variable ", name, ": give its value, as in --",
          name, " 0.5,1");
    leaves.push_back(
        {name, Variable(examples::parse_numbers(values[i], "option --" + name), true)});
  }
  show_formula(typed, formula, leaves, dot_file);
}

}  // namespace

int main(int argc, char** argv) {
  return examples::run_main("autograd_tour", [&] {
    examples::Arguments arguments(
        argc, argv,
        "Records a formula, differentiates it and proves the gradients by numbers.\nFunctions for "
        "--formula: " +
            examples::formula_functions());
    tour(arguments);
    return 0;
  });
}
