// apply(): runs an op's forward kernel and, while recording, adds a node to the graph.
//
// To add an op:
//   1. ops.h: declare the public function, with its formula and shapes.
//   2. all_ops.h: add the op's name to its family's list.
//   3. ops/<family>.cpp: write the struct (name, forward, backward, cases) and the function
//      `return apply(ops::MyOp{}, x);`.
#pragma once

#include <concepts>
#include <optional>

#include "autograd/all_ops.h"
#include "autograd/node.h"

namespace gradian {

// forward takes Tensors and returns a Tensor; backward returns one gradient per input, written in
// Variable ops so that it can be differentiated again; cases feeds the gradient check.
template <class Op>
concept DifferentiableOp = requires(const Op op, const Context& context, const Variable& grad) {
  { Op::name } -> std::convertible_to<const char*>;
  { op.backward(context, grad) } -> std::same_as<Gradients>;
  { Op::cases() } -> std::same_as<std::vector<GradCase>>;
};

template <DifferentiableOp Op>
struct OpNode final : Node {
  OpNode(Op applied, std::vector<Variable> inputs, Tensor output)
      : Node(std::move(inputs), std::move(output)), op(std::move(applied)) {}
  const char* name() const override { return Op::name; }
  Gradients backward(const Context& context, const Variable& grad) const override {
    return op->backward(context, grad);
  }
  void release() override {
    op.reset();
    Node::release();
  }
  std::optional<Op> op;
};

// Wraps `output`, which op.forward computed from `inputs`.
template <DifferentiableOp Op>
Variable record(const Op& op, std::vector<Variable> inputs, Tensor output) {
  static_assert(AllOps::contains<Op>, "add the op to its file's list in autograd/all_ops.h");
  auto node = std::make_shared<OpNode<Op>>(op, std::move(inputs), output);
  return Variable::recorded(std::move(output), std::move(node));
}

// What the kernels refuse is reported under the op's name.
template <DifferentiableOp Op, std::same_as<Variable>... Inputs>
Variable apply(const Op& op, const Inputs&... inputs) try {
  Tensor output = op.forward(inputs.value()...);
  if (!grad_enabled() || !(inputs.requires_grad() || ...)) return Variable(std::move(output));
  return record(op, {inputs...}, std::move(output));
} catch (const Error& error) {
  fail_as(Op::name, error);
}

// For ops with any number of inputs.
template <DifferentiableOp Op>
Variable apply(const Op& op, const std::vector<Variable>& inputs) try {
  std::vector<Tensor> values;
  bool any = false;
  for (const Variable& input : inputs) {
    values.push_back(input.value());
    any = any || input.requires_grad();
  }
  Tensor output = op.forward(values);
  if (!grad_enabled() || !any) return Variable(std::move(output));
  return record(op, inputs, std::move(output));
} catch (const Error& error) {
  fail_as(Op::name, error);
}

template <class... Ops>
std::vector<OpCases> cases_of(OpList<Ops...>) {
  return {OpCases{Ops::name, Ops::cases()}...};
}

}  // namespace gradian
