#include "autograd/gradcheck.h"

#include <bit>
#include <cmath>
#include <iomanip>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// Several results, as the second-order check needs: one gradient per input.
using MultiFunction = std::function<std::vector<Variable>(const Inputs&)>;

// x -> {f(x)}
MultiFunction value_of(const Function& function) {
  return [&](const Inputs& x) { return std::vector<Variable>{function(x)}; };
}

// (x, v) -> the gradients of sum(v * f(x)) by x
MultiFunction gradients_of(const Function& function) {
  return [&](const Inputs& x_and_v) {
    const Inputs x(x_and_v.begin(), x_and_v.end() - 1);
    std::vector<Variable> gradients = grad({function(x)}, x, {x_and_v.back()}, true);
    for (size_t i = 0; i < x.size(); ++i)
      if (!gradients[i].defined())
        gradients[i] = Variable(Tensor::zeros(x[i].shape(), DType::float64));
    return gradients;
  };
}

std::vector<Variable> leaves(const std::vector<Tensor>& values) {
  std::vector<Variable> result;
  for (const Tensor& value : values) result.emplace_back(value, true);
  return result;
}

// Where two calls' results first differ, or "" when they are the same, to the bit or to a relative
// error below `rounding`.
std::string first_difference(const std::vector<Variable>& first,
                             const std::vector<Variable>& second, double rounding = 0) {
  for (size_t output = 0; output < first.size(); ++output) {
    const Tensor x = first[output].value(), y = second[output].value();
    if (x.shape() != y.shape())
      return text("a result of shape ", x.shape(), " and then of ", y.shape());
    const auto a = x.to_vector<double>(), b = y.to_vector<double>();
    for (size_t i = 0; i < a.size(); ++i)
      if (std::bit_cast<uint64_t>(a[i]) != std::bit_cast<uint64_t>(b[i]) &&
          !(std::abs(a[i] - b[i]) < rounding * std::max({std::abs(a[i]), std::abs(b[i]), 1.0})))
        return text(std::setprecision(17), a[i], " and then ", b[i], " at ",
                    index_of(static_cast<int64_t>(i), x.shape()), " of the result");
  }
  return "";
}

// What keeps a function from being checked at all.
struct Uncheckable {
  std::string reason;
};

// The results of a first call.
std::vector<Variable> try_out(const MultiFunction& function, const std::vector<Variable>& inputs) {
  std::vector<Tensor> values;
  std::vector<Tensor::Stamp> stamps;
  for (const Variable& input : inputs) {
    values.push_back(input.value());
    stamps.push_back(input.value().stamp());
  }
  const std::vector<Variable> outputs = function(inputs);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].value().stamp() != stamps[i])
      throw Uncheckable{text("the function writes to input ", i,
                             ", which it must leave as it is: it is called many times")};
  for (const Variable& output : outputs) {
    if (!output.defined()) throw Uncheckable{"the result is undefined"};
    if (output.dtype() != DType::float64)
      throw Uncheckable{text("the result is ", output.dtype(), ", expected float64")};
  }
  const std::string other = first_difference(outputs, function(leaves(values)));
  if (!other.empty())
    throw Uncheckable{text("two calls with the same inputs gave ", other,
                           ": is the function random, or does it keep a state? Seed what it draws "
                           "inside of it (manual_seed), and put dropout into evaluation mode")};
  return outputs;
}

// The difference quotient of sum(cotangent * output) along one entry. Differences are taken
// output by output before they are summed: those that do not depend on the entry cancel exactly.
double numeric_derivative(const MultiFunction& function, std::vector<Tensor> inputs, size_t input,
                          int64_t entry, const std::vector<Tensor>& cotangents, double step) {
  const Tensor center = inputs[input];
  const double x = center.contiguous().data<double>()[entry], h = step * std::max(1.0, std::abs(x));
  double total = 0;
  for (const auto& [distance, weight] : {std::pair{h, 8.0}, std::pair{2 * h, -1.0}}) {
    std::vector<Variable> results[2];
    for (const int side : {0, 1}) {
      inputs[input] = center.clone();
      inputs[input].mutable_data<double>()[entry] = side == 0 ? x - distance : x + distance;
      results[side] = function(leaves(inputs));
    }
    for (size_t i = 0; i < cotangents.size(); ++i) {
      const Tensor difference = sub(results[1][i].value(), results[0][i].value());
      total += weight * sum(mul(difference, cotangents[i])).item();
    }
  }
  return total / (12 * h);
}

std::vector<int64_t> entries_to_check(int64_t count, int64_t most, Generator& generator) {
  const std::vector<int64_t> order = count <= most
                                         ? Tensor::arange(count).to_vector<int64_t>()
                                         : randperm(count, generator).to_vector<int64_t>();
  return {order.begin(), order.begin() + std::min(count, most)};
}

// `of` is value_of or gradients_of: what is checked, of the function and of its held version.
GradCheckResult check_function(MultiFunction (*of)(const Function&), const Function& checked,
                               const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  const std::vector<Variable> variables = leaves(inputs);
  const std::vector<Variable> outputs = try_out(of(checked), variables);
  const MultiFunction measured = of(options.held ? options.held : checked);
  if (options.held) {
    const std::string other = first_difference(outputs, measured(leaves(inputs)), 1e-10);
    if (!other.empty())
      throw Uncheckable{text("without and with its part held the function gave ", other,
                             ": is it held at its value at these inputs?")};
  }
  Generator generator(options.seed);
  std::vector<Tensor> cotangents;
  std::vector<Variable> grad_outputs, differentiable;
  for (const Variable& output : outputs) {
    cotangents.push_back(randn(output.shape(), DType::float64, 0, 1, generator));
    if (!output.requires_grad()) continue;
    differentiable.push_back(output);
    grad_outputs.emplace_back(cotangents.back());
  }
  if (differentiable.empty() && !options.expect_zero)
    throw Uncheckable{"the result does not depend on any input"};
  const std::vector<Variable> gradients = grad(differentiable, variables, grad_outputs);

  GradCheckResult result{.message = "nothing was perturbed"};
  double largest = 0;
  for (size_t input = 0; input < inputs.size(); ++input) {
    const Tensor analytic = gradients[input].defined()
                                ? gradients[input].value().contiguous()
                                : Tensor::zeros(inputs[input].shape(), DType::float64);
    const auto entries = entries_to_check(analytic.numel(), options.max_entries, generator);
    std::vector<double> numeric;
    double scale = 0;
    for (int64_t entry : entries) {
      numeric.push_back(
          numeric_derivative(measured, inputs, input, entry, cotangents, options.step));
      scale = std::max({scale, std::abs(numeric.back()), std::abs(analytic.data<double>()[entry])});
    }
    largest = std::max(largest, scale);
    for (size_t i = 0; i < entries.size(); ++i) {
      const double a = analytic.data<double>()[entries[i]], n = numeric[i];
      const double size = std::max({std::abs(a), std::abs(n), options.floor * scale, 1e-8});
      const double error = std::abs(a - n) / size;
      ++result.entries;
      if (error <= result.max_error && result.entries > 1) continue;
      result.max_error = std::isnan(error) ? INFINITY : error;
      result.message = text("input ", input, " at ", index_of(entries[i], inputs[input].shape()),
                            std::setprecision(9), ": numeric ", n, ", analytic ", a,
                            std::setprecision(3), ", relative error ", error);
    }
  }
  result.passed = result.entries > 0 && result.max_error <= options.tolerance;
  if (options.expect_zero ? largest > 1e-10 : largest < 1e-6) {
    result.passed = false;
    result.message = text("the largest gradient entry is ", largest,
                          options.expect_zero ? ", expected zero" : ", which proves nothing");
  }
  return result;
}

// Errors of the function itself have its name, see named(): these are about the rest.
void check_arguments(const char* called, const Function& function,
                     const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  const Calling calling(called);
  check(function != nullptr, "there is no function");
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].defined(), "input ", i, " is undefined");
    check(inputs[i].dtype() == DType::float64, "expected float64 inputs, got ", describe(inputs[i]),
          " as input ", i);
  }
  const auto check_number = [](const char* what, double value) {
    check(value >= 0 && std::isfinite(value), what, " must be finite and not negative, got ",
          value);
  };
  check_number("tolerance", options.tolerance);
  check_number("floor", options.floor);
  check_number("step", options.step);
  check(options.step > 0, "step must be positive, got ", options.step);
  check(options.max_entries > 0, "max_entries must be positive, got ", options.max_entries);
}

// The result of `check_inputs`, or what kept it from one, under the name of the check.
GradCheckResult named(const std::string& name,
                      const std::function<GradCheckResult()>& check_inputs) {
  GradCheckResult result;
  try {
    result = check_inputs();
  } catch (const Uncheckable& fault) {
    result.message = fault.reason;
  } catch (const std::exception& error) {
    throw Error(text(name, ": the function failed: ", error.what()));  // it has its name
  }
  result.message = name + ": " + result.message;
  return result;
}

}  // namespace

GradCheckResult gradcheck(const std::string& name, const Function& function,
                          const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  check_arguments("gradcheck", function, inputs, options);
  return named(name, [&] { return check_function(value_of, function, inputs, options); });
}

GradCheckResult gradgradcheck(const std::string& name, const Function& function,
                              const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  check_arguments("gradgradcheck", function, inputs, options);
  return named(name + " (second order)", [&] {
    const Shape output_shape = try_out(value_of(function), leaves(inputs))[0].shape();
    // The cotangent v joins the inputs: the gradient must be right as a function of it too.
    Generator generator(options.seed + 1);
    std::vector<Tensor> extended = inputs;
    extended.push_back(randn(output_shape, DType::float64, 0, 1, generator));
    return check_function(gradients_of, function, extended, options);
  });
}

Tensor distinct_values(const Shape& shape, double low, double high, uint64_t seed) {
  const Calling calling("distinct_values");
  check(low < high && std::isfinite(high - low), "expected finite low < high, got low ", low,
        ", high ", high);
  Generator generator(seed);
  const int64_t count = numel(shape);
  std::vector<double> values;
  for (int64_t position : randperm(count, generator).to_vector<int64_t>())
    values.push_back(low + (high - low) * (static_cast<double>(position) + 0.5) /
                               static_cast<double>(count));
  return Tensor::from(values, shape);
}

GradCase grad_case(std::string label, const std::vector<Shape>& shapes, Function function,
                   double low, double high) {
  const Calling calling("grad_case");
  check(function != nullptr, "there is no function");
  GradCase result{std::move(label), std::move(function), {}};
  for (const Shape& shape : shapes) {
    const double shift = 0.037 * static_cast<double>(result.inputs.size());
    result.inputs.push_back(
        distinct_values(shape, low + shift, high + shift, result.inputs.size() + 1));
  }
  return result;
}

}  // namespace gradian
