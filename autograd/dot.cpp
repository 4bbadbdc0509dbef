#include "autograd/dot.h"

#include <map>

#include "autograd/node.h"
#include "tensor/files/json.h"

namespace gradian {

std::string to_dot(const Variable& root, const std::vector<NamedVariable>& named) {
  const Calling calling("to_dot");
  check(root.defined(), "the variable is undefined");
  std::map<const void*, std::string> names, ids;  // of variables; of leaves and nodes
  for (const auto& [name, variable] : named) {
    check(variable.defined(), "the variable '", name, "' is undefined");
    names[variable.id()] = name;
  }
  std::string dot = "digraph {\n";
  const auto add = [&](const void* key, const std::string& label, const char* shape) {
    const std::string id = text('n', ids.size());
    ids[key] = id;
    dot += text("  ", id, " [label=", files::json_string(label), ", shape=", shape, "]\n");
  };
  const auto add_leaf = [&](const Variable& x) {
    if (x.creator() || ids.contains(x.id())) return;
    const std::string name = names.contains(x.id()) ? names[x.id()] + '\n' : "";
    const bool is_number = x.numel() == 1 && !x.requires_grad();
    add(x.id(), name + (is_number ? text(x.item()) : text(x.dtype(), ' ', x.shape())),
        x.requires_grad() ? "ellipse" : "ellipse, style=dashed");
  };
  const auto add_arrow = [&](const Variable& x, const std::string& to) {
    const std::string name = x.creator() && names.contains(x.id()) ? names[x.id()] + ' ' : "";
    dot += text("  ", ids[x.creator() ? static_cast<const void*>(x.creator().get()) : x.id()],
                " -> ", to, " [label=", files::json_string(name + text(x.shape())), "]\n");
  };
  for (const auto& node : reachable_nodes({root})) {
    check(!node->released, "backward() has freed the graph; draw it before, or retain_graph");
    for (const Variable& input : node->inputs) add_leaf(input);
    add(node.get(), node->name(), "box");
    for (const Variable& input : node->inputs) add_arrow(input, ids[node.get()]);
  }
  add_leaf(root);
  dot += "  result [shape=plaintext]\n";
  add_arrow(root, "result");
  return dot + "}\n";
}

}  // namespace gradian
