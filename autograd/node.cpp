// The recorded graph: what a node keeps, how it is let go of, and walks over it that compute
// nothing.
#include "autograd/node.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <unordered_set>
#include <utility>

namespace gradian {
namespace {

std::atomic<uint64_t> next_sequence{0};
std::atomic<int64_t> nodes_alive{0};

}  // namespace

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
  std::vector<Variable> dropped = std::exchange(inputs, {});
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

std::vector<std::shared_ptr<Node>> reachable_nodes(const std::vector<Variable>& outputs) {
  std::vector<std::shared_ptr<Node>> nodes;
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

void Variable::check_leaf() const {
  if (creator())
    fail("only a leaf can be set, not the result of ", creator()->name(), "; detach() first");
}

std::ostream& operator<<(std::ostream& out, const Variable& variable) {
  if (!variable.defined()) return out << "undefined variable";
  out << variable.value();
  if (variable.creator()) return out << "  grad_fn " << variable.creator()->name();
  return variable.requires_grad() ? out << "  requires_grad" : out;
}

}  // namespace gradian
