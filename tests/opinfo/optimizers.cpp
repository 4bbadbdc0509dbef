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

template <class Optimizer>
Variable replay(Call& c) {
  nn::OptimizerOptions options;
  const auto number = [&](const char* name, std::optional<double>& option) {
    if (c.has(name)) option = c.number(name);
  };
  const auto flag = [&](const char* name, std::optional<bool>& option) {
    if (c.has(name)) option = c.flag(name, false);
  };
  number("lr", options.lr);
  number("beta1", options.betas.first);
  number("beta2", options.betas.second);
  number("alpha", options.alpha);
  number("eps", options.eps);
  number("momentum", options.momentum);
  number("dampening", options.dampening);
  number("weight_decay", options.weight_decay);
  flag("nesterov", options.nesterov);
  flag("centered", options.centered);
  const auto parameters = parameters_of(c);
  const auto gradients = c.variables("gradients");
  Optimizer optimizer(parameters, options);
  return trajectory(optimizer, parameters, gradients);
}

}  // namespace

Table optimizers() {
  return {{"optim.SGD", replay<nn::SGD>},
          {"optim.Adam", replay<nn::Adam>},
          {"optim.AdamW", replay<nn::AdamW>},
          {"optim.RMSprop", replay<nn::RMSprop>}};
}

}  // namespace gradian::opinfo
