// A function with a backward rule given on the spot, for tests that need a wrong one: apply()
// accepts only the ops of the library, and those are right.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "autograd/node.h"

namespace gradian::proof {

using Rule = std::function<Gradients(const Context&, const Variable&)>;

struct CustomNode final : Node {
  CustomNode(std::string name, std::vector<Variable> inputs, Tensor output, Rule rule)
      : Node(std::move(inputs), std::move(output)),
        name_(std::move(name)),
        rule_(std::move(rule)) {}
  const char* name() const override { return name_.c_str(); }
  Gradients backward(const Context& context, const Variable& grad) const override {
    return rule_(context, grad);
  }

 private:
  std::string name_;
  Rule rule_;
};

// `value`, recorded as made from `inputs` by a function of that name with that rule.
inline Variable with_rule(const std::string& name, const std::vector<Variable>& inputs,
                          const Tensor& value, Rule rule) {
  bool any = false;
  for (const Variable& input : inputs) any = any || input.requires_grad();
  if (!grad_enabled() || !any) return Variable(value);
  return Variable::recorded(value,
                            std::make_shared<CustomNode>(name, inputs, value, std::move(rule)));
}

}  // namespace gradian::proof
