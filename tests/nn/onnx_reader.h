// Reads ONNX models and computes what they say, by the specification of the operators and with
// nothing of the code that writes them. Strict: what it does not know is an error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace gradian::test {

// A field of a protocol buffer: a whole number or bytes.
struct ProtobufField {
  int number;
  int64_t value;
  std::string_view bytes;
};
std::vector<ProtobufField> protobuf_fields(std::string_view message);

struct OnnxNode {
  std::vector<std::string> inputs;
  std::string output, type;
  std::map<std::string, std::vector<int64_t>> attributes;
};

struct OnnxFile {
  std::vector<OnnxNode> nodes;
  std::map<std::string, Tensor> constants;
  std::vector<std::string> input_sizes, output_sizes;  // "batch", "3"
};
OnnxFile read_onnx(std::string_view model);

// "output" for this "input".
Tensor run_onnx(const OnnxFile& file, const Tensor& input);

}  // namespace gradian::test
