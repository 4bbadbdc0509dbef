// An ONNX model as it is put together: its nodes, its constants and their names. It knows how a
// file holds these, and nothing of what they compute. (What Gradian's ops are there: nn/onnx/.)
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/files/protobuf.h"

namespace gradian::files {

// An attribute of a node.
struct OnnxSetting {
  const char* name;
  std::variant<int64_t, std::vector<int64_t>> value;
};
using OnnxSettings = std::vector<OnnxSetting>;

// The input or the output.
struct OnnxArray {
  static constexpr int64_t kBatch = -1, kAny = -2;  // among the sizes
  DType dtype;
  Shape sizes;
};

class OnnxModel {
 public:
  // Constants on the memory of one of these have its name, in whatever shape.
  explicit OnnxModel(std::map<std::string, Tensor> named) : named_(std::move(named)) {}

  // Each returns the name of the array that it adds, which begins with `name`. The network's input
  // is called "input".
  std::string add_node(const std::string& name, const char* type,
                       const std::vector<std::string>& inputs, const OnnxSettings& settings);
  std::string add_constant(const Tensor& value) { return add(value, false); }
  std::string add_mask(const Tensor& condition) { return add(condition, true); }  // where not 0

  // The whole file. The last node's result is the network's, "output".
  Message message(const OnnxArray& input, const OnnxArray& output) const;

 private:
  struct Node {
    std::string name;
    const char* type;
    std::vector<std::string> inputs;
    OnnxSettings settings;
  };
  struct Constant {
    std::string name;
    Tensor value;
    bool mask;
  };
  std::string unused(const std::string& name);
  std::string add(const Tensor& value, bool mask);

  std::map<std::string, Tensor> named_;
  std::vector<Node> nodes_;
  std::vector<Constant> constants_;
  std::set<std::string> used_{"input", "output"};
};

}  // namespace gradian::files
