// Protocol buffers and ONNX files, byte by byte. The first are the examples of
// protobuf.dev/programming-guides/encoding.
#include "tensor/files/onnx.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

std::string bytes_of(const files::Message& message) {
  std::string bytes;
  message.write_to([&](std::string_view piece) { bytes += piece; });
  CHECK(static_cast<int64_t>(bytes.size()) == message.size());
  return bytes;
}

// A field of bytes, fewer than 128: its key, their count, and they.
std::string field(int key, const std::string& bytes) {
  return std::string{static_cast<char>(key), static_cast<char>(bytes.size())} + bytes;
}
std::string number(int key, int value) {
  return {static_cast<char>(key), static_cast<char>(value)};
}

}  // namespace

TEST_CASE("protobuf: numbers, texts, lists and messages in messages") {
  using files::Message;
  CHECK(bytes_of(Message().number(1, 150)) == "\x08\x96\x01");
  CHECK(bytes_of(Message().number(1, -1)) == "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  CHECK(bytes_of(Message().text(2, "testing")) == "\x12\x07testing");
  CHECK(bytes_of(Message().numbers(6, {3, 270, 86942})) == "\x32\x06\x03\x8e\x02\x9e\xa7\x05");
  CHECK(bytes_of(Message().message(3, Message().number(1, 150))) == "\x1a\x03\x08\x96\x01");
  CHECK(bytes_of(Message().number(20, 2)) == "\xa0\x01\x02");
}

TEST_CASE("protobuf: an array keeps its place between other fields, however deep it is") {
  const Tensor half = Tensor::from({0.5f});  // 0x3f000000
  files::Message inner, outer;
  inner.text(1, "a").array(9, half).text(2, "b");
  outer.number(1, 1).message(2, inner).number(3, 3);
  const std::string array{'\0', '\0', '\0', '\x3f'};
  CHECK(bytes_of(outer) ==
        number(0x08, 1) + field(0x12, field(0x0a, "a") + field(0x4a, array) + field(0x12, "b")) +
            number(0x18, 3));
}

TEST_CASE("onnx file: a product with a constant, by hand from onnx.proto3") {
  const Tensor two = Tensor::from({2.0f});  // 0x40000000
  files::OnnxModel model({{"w", two}});
  CHECK(model.add_node("mul", "Mul", {"input", model.add_constant(two)}, {{"axis", 1}}) == "mul");
  const files::OnnxArray row{DType::float32, {files::OnnxArray::kBatch, 1}};

  const std::string shape = field(0x0a, field(0x12, "batch")) + field(0x0a, number(0x08, 1));
  const auto array = [&](const std::string& name) {
    const std::string tensor = number(0x08, 1) + field(0x12, shape);  // float32
    return field(0x0a, name) + field(0x12, field(0x0a, tensor));
  };
  const std::string axis = field(0x0a, "axis") + number(0x18, 1) + "\xa0\x01\x02";
  const std::string node = field(0x0a, "input") + field(0x0a, "w") + field(0x12, "output") +
                           field(0x1a, "mul") + field(0x22, "Mul") + field(0x2a, axis);
  const std::string w = field(0x0a, "\x01") + number(0x10, 1) + field(0x42, "w") +
                        field(0x4a, std::string{'\0', '\0', '\0', '\x40'});
  const std::string graph = field(0x0a, node) + field(0x12, "network") + field(0x2a, w) +
                            field(0x5a, array("input")) + field(0x62, array("output"));
  const std::string file = number(0x08, 7) + field(0x12, "gradian") +
                           field(0x42, field(0x0a, "") + number(0x10, 13)) + '\x3a' +
                           static_cast<char>(graph.size() % 128 + 128) + '\x01' + graph;
  CHECK(bytes_of(model.message(row, row)) == file);
}

TEST_CASE("onnx file: names are given once, and a mask is a byte a value") {
  files::OnnxModel model({});
  const Tensor mask = integers({0, 3});
  CHECK(model.add_constant(mask) == "constant");
  CHECK(model.add_mask(mask) == "constant_1");
  CHECK(model.add_mask(mask) == "constant_1");
  CHECK(model.add_node("constant", "Relu", {"input"}, {}) == "constant_2");
  CHECK(model.add_node("output", "Relu", {"input"}, {}) == "output_1");
  const std::string bytes = bytes_of(model.message({DType::float32, {}}, {DType::float32, {}}));
  const std::string written = field(0x0a, "\x02") + number(0x10, 9) + field(0x42, "constant_1") +
                              field(0x4a, std::string{'\0', '\1'});
  CHECK(bytes.find(written) != std::string::npos);
}

}  // namespace gradian::test
