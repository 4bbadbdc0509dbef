// The engine: walks the recorded graph from outputs to inputs, newest node first, and adds up
// gradients. Unbroadcasting, checks of shape and dtype, and accumulation happen here and nowhere
// else. Nothing here recurses, so a chain of a million ops is as safe as one of ten.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/anomaly.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/profile.h"

namespace gradian {
namespace {

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

// What the rule returns, in the inputs' shapes; undefined for inputs that need no gradient.
Gradients run_rule(const Node& node, const Context& context, const Variable& gradient) {
  const Span span(node.name(), Phase::backward);
  Gradients gradients;
  // What a rule computes on its way to the gradients is its own affair: it selects from it.
  const DetectAnomaly inside(false);
  try {
    gradients = node.backward(context, gradient);
  } catch (const Error& error) {
    throw Error(text("backward of ", node.name(), ": ", error.what()));  // it has its name
  }
  check(gradients.size() == node.inputs.size(), node.name(), ": the rule returned ",
        gradients.size(), " gradients for ", node.inputs.size(), " inputs");
  for (size_t i = 0; i < gradients.size(); ++i)
    gradients[i] = context.needs(i) && gradients[i].defined()
                       ? matched_to_input(node, i, gradients[i])
                       : Variable();
  if (inside.before()) check_gradients(node, gradient, gradients);
  return gradients;
}

// Sets `sums` to the gradients of every variable whose key is in `targets`, and of all between.
void run(const std::vector<Variable>& outputs, const std::vector<Variable>& grad_outputs,
         const std::unordered_set<const void*>& targets, bool create_graph, bool retain_graph,
         GradientSums& sums) {
  const Span span("engine", Phase::backward);
  const std::vector<std::shared_ptr<Node>> nodes = reachable_nodes(outputs);
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
    if (found != sums.end() && std::ranges::count(needs[n], true) > 0) {
      const Variable gradient = found->second;
      if (targets.count(&node) == 0) sums.erase(found);  // free memory as the walk passes
      const Variable output =
          create_graph ? Variable::recorded(node.output, nodes[n]) : Variable(node.output);
      const Context context(node, output, needs[n]);
      const Gradients gradients = run_rule(node, context, gradient);
      for (size_t i = 0; i < gradients.size(); ++i)
        if (gradients[i].defined()) accumulate(sums, key_of(node.inputs[i]), gradients[i]);
    }
    if (!retain_graph) node.release();
  }
}

// The gradient that the walk starts with at `output`: `grad_output`, or 1 where that is undefined.
// Errors name `function`, as for all arguments: what fails in the walk is of an op. `called` is
// what they call the output, in parts.
template <class... Called>
Variable first_gradient(const char* function, const Variable& output, const Variable& grad_output,
                        const Called&... called) {
  const Calling calling(function);
  check(output.defined(), called..., " is undefined");
  if (!grad_output.defined()) {
    check(output.numel() == 1, called..., " is ", describe(output.value()),
          " and needs a grad_output; only one-element outputs may leave it out");
    return Variable(Tensor::ones(output.shape(), output.dtype()));
  }
  check(grad_output.shape() == output.shape() && grad_output.dtype() == output.dtype(), called...,
        " is ", describe(output.value()), " but its grad_output is ",
        describe(grad_output.value()));
  return grad_output;
}

}  // namespace

void Variable::backward(const Variable& grad_output, bool retain_graph) const {
  check_in("backward", defined(), "the variable is undefined");
  check_in("backward", requires_grad(),
           "nothing to differentiate, the variable does not require grad");
  const Variable gradient = first_gradient("backward", *this, grad_output, "the variable");
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
  std::vector<Variable> gradients;
  std::unordered_set<const void*> targets;
  check_in("grad", grad_outputs.empty() || grad_outputs.size() == outputs.size(), outputs.size(),
           " outputs but ", grad_outputs.size(), " grad_outputs");
  for (size_t i = 0; i < outputs.size(); ++i)
    gradients.push_back(first_gradient(
        "grad", outputs[i], grad_outputs.empty() ? Variable() : grad_outputs[i], "output ", i));
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_in("grad", inputs[i].defined(), "input ", i, " is undefined");
    check_in("grad", inputs[i].requires_grad(), "input ", i, " does not require grad");
    targets.insert(key_of(inputs[i]));
  }
  GradientSums sums;
  run(outputs, gradients, targets, create_graph, retain_graph || create_graph, sums);
  std::vector<Variable> result;
  for (const Variable& input : inputs) result.push_back(sums[key_of(input)]);
  if (create_graph) return result;
  sums.clear();
  gradients.clear();
  for (Variable& gradient : result)
    if (gradient.defined()) gradient = std::move(gradient).owned();
  return result;
}

}  // namespace gradian
