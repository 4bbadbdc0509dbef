// Makers of gradient cases, so that a row of the table is a line or two. The functions they build
// take the dtype of their first input, since the prover runs each in float32 and in float64.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "nn/module.h"
#include "tensor/kernels.h"

namespace gradian::proof {

using In = const std::vector<Variable>&;

inline Tensor labels_of(const std::vector<int64_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

// The constant `value` in the dtype of x; undefined stays so.
inline Tensor constant_like(const Tensor& value, const Variable& x) {
  return value.defined() ? value.to(x.dtype()) : value;
}

inline GradCase at(std::string label, std::vector<Tensor> inputs, Function function) {
  return {std::move(label), std::move(function), std::move(inputs)};
}

// At inputs of these shapes, in (-2, 2).
inline GradCase on(std::string label, const std::vector<Shape>& shapes, Function function) {
  return grad_case(std::move(label), shapes, std::move(function));
}

// At logits near +-800, where exp overflows unless it is shifted. Softmax bends over a distance of
// 1 wherever it stands, so the step must not grow with |x| as it does by default.
inline GradCase far_from_zero(const Shape& shape, Function function) {
  std::vector<double> values;
  for (int64_t i = 0; i < numel(shape); ++i)
    values.push_back((i < 3 ? 800 : -800) + static_cast<double>(i * i % 3));
  const GradCheckOptions short_step{.step = 1e-6};
  return {
      "far from zero", std::move(function), {Tensor::from(values, shape)}, short_step, short_step};
}

// The case of a function that detaches a part of itself; `held` is the same with that part
// constant, at its value at the inputs (see GradCheckOptions).
inline GradCase holding(GradCase grad_case, const Function& held) {
  grad_case.first_order.held = grad_case.second_order.held = held;
  return grad_case;
}

// A module as a function of its data and of all its parameters, which are the case's inputs in this
// order. Each evaluation builds a module of its own, so that no buffer carries over, and puts the
// inputs in place of the parameters. Parameters beyond the given `values` are spread over (-1, 1).
template <class M>
GradCase module_case(std::string label, std::function<M()> make, const std::vector<Tensor>& data,
                     std::function<Variable(M&, In)> run, std::vector<Tensor> values = {}) {
  const M sample = make();
  std::vector<std::string> names;
  for (const nn::Parameter& p : sample.named_parameters()) {
    if (names.size() == values.size())
      values.push_back(distinct_values(p.variable.shape(), -1, 1, names.size() + 10));
    names.push_back(p.name);
  }
  std::vector<Tensor> inputs = data;
  inputs.insert(inputs.end(), values.begin(), values.end());
  const size_t data_count = data.size();
  return at(std::move(label), std::move(inputs), [=](In in) {
    M module = make();
    module.to(in[0].dtype());
    for (size_t i = 0; i < names.size(); ++i)
      module.replace_parameter(names[i], in[data_count + i]);
    return run(module, {in.begin(), in.begin() + static_cast<std::ptrdiff_t>(data_count)});
  });
}

// A layer on an input of this shape, spread over (-2, 2).
template <class M>
GradCase layer_case(std::string label, std::function<M()> make, const Shape& input) {
  return module_case<M>(std::move(label), std::move(make), {distinct_values(input, -2, 2)},
                        [](M& layer, In in) { return layer(in[0]); });
}

}  // namespace gradian::proof
