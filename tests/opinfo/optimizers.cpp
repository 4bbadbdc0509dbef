// Trajectories of the optimisers: parameters [..] and, for each, gradients [steps, ..]. The result
// is [steps, all entries of the parameters].
#include "nn/optimizer.h"

#include "autograd/ops.h"
#include "tests/opinfo/functions.h"

namespace gradian::opinfo {
namespace {

std::vector<nn::Parameter> parameters_of(Call& c) {
  std::vector<nn::Parameter> parameters;
  for (Variable& given : c.variables("params")) {
    given.set_requires_grad(true);
    parameters.push_back({text("p", parameters.size()), given});
  }
  return parameters;
}

Variable trajectory(nn::Optimizer& optimizer, const std::vector<nn::Parameter>& parameters,
                    const std::vector<Variable>& gradients) {
  const int64_t steps = gradients.front().size(0);
  std::vector<Variable> rows;
  for (int64_t step = 0; step < steps; ++step) {
    std::vector<Variable> row;
    for (size_t i = 0; i < parameters.size(); ++i) {
      Variable parameter = parameters[i].variable;
      parameter.set_grad(Variable(gradients[i].value().select(0, step)));
    }
    optimizer.step();
    for (const nn::Parameter& parameter : parameters)
      row.push_back(Variable(parameter.variable.value().clone().reshape({-1})));
    rows.push_back(concat(row, 0));
  }
  return stack(rows, 0);
}

Variable sgd(Call& c) {
  const nn::SGDOptions defaults;
  const nn::SGDOptions options{.lr = c.number("lr", defaults.lr),
                               .momentum = c.number("momentum", 0),
                               .dampening = c.number("dampening", 0),
                               .weight_decay = c.number("weight_decay", 0),
                               .nesterov = c.flag("nesterov", false)};
  const auto parameters = parameters_of(c);
  const auto gradients = c.variables("gradients");
  nn::SGD optimizer(parameters, options);
  return trajectory(optimizer, parameters, gradients);
}

template <class Optimizer>
Variable adam(Call& c) {
  nn::AdamOptions options;
  options.lr = c.number("lr", options.lr);
  options.beta1 = c.number("beta1", options.beta1);
  options.beta2 = c.number("beta2", options.beta2);
  options.eps = c.number("eps", options.eps);
  if (c.has("weight_decay")) options.weight_decay = c.number("weight_decay");
  const auto parameters = parameters_of(c);
  const auto gradients = c.variables("gradients");
  Optimizer optimizer(parameters, options);
  return trajectory(optimizer, parameters, gradients);
}

}  // namespace

Table optimizers() {
  return {{"optim.SGD", sgd}, {"optim.Adam", adam<nn::Adam>}, {"optim.AdamW", adam<nn::AdamW>}};
}

}  // namespace gradian::opinfo
