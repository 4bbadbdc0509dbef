#include "autograd/anomaly.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "autograd/node.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// The worst that an array holds.
enum class Fault { none, infinity, nan };

Fault fault_of(double value) {
  if (std::isnan(value)) return Fault::nan;
  return std::isinf(value) ? Fault::infinity : Fault::none;
}

Fault fault_of(const Tensor& x) {
  const auto any = [](const Tensor& mask) { return sum(mask).item() > 0; };
  if (!is_floating(x.dtype()) || !any(1 - isfinite(x))) return Fault::none;
  return any(x != x) ? Fault::nan : Fault::infinity;
}

// The worst of `made`, unless something that it was made from is as bad.
Fault anomaly_of(const Tensor& made, const std::vector<Variable>& inputs) {
  const Fault fault = fault_of(made);
  if (fault == Fault::none) return fault;
  const auto as_bad = [&](const Variable& x) { return fault_of(x.value()) >= fault; };
  return std::ranges::any_of(inputs, as_bad) ? Fault::none : fault;
}

// " has NaN at [0, 3]", the first such place.
std::string place_of(Fault fault, const Tensor& made) {
  const std::vector<double> values = made.to_vector<double>();
  const auto first =
      std::ranges::find_if(values, [=](double value) { return fault_of(value) == fault; });
  return text(" has ",
              fault == Fault::nan ? "NaN"
              : *first > 0        ? "infinity"
                                  : "-infinity",
              " at ", index_of(first - values.begin(), made.shape()));
}

// " is float32 [2, 4] from sub, smallest -1, largest 3"; NaN is neither.
std::string description_of(const Variable& x) {
  std::vector<double> values = x.value().to_vector<double>();
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::string result = text(" is ", describe(x.value()));
  if (x.creator()) result += text(" from ", x.creator()->name());
  if (values.empty()) return result;
  const auto [smallest, largest] = std::ranges::minmax(values);
  return result + text(", smallest ", smallest, ", largest ", largest);
}

std::string description_of(const std::vector<Variable>& inputs) {
  std::string result;
  for (size_t i = 0; i < inputs.size(); ++i)
    result += text("; input ", i, description_of(inputs[i]));
  return result;
}

}  // namespace

void check_output(const char* op, const std::vector<Variable>& inputs, const Tensor& output) {
  const Fault fault = anomaly_of(output, inputs);
  if (fault == Fault::none) return;
  // Calling names the function that the user called, which need not be the op.
  const bool is_named = Calling::current() && Calling::current() == std::string_view(op);
  fail("the output", is_named ? "" : text(" of ", op), place_of(fault, output),
       ", although no input has one", description_of(inputs));
}

void check_gradients(const Node& node, const Variable& gradient,
                     const std::vector<Variable>& gradients) {
  std::vector<Variable> inputs = node.inputs;
  inputs.push_back(gradient);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const Fault fault = anomaly_of(gradients[i].value(), inputs);
    if (fault != Fault::none)
      fail("backward of ", node.name(), ": the gradient of input ", i,
           place_of(fault, gradients[i].value()),
           ", although neither an input nor the gradient that came has one; that gradient",
           description_of(gradient), description_of(node.inputs));
  }
}

}  // namespace gradian
