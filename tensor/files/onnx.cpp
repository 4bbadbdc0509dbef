// The numbers of fields and of types are those of github.com/onnx/onnx, onnx/onnx.proto3.
#include "tensor/files/onnx.h"

#include "tensor/files/elements.h"

namespace gradian::files {
namespace {

// Of 2020, read by ONNX Runtime from 1.6 on. What nn/onnx/ writes is in it.
constexpr int64_t kOperatorSet = 13, kFormatVersion = 7;

constexpr int64_t kInteger = 7, kBool = 9;  // TensorProto.DataType
int64_t type_number(DType dtype) {
  return dtype == DType::float32 ? 1 : dtype == DType::float64 ? 11 : kInteger;
}

// AttributeProto
Message attribute(const OnnxSetting& setting) {
  Message message;
  message.text(1, setting.name);
  if (const auto* integer = std::get_if<int64_t>(&setting.value))
    return message.number(3, *integer).number(20, 2);
  return message.numbers(8, std::get<std::vector<int64_t>>(setting.value)).number(20, 7);
}

// TensorProto
Message tensor(const std::string& name, const Tensor& value, bool mask) {
  Message message;
  message.numbers(1, {value.shape().begin(), value.shape().end()});
  message.number(2, mask ? kBool : type_number(value.dtype())).text(8, name);
  if (!mask) return message.array(9, value);
  std::string bytes;  // one a value
  for (const double element : value.to_vector<double>()) bytes.push_back(element != 0);
  return message.text(9, bytes);
}

// ValueInfoProto, with TypeProto and TensorShapeProto
Message described(const char* name, const OnnxArray& array) {
  Message shape;
  for (const int64_t size : array.sizes) {
    Message dimension;
    if (size == OnnxArray::kBatch) dimension.text(2, "batch");
    if (size >= 0) dimension.number(1, size);
    shape.message(1, dimension);
  }
  Message type, any_type, info;
  type.number(1, type_number(array.dtype)).message(2, shape);
  any_type.message(1, type);
  return info.text(1, name).message(2, any_type);
}

}  // namespace

std::string OnnxModel::unused(const std::string& name) {
  std::string result = name;
  for (int i = 1; !used_.insert(result).second; ++i) result = text(name, '_', i);
  return result;
}

std::string OnnxModel::add_node(const std::string& name, const char* type,
                                const std::vector<std::string>& inputs,
                                const OnnxSettings& settings) {
  nodes_.push_back({unused(name), type, inputs, settings});
  return nodes_.back().name;
}

std::string OnnxModel::add(const Tensor& given, bool mask) {
  const Tensor value = given.contiguous();
  for (const Constant& other : constants_)
    if (other.mask == mask && other.value.shape() == value.shape() &&
        bytes_of(other.value).data() == bytes_of(value).data())
      return other.name;
  std::string name = "constant";
  for (const auto& [known, tensor] : named_)
    if (tensor.stamp().storage == given.stamp().storage && tensor.numel() == given.numel())
      name = known;
  constants_.push_back({unused(name), value, mask});
  return constants_.back().name;
}

Message OnnxModel::message(const OnnxArray& input, const OnnxArray& output) const {
  Message graph;
  for (const Node& each : nodes_) {
    Message node;
    for (const std::string& name : each.inputs) node.text(1, name);
    node.text(2, &each == &nodes_.back() ? "output" : each.name);
    node.text(3, each.name).text(4, each.type);
    for (const OnnxSetting& setting : each.settings) node.message(5, attribute(setting));
    graph.message(1, node);
  }
  graph.text(2, "network");
  for (const auto& [name, value, mask] : constants_) graph.message(5, tensor(name, value, mask));
  graph.message(11, described("input", input));
  graph.message(12, described("output", output));
  Message operators, model;
  operators.text(1, "").number(2, kOperatorSet);
  return model.number(1, kFormatVersion)
      .text(2, "gradian")
      .message(8, operators)
      .message(7, std::move(graph));
}

}  // namespace gradian::files
