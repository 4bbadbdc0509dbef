#include "nn/onnx/trace.h"

#include <unordered_map>

#include "tensor/files/elements.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::nn::onnx {
namespace {

// One run, and the nodes in it that depend on the input, in the order in which they were made.
struct Run {
  Variable input, output;
  std::vector<std::shared_ptr<Node>> nodes;
  std::unordered_map<const Node*, int> numbers;

  Run(Module& network, const Tensor& x) : input(x, true) {
    const GradMode recording(true);
    output = network(input);
    check(output.defined(), "the network returned an undefined variable");
    check(output.id() != input.id(), "the network returned its input: there is nothing to write");
    for (const auto& node : reachable_nodes({output}))
      for (const Variable& operand : node->inputs)
        if (source(operand) != kConstant) {
          numbers.emplace(node.get(), static_cast<int>(nodes.size()));
          nodes.push_back(node);
          break;
        }
    check(source(output) != kConstant, "what the network returned was not computed from its input ",
          "by recorded ops");
  }

  int source(const Variable& variable) const {
    if (variable.id() == input.id()) return kInput;
    const auto found = numbers.find(variable.creator().get());
    return found == numbers.end() ? kConstant : found->second;
  }
};

// One row more than x, and other values.
Tensor another(const Tensor& x) {
  const Tensor rows = concat({x, x.slice(0, 0, 1)}, 0);
  Generator generator;
  return rows + randn(rows.shape(), x.dtype(), 0, 1, generator);
}

// The second run. The network has taken the example, so what fails here does so by the batch.
Run run_on_another(Module& network, const Tensor& example) {
  const Tensor rows = another(example);
  try {
    return Run(network, rows);
  } catch (const Error& error) {
    throw Error(text(error.what(), ", with a batch of ", rows.size(0),
                     " in place of the example's ", example.size(0),
                     "; a file takes batches of every size"));
  }
}

constexpr const char* kFollows =
    " is no constant: it follows the network's input, outside of the recorded graph, as a mask, an "
    "index or a size does";

Operand constant(const Node& node, size_t place, Tensor first, Tensor second) {
  const Sizes sizes{first.shape(), second.shape()};
  // What expand() made repeats itself, and broadcasts as well when it does not.
  const auto repeats = [](const Tensor& x, int axis) {
    return x.strides()[axis] == 0 || x.size(axis) == 1;
  };
  for (int axis = 0; axis < first.dim() && first.dim() == second.dim(); ++axis)
    if (sizes.varies(axis) && repeats(first, axis) && repeats(second, axis))
      first = first.slice(axis, 0, 1), second = second.slice(axis, 0, 1);
  check(first.shape() == second.shape() && first.dtype() == second.dtype() &&
            files::bytes_of(first.contiguous()) == files::bytes_of(second.contiguous()),
        node.name(), ": its operand ", place, ' ', sizes.first, kFollows);
  return {kConstant, sizes, first};
}

Step step(const Run& a, const Run& b, size_t number) {
  const Node &first = *a.nodes[number], &second = *b.nodes[number];
  const auto check_same = [&](bool same) {
    check(same, "the network does not compute the same for every input: op ", number, " is ",
          first.name(), " for one and ", second.name(), " for another, or of other arrays");
  };
  const Attributes settings = first.attributes(), others = second.attributes();
  check_same(std::string(first.name()) == second.name() && settings.size() == others.size() &&
             first.inputs.size() == second.inputs.size());
  for (size_t i = 0; i < settings.size(); ++i)  // a "shape" is that of the result
    check(settings[i] == others[i] || settings[i].name == "shape", first.name(), ": its ",
          settings[i].name, kFollows);
  Step result{a.nodes[number], {}, {first.output.shape(), second.output.shape()}};
  for (size_t i = 0; i < first.inputs.size(); ++i) {
    const Variable &x = first.inputs[i], &y = second.inputs[i];
    const int source = a.source(x);
    check_same(source == b.source(y));
    result.operands.push_back(source == kConstant ? constant(first, i, x.value(), y.value())
                                                  : Operand{source, {x.shape(), y.shape()}, {}});
  }
  check_same(result.sizes.first.size() == result.sizes.second.size());
  return result;
}

}  // namespace

Trace trace(Module& network, const Tensor& example) {
  check_defined(example);
  check(is_floating(example.dtype()), "expected a float32 or float64 example, as gradients tell ",
        "what depends on it, got ", example.dtype());
  check(example.dim() > 0 && example.numel() > 0,
        "expected an example [batch, ...] with a row at least, got ", example.shape());
  const EvalMode evaluation(network);
  const Run a(network, example), b = run_on_another(network, example);
  Trace result{{a.input.shape(), b.input.shape()}, {}};
  const size_t count = std::min(a.nodes.size(), b.nodes.size());
  for (size_t i = 0; i < count; ++i) result.steps.push_back(step(a, b, i));
  check(a.nodes.size() == b.nodes.size(), "the network computes ", a.nodes.size(),
        " ops for one input and ", b.nodes.size(), " for another");
  return result;
}

}  // namespace gradian::nn::onnx
