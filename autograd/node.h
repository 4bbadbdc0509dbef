// Node: one recorded application of an op. The graph is nodes that hold their inputs; a node holds
// its output as a bare Tensor, so there is no cycle of references.
#pragma once

#include <concepts>
#include <memory>
#include <ranges>
#include <string>
#include <variant>
#include <vector>

#include "autograd/variable.h"
#include "tensor/conv/geometry.h"

namespace gradian {

// One gradient per input; an undefined one means zero.
using Gradients = std::vector<Variable>;

struct Node;

// A setting of an op, by its name: whole numbers or one number, as in {"axis", 1},
// {"stride", options.stride}, {"eps", 1e-5}.
struct Attribute {
  Attribute(const char* name, std::integral auto number)
      : name(name), value(std::vector<int64_t>{number}) {}
  Attribute(const char* name, std::floating_point auto number)
      : name(name), value(double{number}) {}
  Attribute(const char* name, const Pair& pair)
      : name(name), value(std::vector{pair.height, pair.width}) {}
  Attribute(const char* name, const std::ranges::range auto& numbers)
      : name(name), value(std::vector<int64_t>(numbers.begin(), numbers.end())) {}
  bool operator==(const Attribute&) const = default;

  std::string name;
  std::variant<std::vector<int64_t>, double> value;
};
using Attributes = std::vector<Attribute>;

// What a backward rule may look at.
class Context {
 public:
  Context(const Node& node, Variable output, std::vector<bool> needs)
      : node_(node), output_(std::move(output)), needs_(std::move(needs)) {}

  const Variable& input(size_t i) const;
  size_t input_count() const { return needs_.size(); }
  const Variable& output() const { return output_; }
  // False when no one asks for the gradient of input i: the rule may leave it undefined.
  bool needs(size_t i) const { return needs_[i]; }

 private:
  const Node& node_;
  Variable output_;
  std::vector<bool> needs_;
};

struct Node {
  Node(std::vector<Variable> inputs, Tensor output);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  virtual const char* name() const = 0;
  virtual Gradients backward(const Context& context, const Variable& grad) const = 0;
  // The op's settings as it was called with them, for what draws or exports a graph; none once the
  // node is released.
  virtual Attributes attributes() const { return {}; }

  // Drops inputs, output and what the op keeps. Backward does so as it passes, unless the graph is
  // to be kept.
  virtual void release();
  // Fails when the node was released or a saved array was written to since it was recorded.
  void check_usable() const;

  std::vector<Variable> inputs;
  Tensor output;
  uint64_t sequence;  // order of creation: greater than that of every input's creator
  bool released = false;

 private:
  std::vector<Tensor::Stamp> input_stamps_;
  Tensor::Stamp output_stamp_;
};

// Every node that `outputs` were computed from, oldest first.
std::vector<std::shared_ptr<Node>> reachable_nodes(const std::vector<Variable>& outputs);

// The leaves that require grad and that `output` was computed from; itself, if it is one.
std::vector<Variable> leaves_of(const Variable& output);

// The names of the ops in the graph that `output` was computed by, sorted. For tests and tools.
std::vector<std::string> recorded_ops(const Variable& output);

}  // namespace gradian
