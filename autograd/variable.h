// Variable: a Tensor that remembers how it was computed. A shared handle to
// {value, requires_grad, grad, creator node}. It does no arithmetic: see autograd/ops.h.
#pragma once

#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace gradian {

struct Node;

class Variable {
 public:
  // An undefined variable: stands for "no gradient".
  Variable() = default;

  // A leaf. requires_grad needs a floating dtype. Conversion is explicit on purpose: kernels take
  // Tensors and so can neither record nor cut a graph.
  explicit Variable(Tensor value, bool requires_grad = false);

  // The result of a recorded op (for the engine).
  static Variable recorded(Tensor value, std::shared_ptr<Node> creator);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  DType dtype() const { return value().dtype(); }
  int dim() const { return value().dim(); }
  int64_t size(int axis) const { return value().size(axis); }
  int64_t numel() const { return value().numel(); }
  double item() const { return value().item(); }

  // True for leaves that were made so and for everything computed from them while recording.
  bool requires_grad() const;
  void set_requires_grad(bool requires_grad);  // leaves only
  const std::shared_ptr<Node>& creator() const;

  // What backward() accumulated; undefined before. Only leaves get one.
  const Variable& grad() const;
  void set_grad(Variable grad);
  void zero_grad() { set_grad({}); }

  // Replaces the value of a leaf: for optimisers, initialisation and Module::to.
  void set_value(Tensor value);

  // The same value without history; gradients do not flow through it.
  Variable detach() const { return Variable(value()); }

  // Runs the engine from this one-element variable and adds to the grad() of every leaf that it
  // was computed from. The graph is freed unless `retain_graph`.
  void backward(bool retain_graph = false) const;

  // One identity per variable: handles are equal when they share their state.
  const void* id() const { return state_.get(); }
  bool is_unique() const { return state_.use_count() == 1; }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Gradients of sum(outputs[i] * grad_outputs[i]) with respect to `inputs`, in their order; nothing
// is accumulated in grad(). An undefined result means that the outputs do not depend on that input.
// grad_outputs may be left out for one-element outputs. With create_graph the result is recorded
// and can be differentiated again; the graph is then kept, as it is with retain_graph.
std::vector<Variable> grad(const std::vector<Variable>& outputs,
                           const std::vector<Variable>& inputs,
                           const std::vector<Variable>& grad_outputs = {},
                           bool create_graph = false, bool retain_graph = false);

// Recording is on by default, per thread.
bool grad_enabled();

// While one of these lives, nothing is recorded in this thread (or everything is, with true).
class GradMode {
 public:
  explicit GradMode(bool enabled);
  ~GradMode();
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool previous_;
};

struct NoGrad : GradMode {
  NoGrad() : GradMode(false) {}
};

// Nodes that hold a graph: made by recording, gone when backward frees them or the last Variable
// that leads to them goes.
int64_t live_nodes();

}  // namespace gradian
