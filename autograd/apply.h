// What an op is, and apply(), which runs one. An op is a struct of four members:
//
//   name      what errors and the graph call it
//   forward   its value, by a kernel on Tensors: it can neither record nor cut the graph
//   backward  one gradient per input, written in Variables: the rule is made of ops too, so it can
//             be recorded and differentiated again, and no order needs code of its own
//   cases     the points at which the rule is proved
//
// Most functions are composites, written with other ops, and are no op. Where a profile shows that
// the passes over memory of one cost too much, it becomes a fused op, which has a fifth member:
//
//   composite the function of the inputs that the op stands for: its definition
//
// Its forward and backward are kernels, in fewer passes. While gradients are recorded themselves,
// for higher orders, the composite is differentiated in place of backward. The proof holds the two
// against each other.
//
// An op with settings, such as an axis, can tell them in another member, attributes().
//
// To add an op:
//   1. ops.h: declare the public function, with its formula and shapes.
//   2. all_ops.h: add the op's name to its family's list.
//   3. ops/<family>.cpp: write the struct and the function `return apply(ops::MyOp{}, x);`.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>

#include "autograd/all_ops.h"
#include "autograd/anomaly.h"
#include "autograd/node.h"
#include "tensor/profile.h"

namespace gradian {

template <class Op>
concept DifferentiableOp = requires(const Op op, const Context& context, const Variable& grad) {
  { Op::name } -> std::convertible_to<const char*>;
  { op.backward(context, grad) } -> std::same_as<Gradients>;
  { Op::cases() } -> std::same_as<std::vector<GradCase>>;
};

template <class Op>
concept FusedOp = DifferentiableOp<Op> && requires(const Op op, const Inputs& inputs) {
  { op.composite(inputs) } -> std::same_as<Variable>;
};

// The gradients of `composite`, a function of the inputs of `context`, recorded.
Gradients composite_gradients(const Context& context, const Variable& grad,
                              const Function& composite);

template <DifferentiableOp Op>
Gradients gradients_of(const Op& op, const Context& context, const Variable& grad) {
  if constexpr (FusedOp<Op>)
    if (grad_enabled())
      return composite_gradients(context, grad, [&](const Inputs& in) { return op.composite(in); });
  return op.backward(context, grad);
}

template <DifferentiableOp Op>
struct OpNode final : Node {
  OpNode(Op applied, Inputs inputs, Tensor output)
      : Node(std::move(inputs), std::move(output)), op(std::move(applied)) {}
  const char* name() const override { return Op::name; }
  Gradients backward(const Context& context, const Variable& grad) const override {
    return gradients_of(*op, context, grad);
  }
  Attributes attributes() const override {
    if constexpr (requires { op->attributes(); })
      if (op) return op->attributes();
    return {};
  }
  void release() override {
    op.reset();
    Node::release();
  }
  std::optional<Op> op;
};

// Wraps `output`, which op.forward computed from `inputs`, and records that it did so if one of
// them needs a gradient.
template <DifferentiableOp Op>
Variable record(const Op& op, Inputs inputs, Tensor output) {
  static_assert(AllOps::contains<Op>, "add the op to its file's list in autograd/all_ops.h");
  if (DetectAnomaly::enabled()) [[unlikely]]
    check_output(Op::name, inputs, output);
  if (!grad_enabled() || std::ranges::none_of(inputs, &Variable::requires_grad))
    return Variable(std::move(output));
  auto node = std::make_shared<OpNode<Op>>(op, std::move(inputs), output);
  return Variable::recorded(std::move(output), std::move(node));
}

// An input is a Variable or, like an index or a mask, a Tensor, into which no gradient flows. The
// node keeps both, so that the engine notices when one changes between forward and backward.
inline const Tensor& value_of(const Variable& input) { return input.value(); }
inline const Tensor& value_of(const Tensor& input) { return check_defined(input); }
inline bool needs_grad(const Variable& input) { return input.requires_grad(); }
inline bool needs_grad(const Tensor&) { return false; }

template <DifferentiableOp Op, class... In>
Variable apply(const Op& op, const In&... inputs) {
  const Calling calling(Op::name);
  const Span span(Op::name, Phase::forward);
  Tensor output = op.forward(value_of(inputs)...);
  // The common case without a list of inputs, which record() would need.
  const bool needed = grad_enabled() && (needs_grad(inputs) || ...);
  if (!needed && !DetectAnomaly::enabled()) return Variable(std::move(output));
  return record(op, {Variable(inputs)...}, std::move(output));
}

template <class... Ops>
std::vector<OpCases> cases_of(OpList<Ops...>) {
  return {OpCases{Ops::name, Ops::cases()}...};
}

}  // namespace gradian
