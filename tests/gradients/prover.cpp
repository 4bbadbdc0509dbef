// Each check below takes one case with what was computed at it once, and says what is wrong with it
// or nothing. A new demand on all gradients is one more function and one more row of kChecks.
#include "tests/gradients/prover.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/anomaly.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::proof {
namespace {

// Two ways to the same number may add in another order, and differ by a few roundings.
constexpr double kRounding = 1e-11;
constexpr double kFloat32 = 1e-4;

// A function's value and gradients at one point; a gradient is zero where the engine has none.
struct Evaluation {
  Tensor value;
  std::vector<Tensor> gradients;
};

// One case and its evaluation in the plainest way, which the checks compare others with.
struct Point {
  const GradCase& grad_case;
  Tensor cotangent;  // random, of the shape of the value
  Evaluation plain;
};

std::vector<bool> all_of(const std::vector<Tensor>& inputs) {
  return std::vector<bool>(inputs.size(), true);
}

std::vector<Variable> leaves(const std::vector<Tensor>& values, const std::vector<bool>& needs) {
  std::vector<Variable> result;
  for (size_t i = 0; i < values.size(); ++i) result.emplace_back(values[i], needs[i]);
  return result;
}

// The gradient of sum(cotangent * function(inputs)) with respect to the inputs that are needed; the
// others' stay undefined.
Evaluation evaluate(const Function& function, const std::vector<Tensor>& inputs,
                    const Tensor& cotangent, const std::vector<bool>& needs,
                    bool create_graph = false) {
  const std::vector<Variable> variables = leaves(inputs, needs);
  const Variable output = function(variables);
  std::vector<Variable> wanted;
  for (const Variable& variable : variables)
    if (variable.requires_grad()) wanted.push_back(variable);
  std::vector<Variable> found(wanted.size());
  if (output.requires_grad())
    found = grad({output}, wanted, {Variable(cotangent.to(output.dtype()))}, create_graph);
  Evaluation result{output.value(), std::vector<Tensor>(inputs.size())};
  for (size_t i = 0, next = 0; i < inputs.size(); ++i) {
    if (!needs[i]) continue;
    const Variable& gradient = found[next++];
    result.gradients[i] =
        gradient.defined() ? gradient.value() : Tensor::zeros(inputs[i].shape(), inputs[i].dtype());
  }
  return result;
}

double largest_entry(const Tensor& x) {
  double largest = 0;
  for (const double value : x.to_vector<double>())
    largest = std::isnan(value) ? INFINITY : std::max(largest, std::abs(value));
  return largest;
}

double largest_entry(const std::vector<Tensor>& tensors) {
  double largest = 0;
  for (const Tensor& tensor : tensors)
    if (tensor.defined()) largest = std::max(largest, largest_entry(tensor));
  return largest;
}

// The largest difference of two entries, beside the largest entry of all; what only one side has
// is left out.
double distance(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].defined() || !b[i].defined()) continue;
    largest =
        std::max(largest, largest_entry(sub(a[i].to(DType::float64), b[i].to(DType::float64))));
  }
  const double scale = std::max({largest_entry(a), largest_entry(b), 1e-8});
  return std::isfinite(scale) ? largest / scale : INFINITY;
}

// What is wrong with `other`, which should be `plain`.
std::string difference(const Evaluation& plain, const Evaluation& other, double tolerance) {
  if (plain.value.shape() != other.value.shape())
    return text("value of shape ", other.value.shape(), ", expected ", plain.value.shape());
  const double value = distance({plain.value}, {other.value});
  if (!(value <= tolerance)) return text("value off by ", value);
  const double gradient = distance(plain.gradients, other.gradients);
  return gradient <= tolerance ? "" : text("gradient off by ", gradient);
}

std::string zero_cotangent(const Point& point) {
  const Tensor zero = Tensor::zeros(point.cotangent.shape(), DType::float64);
  const std::vector<Tensor>& inputs = point.grad_case.inputs;
  const auto gradients = evaluate(point.grad_case.function, inputs, zero, all_of(inputs)).gradients;
  const double largest = largest_entry(gradients);
  return largest == 0 ? "" : text("gradient ", largest, " from a cotangent of zeros");
}

std::string two_backwards(const Point& point) {
  const std::vector<Variable> variables =
      leaves(point.grad_case.inputs, all_of(point.grad_case.inputs));
  const Variable total = sum(point.grad_case.function(variables) * Variable(point.cotangent));
  std::vector<Tensor> twice_first;
  total.backward(true);
  for (const Variable& v : variables)
    twice_first.push_back(v.grad().defined() ? (2.0 * v.grad()).value() : Tensor());
  total.backward();
  for (size_t i = 0; i < variables.size(); ++i)
    if (twice_first[i].defined() && distance({twice_first[i]}, {variables[i].grad().value()}) != 0)
      return text("input ", i, ": two backwards do not give exactly twice the gradient");
  return "";
}

// Recording must not change what is computed: neither the value nor, when the graph of the gradient
// is recorded too, the gradient. It is here that fused kernels meet their formulas.
std::string recording(const Point& point) {
  const auto& [label, function, inputs, first, second] = point.grad_case;
  Evaluation recorded = evaluate(function, inputs, point.cotangent, all_of(inputs), true);
  const std::string gradient = difference(point.plain, recorded, kRounding);
  if (!gradient.empty()) return "with create_graph: " + gradient;
  const NoGrad no_grad;
  recorded.value = function(leaves(inputs, all_of(inputs))).value();
  const std::string value = difference(point.plain, recorded, kRounding);
  return value.empty() ? "" : "without recording: " + value;
}

// The values of x in memory that runs the other way round.
Tensor transposed_view(const Tensor& x) {
  Axes reversed;
  for (int axis = x.dim(); axis-- > 0;) reversed.push_back(axis);
  return x.permute(reversed).clone().permute(reversed);
}

// The values of x at every other place of a larger array, NaN around them.
Tensor sliced_view(const Tensor& x) {
  Shape larger = x.shape();
  for (int64_t& size : larger) size = 2 * size + 1;
  Tensor view = Tensor::full(larger, std::numeric_limits<double>::quiet_NaN(), x.dtype());
  for (int axis = 0; axis < x.dim(); ++axis) view = view.slice(axis, 1, larger[axis], 2);
  view.copy_from(x);
  return view;
}

std::string with_input(const Point& point, size_t i, const Tensor& view, const Evaluation& plain) {
  std::vector<Tensor> inputs = point.grad_case.inputs;
  inputs[i] = view;
  return difference(plain,
                    evaluate(point.grad_case.function, inputs, point.cotangent, all_of(inputs)),
                    kRounding);
}

std::string views(const Point& point) {
  const auto& [label, function, inputs, first, second] = point.grad_case;
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const auto& [name, view] : {std::pair{"transposed", transposed_view(inputs[i])},
                                     std::pair{"sliced", sliced_view(inputs[i])}}) {
      const std::string wrong = with_input(point, i, view, point.plain);
      if (!wrong.empty()) return text("input ", i, " as a ", name, " view: ", wrong);
    }
    // A broadcast view repeats values, so it is compared with a copy of itself.
    for (int axis = 0; axis < inputs[i].dim(); ++axis) {
      if (inputs[i].size(axis) < 2) continue;
      const Tensor view = inputs[i].slice(axis, 0, 1).expand(inputs[i].shape());
      std::vector<Tensor> copies = inputs;
      copies[i] = view.clone();
      const Evaluation plain = evaluate(function, copies, point.cotangent, all_of(inputs));
      const std::string wrong = with_input(point, i, view, plain);
      if (!wrong.empty()) return text("input ", i, " broadcast along axis ", axis, ": ", wrong);
    }
  }
  return "";
}

// Every choice of inputs that need a gradient, or each input alone where there are many.
std::string needs_subsets(const Point& point) {
  const std::vector<Tensor>& inputs = point.grad_case.inputs;
  std::vector<std::vector<bool>> subsets;
  if (inputs.size() <= 4) {
    for (unsigned bits = 1; bits < 1u << inputs.size(); ++bits) {
      subsets.emplace_back();
      for (size_t i = 0; i < inputs.size(); ++i) subsets.back().push_back(bits >> i & 1u);
    }
  } else {
    for (size_t only = 0; only < inputs.size(); ++only) {
      subsets.emplace_back(inputs.size(), false);
      subsets.back()[only] = true;
    }
  }
  for (const std::vector<bool>& needs : subsets) {
    const std::string wrong = difference(
        point.plain, evaluate(point.grad_case.function, inputs, point.cotangent, needs), kRounding);
    if (wrong.empty()) continue;
    std::string needed;
    for (size_t i = 0; i < needs.size(); ++i)
      if (needs[i]) needed += text(' ', i);
    return text("only inputs", needed, " need a gradient: ", wrong);
  }
  return "";
}

// float32 against float64 at the same, rounded, inputs.
std::string float32(const Point& point) {
  std::vector<Tensor> single, rounded;
  for (const Tensor& input : point.grad_case.inputs) {
    single.push_back(input.to(DType::float32));
    rounded.push_back(single.back().to(DType::float64));
  }
  const auto run = [&](const std::vector<Tensor>& inputs) {
    return evaluate(point.grad_case.function, inputs, point.cotangent, all_of(inputs));
  };
  return difference(run(rounded), run(single), kFloat32);
}

// Nothing on the way to the value or the gradient is NaN or infinite, in either dtype, but what is
// known to be selected away.
std::string anomaly(const Point& point) {
  const DetectAnomaly detect_anomaly;
  recording(point);
  float32(point);
  return "";
}

// A gradient that is zero everywhere would agree with many a wrong rule.
std::string every_input_matters(const Point& point) {
  if (point.grad_case.first_order.expect_zero) return "";
  for (size_t i = 0; i < point.plain.gradients.size(); ++i) {
    const double largest = largest_entry(point.plain.gradients[i]);
    if (!(largest > 1e-6)) return text("input ", i, ": the largest gradient entry is ", largest);
  }
  return "";
}

using Check = std::string (*)(const Point&);
constexpr std::pair<const char*, Check> kChecks[] = {
    {"every input matters", every_input_matters},
    {"zero cotangent", zero_cotangent},
    {"two backwards", two_backwards},
    {"recording", recording},
    {"views", views},
    {"subsets", needs_subsets},
    {"float32", float32},
    {"anomaly", anomaly},
};

// The graph of an op's case must hold that op, and the graph of any other must hold something.
std::string graph_holds(const GradientSubject& subject, const GradCase& grad_case) {
  const auto ops =
      recorded_ops(grad_case.function(leaves(grad_case.inputs, all_of(grad_case.inputs))));
  if (ops.empty()) return "nothing was recorded";
  if (subject.kind == "op" && std::find(ops.begin(), ops.end(), subject.name) == ops.end())
    return "the recorded graph does not hold the op";
  return "";
}

void prove_case(const GradientSubject& subject, const GradCase& grad_case, Proof& proof) {
  const auto& [label, function, inputs, first, second] = grad_case;
  const std::string name = text(subject.name, " [", label, ']');
  const auto require = [&](const std::string& what, const std::string& wrong) {
    if (!wrong.empty()) proof.failures.push_back(text(name, ": ", what, ": ", wrong));
  };
  require("graph", graph_holds(subject, grad_case));
  const auto order = [&](const GradCheckResult& result, double& largest) {
    if (!result.passed) proof.failures.push_back(result.message);
    largest = std::max(largest, result.max_error);
  };
  order(gradcheck(name, function, inputs, first), proof.first_order);
  order(gradgradcheck(name, function, inputs, second), proof.second_order);
  Generator generator(7);
  const Shape shape = function(leaves(inputs, all_of(inputs))).shape();
  const Tensor cotangent = randn(shape, DType::float64, 0, 1, generator);
  const Point point{grad_case, cotangent, evaluate(function, inputs, cotangent, all_of(inputs))};
  for (const auto& [what, check_point] : kChecks) require(what, check_point(point));
}

}  // namespace

Proof prove(const GradientSubject& subject) {
  Proof proof;
  if (subject.cases.empty()) proof.failures.push_back(subject.name + ": no cases");
  for (const GradCase& grad_case : subject.cases) {
    ++proof.cases;
    try {
      prove_case(subject, grad_case, proof);
    } catch (const Error& error) {
      proof.failures.push_back(text(subject.name, " [", grad_case.label, "]: ", error.what()));
    }
  }
  return proof;
}

}  // namespace gradian::proof
