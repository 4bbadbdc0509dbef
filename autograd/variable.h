// Variable: a Tensor that remembers how it was computed. A shared handle to
// {value, requires_grad, grad, creator node}: a const one reaches the same state and may set it, as
// a const pointer may. It does no arithmetic: see autograd/ops.h.
//
// Threads: any number of them may compute with the same variables and run backward() into the same
// leaves, and no gradient is lost. A recorded result that they share may be differentiated by
// several at once only if each of them keeps the graph (retain_graph). The setters, and so
// optimisers, want the variable for themselves; set_grad does not.
#pragma once

#include <concepts>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace gradian {

struct Node;

class Variable {
 public:
  // An undefined variable: stands for "no gradient".
  Variable() = default;

  // A leaf on the memory of `value`, which is not copied. requires_grad needs a floating dtype.
  // Conversion is explicit on purpose: kernels take Tensors and so can neither record nor cut a
  // graph.
  explicit Variable(Tensor value, bool requires_grad = false);

  // The result of a recorded op (for the engine).
  static Variable recorded(Tensor value, std::shared_ptr<Node> creator);

  // The same value in an array of its own (for the engine). It takes the handle over, so that the
  // array of one that no one else holds need not be copied.
  Variable owned() &&;

  // A layer hands out its parameters as const: another variable in the place of one would be
  // unknown to its optimiser.
  template <std::same_as<Variable> Other>
  void operator=(const Other&) const = delete;  // set_value(), or Module::replace_parameter()

  bool defined() const { return state_ != nullptr; }
  // A temporary hands out a handle, so that what relu(x).value() is bound to outlives the variable.
  const Tensor& value() const& { return array("value"); }
  Tensor value() const&& { return array("value"); }
  const Shape& shape() const& { return array("shape").shape(); }
  Shape shape() const&& { return array("shape").shape(); }
  DType dtype() const { return array("dtype").dtype(); }
  int dim() const { return array("dim").dim(); }
  int64_t size(int axis) const { return array("size").size(axis); }
  int64_t numel() const { return array("numel").numel(); }
  double item() const { return array("item").item(); }

  // True for leaves that were made so and for everything computed from them while recording.
  bool requires_grad() const;
  void set_requires_grad(bool requires_grad) const;  // leaves only
  const std::shared_ptr<Node>& creator() const&;
  std::shared_ptr<Node> creator() const&& { return creator(); }

  // What backward() accumulated; undefined before. Only leaves get one. Its array is contiguous and
  // belongs to this variable alone: what is set is copied if anything else refers to it.
  Variable grad() const;
  void set_grad(Variable grad) const;  // of the variable's shape and dtype
  void zero_grad() const {
    const Calling calling("zero_grad");
    set_grad({});
  }

  // Replaces the value of a leaf by one of the same shape and dtype, copied if anything else refers
  // to it: for initialisation and loading.
  void set_value(Tensor value) const;
  // Converts the value of a leaf and drops its gradient: for Module::to.
  void set_dtype(DType dtype) const;

  // The same value without history; gradients do not flow through it.
  Variable detach() const { return Variable(array("detach")); }

  // Runs the engine from this one-element variable and adds to the grad() of every leaf that it
  // was computed from. The graph is freed unless `retain_graph`.
  void backward(bool retain_graph = false) const { backward(Variable(), retain_graph); }
  // The same from a variable of any shape: differentiates sum(grad_output * *this).
  void backward(const Variable& grad_output, bool retain_graph = false) const;
  template <class T>
  void backward(T) const = delete;  // a number or a pointer would pass for retain_graph

  // One identity per variable: handles are equal when they share their state.
  const void* id() const { return state_.get(); }
  bool is_unique() const { return state_.use_count() == 1; }

 private:
  const Tensor& array(const char* asked) const;
  void add_to_grad(Variable gradient) const;
  void check_leaf() const;  // in node.cpp, as the creator is named

  struct State;
  // Fails if the variable is undefined; `asked` is what errors name outside of other functions.
  State& state(const char* asked) const;
  std::shared_ptr<State> state_;
};

// The value, and where gradients flow: "[1, 2]  float64 [2]  requires_grad", or "grad_fn add" for
// what add() has made.
std::ostream& operator<<(std::ostream& out, const Variable& variable);

struct NamedVariable {
  std::string name;
  Variable variable;
};

// Gradients of sum(outputs[i] * grad_outputs[i]) with respect to `inputs`, in their order; nothing
// is accumulated in grad(). An undefined result means that the outputs do not depend on that input.
// grad_outputs may be left out for one-element outputs. Each result's array is contiguous and its
// own. With create_graph the results are recorded and can be differentiated again; the graph is
// then kept, as it is with retain_graph, and they may share their arrays with each other and with
// grad_outputs.
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
