#include "autograd/gradcheck.h"

#include <cmath>
#include <iomanip>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// Several results, as the second-order check needs: one gradient per input.
using MultiFunction = std::function<std::vector<Variable>(const std::vector<Variable>&)>;

std::vector<Variable> leaves(const std::vector<Tensor>& values) {
  std::vector<Variable> result;
  for (const Tensor& value : values) result.emplace_back(value, true);
  return result;
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

Shape index_of(int64_t entry, const Shape& shape) {
  Shape index = shape;
  for (int axis = shape.size() - 1; axis >= 0; --axis) {
    index[axis] = entry % shape[axis];
    entry /= shape[axis];
  }
  return index;
}

std::vector<int64_t> entries_to_check(int64_t count, int64_t most, Generator& generator) {
  const std::vector<int64_t> order = count <= most
                                         ? Tensor::arange(count).to_vector<int64_t>()
                                         : randperm(count, generator).to_vector<int64_t>();
  return {order.begin(), order.begin() + std::min(count, most)};
}

GradCheckResult check_function(const std::string& name, const MultiFunction& function,
                               const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  GradCheckResult result;
  for (const Tensor& input : inputs)
    check(input.dtype() == DType::float64, name, ": gradient checks need float64 inputs, got ",
          input.dtype());
  Generator generator(options.seed);
  const std::vector<Variable> variables = leaves(inputs);
  const std::vector<Variable> outputs = function(variables);
  std::vector<Tensor> cotangents;
  std::vector<Variable> grad_outputs, differentiable;
  for (const Variable& output : outputs) {
    cotangents.push_back(randn(output.shape(), DType::float64, 0, 1, generator));
    if (!output.requires_grad()) continue;
    differentiable.push_back(output);
    grad_outputs.emplace_back(cotangents.back());
  }
  if (differentiable.empty() && !options.expect_zero) {
    result.message = name + ": the result does not depend on any input";
    return result;
  }
  const std::vector<Variable> gradients = grad(differentiable, variables, grad_outputs);

  double largest = 0;
  std::string worst = "nothing was perturbed";
  for (size_t input = 0; input < inputs.size(); ++input) {
    const Tensor analytic = gradients[input].defined()
                                ? gradients[input].value().contiguous()
                                : Tensor::zeros(inputs[input].shape(), DType::float64);
    const auto entries = entries_to_check(analytic.numel(), options.max_entries, generator);
    std::vector<double> numeric;
    double scale = 0;
    for (int64_t entry : entries) {
      numeric.push_back(
          numeric_derivative(function, inputs, input, entry, cotangents, options.step));
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
      worst = text("input ", input, " at ", index_of(entries[i], inputs[input].shape()),
                   std::setprecision(9), ": numeric ", n, ", analytic ", a, std::setprecision(3),
                   ", relative error ", error);
    }
  }
  result.passed = result.entries > 0 && result.max_error <= options.tolerance;
  result.message = name + ": " + worst;
  if (options.expect_zero ? largest > 1e-10 : largest < 1e-6) {
    result.passed = false;
    result.message = text(name, ": the largest gradient entry is ", largest,
                          options.expect_zero ? ", expected zero" : ", which proves nothing");
  }
  return result;
}

}  // namespace

GradCheckResult gradcheck(const std::string& name, const Function& function,
                          const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  return check_function(
      name, [&](const std::vector<Variable>& x) { return std::vector<Variable>{function(x)}; },
      inputs, options);
}

GradCheckResult gradgradcheck(const std::string& name, const Function& function,
                              const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  // The cotangent v joins the inputs: the gradient must be right as a function of it too.
  const Shape output_shape = function(leaves(inputs)).shape();
  Generator generator(options.seed + 1);
  std::vector<Tensor> extended = inputs;
  extended.push_back(randn(output_shape, DType::float64, 0, 1, generator));
  const MultiFunction gradient = [&](const std::vector<Variable>& x_and_v) {
    const std::vector<Variable> x(x_and_v.begin(), x_and_v.end() - 1);
    std::vector<Variable> gradients = grad({function(x)}, x, {x_and_v.back()}, true);
    for (size_t i = 0; i < x.size(); ++i)
      if (!gradients[i].defined())
        gradients[i] = Variable(Tensor::zeros(x[i].shape(), DType::float64));
    return gradients;
  };
  return check_function(name + " (second order)", gradient, extended, options);
}

Tensor spread(const Shape& shape, double low, double high, uint64_t seed) {
  Generator generator(seed);
  const int64_t count = numel(shape);
  std::vector<double> values;
  for (int64_t position : randperm(count, generator).to_vector<int64_t>())
    values.push_back(low + (high - low) * (static_cast<double>(position) + 0.5) /
                               static_cast<double>(count));
  return Tensor::from(values, shape);
}

}  // namespace gradian
