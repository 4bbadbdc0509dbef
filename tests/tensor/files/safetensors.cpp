// Files of Python's safetensors, of our own, and broken ones.
#include "tensor/files/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/helpers.h"
#include "tests/special_values.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

// A file: the header's length, the header, and `data_bytes` zero bytes.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + std::string(data_bytes, '\0');
}

TensorFile parsed(const std::string& bytes) {
  const TemporaryFolder folder;
  folder.write("x", bytes);
  return read_safetensors(folder.path() / "x");
}

TEST_CASE("a file of Python's safetensors is read: every dtype, escapes in names, metadata") {
  const TensorFile file =
      read_safetensors(GRADIAN_SOURCE_DIR "/tests/fuzz/corpus/safetensors/python");
  CHECK(file.metadata == Metadata{{"format", "pt"}, {"note", "\u00fc\t\"\\"}});
  CHECK(file.tensors.size() == 12);
  const auto expect = [&](const std::string& name, DType dtype, const Shape& shape,
                          const std::vector<double>& values) {
    CAPTURE(name);
    const Tensor& array = file.tensors.at(name);
    CHECK(array.dtype() == dtype);
    CHECK(array.shape() == shape);
    const std::vector<double> read = array.to_vector<double>();
    REQUIRE(read.size() == values.size());
    for (size_t i = 0; i < read.size(); ++i) {
      CAPTURE(i);
      CHECK((read[i] == values[i] || (std::isnan(read[i]) && std::isnan(values[i]))));
      CHECK(std::signbit(read[i]) == std::signbit(values[i]));
    }
  };
  expect("f64", DType::float64, {2, 1}, {0.1, -2});
  expect("f32", DType::float32, {2}, {1.5, -2});
  expect("f16", DType::float32, {10},
         {0, -0.0, 1, -1.5, 65504, 0x1p-24, -0x1p-14, kInfinity, -kInfinity, kNaN});
  // 3e38 has the 8 binary digits 0xe2 x 2^120.
  expect("bf16", DType::float32, {5}, {1, -0.5, 0xe2 * 0x1p120, kInfinity, kNaN});
  expect("i64", DType::int64, {}, {-0x1p62});
  expect("i32", DType::int64, {2}, {-0x1p31, 7});
  expect("i16", DType::int64, {2}, {-0x1p15, 7});
  expect("i8", DType::int64, {2}, {-128, 7});
  expect("u8", DType::int64, {2}, {255, 7});
  expect("bool", DType::int64, {2}, {1, 0});
  expect("empty", DType::float32, {0, 3}, {});
  expect("a \"name\" \\ of\n\u00fc and \U0001f600", DType::float32, {1}, {0});
}

TEST_CASE("arrays are read whatever the order of the fields and of the arrays") {
  std::string bytes =
      file_of(R"({"n":{"shape":[2],"data_offsets":[8,24],"dtype":"I64"},)"
              R"("e":{"dtype":"F64","shape":[0,3],"data_offsets":[8,8]},"__metadata__":{},)"
              R"("d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}  )",
              0);
  const auto append = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(0.1), append(int64_t{7}), append(int64_t{-8});
  const auto arrays = parsed(bytes).tensors;
  CHECK(arrays.size() == 3);
  CHECK(arrays.at("n").to_vector<int64_t>() == std::vector<int64_t>{7, -8});
  CHECK(arrays.at("d").shape() == Shape{});
  CHECK(arrays.at("d").item() == 0.1);
  CHECK(arrays.at("e").shape() == Shape{0, 3});
  CHECK(parsed(file_of("{}", 0)).tensors.empty());
}

TEST_CASE("what is written is read back bit for bit, views and odd names too") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "deep" / "a.safetensors";
  const Tensor matrix = Tensor::from({{1, 2, 3}, {4, 5, -6}});
  const std::map<std::string, Tensor> tensors{
      {"", Tensor::from({0.1, -0.0, kInfinity})},
      {"transposed", matrix.transpose(0, 1)},
      {"expanded", Tensor::from({1.5f, -2.5f}).expand({3, 2})},
      {"scalar", Tensor::scalar(7, DType::int64)},
      {"none", Tensor::zeros({2, 0})},
      {"\u00fc \"\\\n", Tensor::from({3.0f})}};
  const Metadata metadata{{"format", "pt"}, {"\u20ac", "a\n\"b\"\x01"}};
  write_safetensors(file, tensors, metadata);
  const TensorFile read = read_safetensors(file);
  CHECK(read.metadata == metadata);
  CHECK(read_safetensors_metadata(file) == metadata);
  REQUIRE(read.tensors.size() == tensors.size());
  for (const auto& entry : tensors) {
    CAPTURE(entry.first);
    CHECK(identical(read.tensors.at(entry.first), entry.second));
  }
  write_safetensors(file, {});
  CHECK(read_safetensors(file).tensors.empty());
  CHECK(read_safetensors(file).metadata.empty());
}

TEST_CASE("arrays begin at multiples of their elements, in the file too") {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "x", {{"a", Tensor::from({1.0f})}, {"b", Tensor::from({2.0})}});
  const std::string bytes = folder.read("x");
  const std::string header = R"({"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  const size_t padded = (header.size() + 7) / 8 * 8;
  CHECK(bytes.substr(0, 8 + padded) ==
        file_of(header + std::string(padded - header.size(), ' '), 0));
  CHECK(bytes.size() == 8 + padded + 12);
}

TEST_CASE("a broken file is refused, naming itself, the array, what came and what was expected") {
  const auto array = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  const std::string good = R"("dtype":"F64","shape":[2],"data_offsets":[0,16])";
  CHECK(parsed(file_of(array(good), 16)).tensors.size() == 1);
  const auto of = [&](const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return array(R"("dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
                 offsets);
  };
  struct Row {
    std::string bytes, error;
  };
  const std::string three = ", expected dtype, shape and data_offsets";
  const std::vector<Row> rows = {
      {"1234567", ": has 7 bytes, expected at least 8"},
      {file_of("{}", 0).substr(0, 9), ": its header has 2 bytes, but only 1 follow"},
      {std::string(8, '\xff'),
       ": its header has 18446744073709551615 bytes, expected at most 100000000"},
      {file_of("", 0), ": header byte 0: expected '{', got its end"},
      {file_of("{}x", 0), ": header byte 2: expected its end, got 'x'"},
      {file_of("{}\xff", 0), ": header byte 2: is not UTF-8"},
      {file_of("[]", 0), ": header byte 0: expected '{', got '['"},
      {file_of(array(good), 15),
       ": array \"a\": its data_offsets [0, 16] lie outside the 15 bytes of data"},
      {file_of(array(good), 24),
       ": the arrays end at byte 16 of the data, expected at 24, where the file ends"},
      {file_of("{}", 1),
       ": the arrays end at byte 0 of the data, expected at 1, where the file ends"},
      {file_of(of("U64", "[1]", "[0,8]"), 8),
       ": array \"a\": has the dtype \"U64\", expected one of F64, F32, F16, BF16, I64, I32, I16, "
       "I8, U8, BOOL"},
      {file_of(of("F64", "[3]", "[0,16]"), 16),
       ": array \"a\": holds 16 bytes, expected 24, 8 for each element of shape [3]"},
      {file_of(of("F64", "[2]", "[16,0]"), 16),
       ": array \"a\": its data_offsets [16, 0] lie outside the 16 bytes of data"},
      {file_of(of("F64", "[2]", "[0,9223372036854775807]"), 16),
       ": array \"a\": its data_offsets [0, 9223372036854775807] lie outside the 16 bytes of data"},
      {file_of(of("F64", "[4000000000,4000000000]", "[0,16]"), 16),
       ": array \"a\": has too many elements, of shape [4000000000, 4000000000]"},
      {file_of(of("F64", "[4000000000,4000000000,0]", "[0,0]"), 0),
       ": array \"a\": has too many elements, of shape [4000000000, 4000000000, 0]"},
      {file_of(of("BOOL", "[1152921504606846975]", "[0,8]"), 8),
       ": array \"a\": holds 8 bytes, expected 1152921504606846975, 1 for each element of shape "
       "[1152921504606846975]"},
      {file_of(of("F64", "[1,1,1,1,1,1,1,1,1]", "[0,8]"), 8),
       ": array \"a\": has 9 axes, expected at most 8"},
      {file_of(of("F64", "[-1]", "[0,8]"), 8),
       ": header byte 29: expected a whole number, got '-'"},
      {file_of(of("F64", "[1e3]", "[0,8]"), 8), ": header byte 30: expected ']', got 'e'"},
      {file_of(of("F64", "[99999999999999999999]", "[0,8]"), 8),
       ": header byte 29: expected a number of 64 bits, got 99999999999999999999"},
      {file_of(of("F64", "[2]", "[16]"), 16), ": array \"a\": has 1 data_offsets, expected 2"},
      {file_of(array(R"("dtype":"F64","shape":[2])"), 16),
       ": array \"a\": has no data_offsets" + three},
      {file_of(array(""), 16), ": array \"a\": has no dtype" + three},
      {file_of(array(good + R"(,"shape":[2])"), 16), ": header byte 61: a second \"shape\""},
      {file_of(array(good + R"(,"strides":[1])"), 16), ": array \"a\": has \"strides\"" + three},
      {file_of(R"({"a":{)" + good + R"(},"a":{)" + good + "}}", 16),
       ": header byte 58: a second \"a\""},
      {file_of(R"({"a":{)" + good + R"(},"b":{)" + good + "}}", 16),
       ": array \"b\": begins at byte 0 of the data, expected at 16, where the one before it ends"},
      {file_of(R"({"a":{)" + good + R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":[20,24]}})",
               24),
       ": array \"b\": begins at byte 20 of the data, expected at 16, where the one before it "
       "ends"},
      {file_of(R"({"__metadata__":{"torch":2}})", 0), ": header byte 25: expected '\"', got '2'"},
      {file_of(R"({"__metadata__":{"x":"1","x":"2"}})", 0), ": header byte 28: a second \"x\""},
  };
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x";
  for (const Row& row : rows) {
    folder.write("x", row.bytes);
    CHECK(error_of([&] { read_safetensors(file); }) ==
          "read_safetensors: " + file.string() + row.error);
  }
}

TEST_CASE("the metadata can be read where the arrays cannot") {
  const TemporaryFolder folder;
  folder.write("x", file_of(R"({"__metadata__":{"a":"b"},)"
                            R"("a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})",
                            1));
  CHECK(read_safetensors_metadata(folder.path() / "x") == Metadata{{"a", "b"}});
}

}  // namespace
}  // namespace gradian::test
