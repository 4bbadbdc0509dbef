// The engine: walks the recorded graph from outputs to inputs, newest node first, and adds up
// gradients. Unbroadcasting, checks of shape and dtype, and accumulation happen here and nowhere
// else. Nothing here recurses, so a chain of a million ops is as safe as one of ten.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "autograd/node.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

thread_local bool recording = true;
std::atomic<uint64_t> next_sequence{0};
std::atomic<int64_t> nodes_alive{0};

// Guards the gradients of all variables. It is held while handles are exchanged and never while
// something is computed.
std::mutex gradient_mutex;

using NodePointers = std::vector<std::shared_ptr<Node>>;

// Every node that `outputs` were computed from, oldest first.
NodePointers reachable_nodes(const std::vector<Variable>& outputs) {
  NodePointers nodes;
  std::unordered_set<const Node*> seen;
  const auto visit = [&](const Variable& variable) {
    if (variable.defined() && variable.creator() && seen.insert(variable.creator().get()).second)
      nodes.push_back(variable.creator());
  };
  for (const Variable& output : outputs) visit(output);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::shared_ptr<Node> node = nodes[i];  // `nodes` grows under the loop
    for (const Variable& input : node->inputs) visit(input);
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const auto& a, const auto& b) { return a->sequence < b->sequence; });
  return nodes;
}

// Gradients add up under one key: the node that made a variable, or the leaf itself.
const void* key_of(const Variable& variable) {
  return variable.creator() ? static_cast<const void*>(variable.creator().get()) : variable.id();
}

using GradientSums = std::unordered_map<const void*, Variable>;

void accumulate(GradientSums& sums, const void* key, const Variable& gradient) {
  Variable& sum = sums[key];
  sum = sum.defined() ? sum + gradient : gradient;
}

// Checks what a rule returned for one input and sums it over the axes that were broadcast.
Variable matched_to_input(const Node& node, size_t i, const Variable& gradient) {
  const Variable& input = node.inputs[i];
  check(gradient.dtype() == input.dtype(), node.name(), ": the gradient of input ", i, " is ",
        gradient.dtype(), ", the input is ", input.dtype());
  if (gradient.shape() == input.shape()) return gradient;
  check(broadcasts_to(input.shape(), gradient.shape()), node.name(), ": the gradient of input ", i,
        " has shape ", gradient.shape(), ", the input has ", input.shape());
  return sum_to(gradient, input.shape());
}

Gradients run_rule(const Node& node, const Context& context, const Variable& gradient) {
  Gradients gradients;
  try {
    gradients = node.backward(context, gradient);
  } catch (const Error& error) {
    fail("backward of ", node.name(), ": ", error.what());
  }
  check(gradients.size() == node.inputs.size(), node.name(), ": the rule returned ",
        gradients.size(), " gradients for ", node.inputs.size(), " inputs");
  return gradients;
}

// Sets `sums` to the gradients of every variable whose key is in `targets`, and of all between.
void run(const std::vector<Variable>& outputs, const std::vector<Variable>& grad_outputs,
         const std::unordered_set<const void*>& targets, bool create_graph, bool retain_graph,
         GradientSums& sums) {
  const NodePointers nodes = reachable_nodes(outputs);
  for (const auto& node : nodes) node->check_usable();

  // A node matters when it leads to a target. Inputs are older, so one pass in order decides.
  std::unordered_set<const void*> needed = targets;
  std::vector<std::vector<bool>> needs(nodes.size());
  for (size_t n = 0; n < nodes.size(); ++n) {
    bool any = false;
    for (const Variable& input : nodes[n]->inputs) {
      needs[n].push_back(input.requires_grad() && needed.count(key_of(input)) > 0);
      any = any || needs[n].back();
    }
    if (any) needed.insert(nodes[n].get());
  }

  const GradMode mode(create_graph);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].requires_grad()) accumulate(sums, key_of(outputs[i]), grad_outputs[i]);

  for (size_t n = nodes.size(); n-- > 0;) {
    Node& node = *nodes[n];
    const auto found = sums.find(&node);
    const bool any = std::find(needs[n].begin(), needs[n].end(), true) != needs[n].end();
    if (found != sums.end() && any) {
      const Variable gradient = found->second;
      if (targets.count(&node) == 0) sums.erase(found);  // free memory as the walk passes
      const Variable output =
          create_graph ? Variable::recorded(node.output, nodes[n]) : Variable(node.output);
      const Context context(node, output, needs[n]);
      const Gradients gradients = run_rule(node, context, gradient);
      for (size_t i = 0; i < gradients.size(); ++i)
        if (needs[n][i] && gradients[i].defined())
          accumulate(sums, key_of(node.inputs[i]), matched_to_input(node, i, gradients[i]));
    }
    if (!retain_graph) node.release();
  }
}

// The gradient that the walk starts with at `output`: `grad_output`, or 1 where that is undefined.
// `called` is the user's call, for errors.
Variable first_gradient(const std::string& called, const Variable& output,
                        const Variable& grad_output) {
  check(output.defined(), called, " is undefined");
  if (!grad_output.defined()) {
    check(output.numel() == 1, called, " is ", describe(output.value()),
          " and needs a grad_output; only one-element outputs may leave it out");
    return Variable(Tensor::ones(output.shape(), output.dtype()));
  }
  check(grad_output.shape() == output.shape() && grad_output.dtype() == output.dtype(), called,
        " is ", describe(output.value()), " but its grad_output is ",
        describe(grad_output.value()));
  return grad_output;
}

// Gives a gradient an array of its own. It takes the handle over, so that the array of one that no
// one else holds need not be copied.
Variable owned(Variable gradient) {
  Tensor value = gradient.value();
  gradient = Variable();
  return Variable(std::move(value).owned());
}

}  // namespace

struct Variable::State {
  Tensor value;
  bool requires_grad = false;
  Variable grad;
  std::shared_ptr<Node> creator;
};

Variable::Variable(Tensor value, bool requires_grad) : state_(std::make_shared<State>()) {
  check(value.defined(), "Variable: the tensor is undefined");
  state_->value = std::move(value);
  if (requires_grad) set_requires_grad(true);
}

Variable Variable::recorded(Tensor value, std::shared_ptr<Node> creator) {
  Variable variable(std::move(value));
  variable.state_->requires_grad = true;
  variable.state_->creator = std::move(creator);
  return variable;
}

const Tensor& Variable::array() const {
  check(defined(), "Variable: value of an undefined variable");
  return state_->value;
}

bool Variable::requires_grad() const { return defined() && state_->requires_grad; }

void Variable::set_requires_grad(bool requires_grad) const {
  check(!creator(), "set_requires_grad: only a leaf can be set; detach() first");
  check(!requires_grad || is_floating(dtype()), "requires_grad: expected float32 or float64, got ",
        dtype());
  state_->requires_grad = requires_grad;
}

const std::shared_ptr<Node>& Variable::creator() const& {
  check(defined(), "Variable: creator of an undefined variable");
  return state_->creator;
}

Variable Variable::grad() const {
  check(defined(), "Variable: grad of an undefined variable");
  const std::lock_guard lock(gradient_mutex);
  return state_->grad;
}

void Variable::set_grad(Variable grad) const {
  check(defined(), "Variable: set_grad of an undefined variable");
  if (grad.defined()) {
    check(grad.shape() == shape() && grad.dtype() == dtype(), "set_grad: the gradient is ",
          describe(grad.value()), ", the variable ", describe(value()));
    grad = owned(std::move(grad));
  }
  const std::lock_guard lock(gradient_mutex);
  std::swap(state_->grad, grad);
}

// The sum is made without the lock. If another thread has set a gradient meanwhile, it is made
// anew.
void Variable::add_to_grad(Variable gradient) const {
  for (;;) {
    const Variable before = grad();
    if (!before.defined()) gradient = owned(std::move(gradient));
    Variable after = before.defined() ? before + gradient : gradient;
    const std::lock_guard lock(gradient_mutex);
    if (state_->grad.id() != before.id()) continue;
    std::swap(state_->grad, after);
    return;
  }
}

void Variable::set_value(Tensor value) const {
  check(!creator(), "set_value: only a leaf can be set");
  check(value.defined(), "set_value: the tensor is undefined");
  check(value.shape() == shape() && value.dtype() == dtype(), "set_value: the value is ",
        describe(value), ", the variable ", describe(this->value()));
  state_->value = std::move(value).owned();
}

void Variable::set_dtype(DType dtype) const {
  check(!creator(), "set_dtype: only a leaf can be set");
  check(!requires_grad() || is_floating(dtype),
        "set_dtype: a variable that requires grad needs float32 or float64, got ", dtype);
  zero_grad();
  state_->value = state_->value.to(dtype);
}

void Variable::backward(const Variable& grad_output, bool retain_graph) const {
  check(defined(), "backward: the variable is undefined");
  check(requires_grad(), "backward: nothing to differentiate, the variable does not require grad");
  const Variable gradient = first_gradient("backward: the variable", *this, grad_output);
  std::unordered_set<const void*> targets;
  const std::vector<Variable> leaves = leaves_of(*this);
  for (const Variable& leaf : leaves) targets.insert(leaf.id());

  GradientSums sums;
  run({*this}, {gradient}, targets, false, retain_graph, sums);
  const NoGrad no_grad;
  for (const Variable& leaf : leaves) {
    const auto found = sums.find(leaf.id());
    if (found != sums.end()) leaf.add_to_grad(std::move(found->second));
  }
}

std::vector<Variable> grad(const std::vector<Variable>& outputs,
                           const std::vector<Variable>& inputs,
                           const std::vector<Variable>& grad_outputs, bool create_graph,
                           bool retain_graph) {
  check(grad_outputs.empty() || grad_outputs.size() == outputs.size(), "grad: ", outputs.size(),
        " outputs but ", grad_outputs.size(), " grad_outputs");
  std::vector<Variable> gradients;
  for (size_t i = 0; i < outputs.size(); ++i)
    gradients.push_back(first_gradient(text("grad: output ", i), outputs[i],
                                       grad_outputs.empty() ? Variable() : grad_outputs[i]));
  std::unordered_set<const void*> targets;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].defined(), "grad: input ", i, " is undefined");
    check(inputs[i].requires_grad(), "grad: input ", i, " does not require grad");
    targets.insert(key_of(inputs[i]));
  }
  GradientSums sums;
  run(outputs, gradients, targets, create_graph, retain_graph || create_graph, sums);
  std::vector<Variable> result;
  for (const Variable& input : inputs) {
    const auto found = sums.find(key_of(input));
    result.push_back(found == sums.end() ? Variable() : found->second);
  }
  if (create_graph) return result;
  sums.clear();
  gradients.clear();
  for (Variable& gradient : result)
    if (gradient.defined()) gradient = owned(std::move(gradient));
  return result;
}

bool grad_enabled() { return recording; }
GradMode::GradMode(bool enabled) : previous_(recording) { recording = enabled; }
GradMode::~GradMode() { recording = previous_; }

int64_t live_nodes() { return nodes_alive; }

const Variable& Context::input(size_t i) const { return node_.inputs[i]; }

Node::Node(std::vector<Variable> in, Tensor out)
    : inputs(std::move(in)),
      output(std::move(out)),
      sequence(next_sequence++),
      output_stamp_(output.stamp()) {
  for (const Variable& input : inputs) input_stamps_.push_back(input.value().stamp());
  ++nodes_alive;
}

Node::~Node() { Node::release(); }

void Node::release() {
  if (released) return;
  released = true;
  --nodes_alive;
  output = Tensor();
  // Dropping an input may drop its creator, and that one's inputs, and so on. They hand their
  // inputs to the first of them, whose loop takes the place of that recursion.
  thread_local std::vector<Variable>* pending = nullptr;
  std::vector<Variable> dropped = std::move(inputs);
  inputs.clear();
  if (pending) {
    std::move(dropped.begin(), dropped.end(), std::back_inserter(*pending));
    return;
  }
  pending = &dropped;
  while (!dropped.empty()) {
    const Variable last = std::move(dropped.back());
    dropped.pop_back();
  }
  pending = nullptr;
}

void Node::check_usable() const {
  check(!released, name(),
        ": the graph was freed by an earlier backward; pass retain_graph to keep it");
  check(output.stamp() == output_stamp_, name(),
        ": the output was written to after the forward pass");
  for (size_t i = 0; i < inputs.size(); ++i)
    check(inputs[i].value().stamp() == input_stamps_[i], name(), ": input ", i,
          " was written to after the forward pass");
}

std::vector<Variable> leaves_of(const Variable& output) {
  std::vector<Variable> leaves;
  std::unordered_set<const void*> seen;
  const auto visit = [&](const Variable& variable) {
    if (variable.requires_grad() && !variable.creator() && seen.insert(variable.id()).second)
      leaves.push_back(variable);
  };
  visit(output);
  for (const auto& node : reachable_nodes({output}))
    for (const Variable& input : node->inputs) visit(input);
  return leaves;
}

std::vector<std::string> recorded_ops(const Variable& output) {
  std::set<std::string> names;
  for (const auto& node : reachable_nodes({output})) names.insert(node->name());
  return {names.begin(), names.end()};
}

}  // namespace gradian
