#include "tests/nn/onnx_reader.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "autograd/ops.h"

namespace gradian::test {
namespace {

using Integers = std::vector<int64_t>;
using Attributes = std::map<std::string, Integers>;

int64_t read_varint(std::string_view& rest) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    check(!rest.empty(), "onnx: truncated");
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return static_cast<int64_t>(value);
  }
  fail("onnx: a number of more than ten bytes");
}

Integers packed(std::string_view bytes) {
  Integers values;
  while (!bytes.empty()) values.push_back(read_varint(bytes));
  return values;
}

template <class T>
Tensor tensor_of(const std::string_view bytes, const Integers& shape) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return Tensor::from(values, Shape(shape));
}

OnnxNode read_node(std::string_view message) {
  OnnxNode node;
  for (const auto& [number, value, bytes] : protobuf_fields(message)) switch (number) {
      case 1:
        node.inputs.emplace_back(bytes);
        break;
      case 2:
        node.output = bytes;
        break;
      case 3:
        break;  // a name for people
      case 4:
        node.type = bytes;
        break;
      case 5: {
        std::string name;
        Integers values;
        int64_t type = 0;
        for (const auto& field : protobuf_fields(bytes)) {
          if (field.number == 1) name = field.bytes;
          if (field.number == 3) values = {field.value};
          if (field.number == 8) values = packed(field.bytes);
          if (field.number == 20) type = field.value;
        }
        check(type == 2 || type == 7, "onnx: attribute ", name, " of type ", type);
        node.attributes[name] = values;
        break;
      }
      default:
        fail("onnx: a node has field ", number);
    }
  return node;
}

std::pair<std::string, Tensor> read_tensor(std::string_view message) {
  Integers shape;
  std::string name;
  std::string_view raw;
  int64_t type = 0;
  for (const auto& field : protobuf_fields(message)) {
    if (field.number == 1) shape = packed(field.bytes);
    if (field.number == 2) type = field.value;
    if (field.number == 8) name = field.bytes;
    if (field.number == 9) raw = field.bytes;
  }
  if (type == 1) return {name, tensor_of<float>(raw, shape)};
  if (type == 7) return {name, tensor_of<int64_t>(raw, shape)};
  if (type == 9) return {name, tensor_of<char>(raw, shape)};
  check(type == 11, "onnx: tensor ", name, " of type ", type);
  return {name, tensor_of<double>(raw, shape)};
}

// The bytes of the field of this number, which is there once.
std::string_view only(std::string_view message, int number) {
  std::vector<std::string_view> found;
  for (const auto& field : protobuf_fields(message))
    if (field.number == number) found.push_back(field.bytes);
  check(found.size() == 1, "onnx: ", found.size(), " fields ", number);
  return found[0];
}

std::vector<std::string> read_sizes(std::string_view info) {
  std::vector<std::string> sizes;
  for (const auto& dimension : protobuf_fields(only(only(only(info, 2), 1), 2))) {
    sizes.emplace_back("?");
    for (const auto& field : protobuf_fields(dimension.bytes))
      sizes.back() = field.number == 1 ? std::to_string(field.value) : std::string(field.bytes);
  }
  return sizes;
}

// A node as it is computed.
struct Call {
  std::vector<Variable> in;  // undefined where one is left out
  Attributes attributes;

  Integers at(const std::string& name) const {
    check(attributes.contains(name), "onnx: no attribute ", name);
    return attributes.at(name);
  }
  Integers list(size_t i) const { return in[i].value().to_vector<int64_t>(); }
  const Tensor& value(size_t i) const { return in[i].value(); }
};

Variable conv(const Call& c) {
  const Integers strides = c.at("strides"), pads = c.at("pads"), dilations = c.at("dilations");
  check(pads[0] == pads[2] && pads[1] == pads[3], "onnx: pads of Conv");
  return conv2d(c.in[0], c.in[1], c.in.size() > 2 ? c.in[2] : Variable(),
                {.stride = {strides[0], strides[1]},
                 .padding = {pads[0], pads[1]},
                 .dilation = {dilations[0], dilations[1]},
                 .groups = c.at("group")[0]});
}

Variable max_pool(const Call& c) {
  const Integers kernel = c.at("kernel_shape"), strides = c.at("strides"), pads = c.at("pads"),
                 dilations = c.at("dilations");
  const Variable padded = pad(c.in[0], {pads[1], pads[3], pads[0], pads[2]}, -HUGE_VAL);
  return max_pool2d(padded, {.kernel = {kernel[0], kernel[1]},
                             .stride = {strides[0], strides[1]},
                             .dilation = {dilations[0], dilations[1]}});
}

Variable reshaped(const Call& c) {
  Integers shape = c.list(1);
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 0) shape[i] = c.in[0].size(static_cast<int>(i));
  return reshape(c.in[0], Shape(shape));
}

Variable padded(const Call& c) {
  const Integers pads = c.list(1);
  Shape from_last;
  const int axes = c.in[0].dim();
  for (int axis = axes - 1; axis >= 0; --axis) {
    from_last.push_back(pads[static_cast<size_t>(axis)]);
    from_last.push_back(pads[static_cast<size_t>(axis + axes)]);
  }
  return pad(c.in[0], from_last);
}

Variable clip(const Call& c) {
  Variable y = c.in[0];
  if (c.in[1].defined()) y = maximum(y, c.in[1]);
  return c.in[2].defined() ? minimum(y, c.in[2]) : y;
}

Variable gemm(const Call& c) {
  check(c.at("transB") == Integers{1}, "onnx: transB");
  const Variable product = matmul(c.in[0], transpose(c.in[1], 0, 1));
  return c.in.size() > 2 ? product + c.in[2] : product;
}

using Run = std::function<Variable(const Call&)>;
Run of_one(Variable (*f)(const Variable&)) {
  return [f](const Call& c) { return f(c.in.at(0)); };
}
Run of_two(Variable (*f)(VariableOrNumber, VariableOrNumber)) {
  return [f](const Call& c) { return f(c.in.at(0), c.in.at(1)); };
}

const std::map<std::string, Run>& operators() {
  static const std::map<std::string, Run> all{
      {"Abs", of_one(abs)},
      {"Acos", of_one(acos)},
      {"Add", of_two(add)},
      {"Clip", clip},
      {"Concat", [](const Call& c) { return concat(c.in, static_cast<int>(c.at("axis")[0])); }},
      {"Conv", conv},
      {"Cos", of_one(cos)},
      {"CumSum", [](const Call& c) { return cumsum(c.in[0], static_cast<int>(c.list(1)[0])); }},
      {"Div", of_two(div)},
      {"Erf", of_one(erf)},
      {"Exp", of_one(exp)},
      {"Expand",
       [](const Call& c) {
         return expand(c.in[0], broadcast_shapes(c.in[0].shape(), Shape(c.list(1))));
       }},
      {"Gather",
       [](const Call& c) {
         return index_select(c.in[0], static_cast<int>(c.at("axis")[0]), c.value(1));
       }},
      {"GatherElements",
       [](const Call& c) {
         return gather(c.in[0], static_cast<int>(c.at("axis")[0]), c.value(1));
       }},
      {"Gemm", gemm},
      {"Log", of_one(log)},
      {"LogSoftmax",
       [](const Call& c) { return log_softmax(c.in[0], static_cast<int>(c.at("axis")[0])); }},
      {"MatMul", [](const Call& c) { return matmul(c.in[0], c.in[1]); }},
      {"Max", of_two(maximum)},
      {"MaxPool", max_pool},
      {"Min", of_two(minimum)},
      {"Mul", of_two(mul)},
      {"PRelu", [](const Call& c) { return where(c.in[0] > 0, c.in[0], c.in[0] * c.in[1]); }},
      {"Pad", padded},
      {"Pow", of_two(pow)},
      {"ReduceSum",
       [](const Call& c) {
         return sum(c.in[0], c.in.size() > 1 ? Axes(c.list(1)) : Axes(), c.at("keepdims")[0] != 0);
       }},
      {"Relu", of_one(relu)},
      {"Reshape", reshaped},
      {"Sigmoid", of_one(sigmoid)},
      {"Sin", of_one(sin)},
      {"Slice",
       [](const Call& c) {
         return slice(c.in[0], static_cast<int>(c.list(3).at(0)), c.list(1).at(0), c.list(2).at(0),
                      c.list(4).at(0));
       }},
      {"Softplus", of_one(softplus)},
      {"Sqrt", of_one(sqrt)},
      {"Sub", of_two(sub)},
      {"Tanh", of_one(tanh)},
      {"Transpose", [](const Call& c) { return permute(c.in[0], Axes(c.at("perm"))); }},
      {"Where", [](const Call& c) { return where(c.value(0), c.in[1], c.in[2]); }}};
  return all;
}

}  // namespace

std::vector<ProtobufField> protobuf_fields(std::string_view message) {
  std::vector<ProtobufField> fields;
  while (!message.empty()) {
    const int64_t key = read_varint(message), value = read_varint(message);
    check(key % 8 == 0 || key % 8 == 2, "onnx: a field of wire type ", key % 8);
    fields.push_back({static_cast<int>(key / 8), value, {}});
    if (key % 8 == 0) continue;
    const auto size = static_cast<size_t>(value);
    check(size <= message.size(), "onnx: truncated");
    fields.back().bytes = message.substr(0, size);
    message.remove_prefix(size);
  }
  return fields;
}

OnnxFile read_onnx(std::string_view model) {
  OnnxFile file;
  for (const auto& [number, value, bytes] : protobuf_fields(only(model, 7))) switch (number) {
      case 1:
        file.nodes.push_back(read_node(bytes));
        break;
      case 2:
        break;  // the graph's name
      case 5:
        check(file.constants.insert(read_tensor(bytes)).second, "onnx: a name twice");
        break;
      case 11:
        file.input_sizes = read_sizes(bytes);
        break;
      case 12:
        file.output_sizes = read_sizes(bytes);
        break;
      default:
        fail("onnx: a graph has field ", number);
    }
  return file;
}

Tensor run_onnx(const OnnxFile& file, const Tensor& input) {
  std::map<std::string, Variable> known{{"", Variable()}, {"input", Variable(input)}};
  for (const auto& [name, value] : file.constants)
    check(known.emplace(name, value).second, "onnx: the name ", name, " twice");
  for (const OnnxNode& node : file.nodes) {
    Call call{{}, node.attributes};
    for (const std::string& name : node.inputs) call.in.push_back(known.at(name));
    const auto run = operators().find(node.type);
    check(run != operators().end(), "onnx: operator ", node.type);
    check(known.emplace(node.output, run->second(call)).second, "onnx: ", node.output, " twice");
  }
  return known.at("output").value();
}

}  // namespace gradian::test
