// NumPy's files, our own, and broken ones.
#include "tensor/files/npy.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/helpers.h"
#include "tests/special_values.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

TEST_CASE("files of numpy.save are read: every dtype, byte order, version and order of axes") {
  struct Row {
    std::string name;
    DType dtype;
    Shape shape;
    std::vector<double> values;
  };
  const std::vector<double> whole{-128, 0, 1, 2, 3, 127}, small{1, 2, 3, 4, 5, -6};
  const std::vector<Row> rows = {
      {"i1", DType::int64, {2, 3}, whole},
      {"i2", DType::int64, {2, 3}, whole},
      {"i4", DType::int64, {2, 3}, whole},
      {"i8", DType::int64, {2, 3}, whole},
      {"i2-big", DType::int64, {2, 3}, small},
      {"i4-big", DType::int64, {2, 3}, small},
      {"i8-big", DType::int64, {2, 3}, small},
      {"f2-big", DType::float32, {2, 3}, small},
      {"f4-big", DType::float32, {2, 3}, small},
      {"f8-big", DType::float64, {2, 3}, small},
      {"u1", DType::int64, {3}, {0, 1, 255}},
      {"b1", DType::int64, {3}, {1, 0, 1}},
      {"f2",
       DType::float32,
       {10},
       {0, -0.0, 1, -1.5, 65504, 0x1p-24, -0x1p-14, kInfinity, -kInfinity, kNaN}},
      {"f4", DType::float32, {2, 1}, {0.5, -3}},
      {"f8", DType::float64, {}, {0.1}},
      {"f8-fortran", DType::float64, {1, 2, 3}, {1, 2, 3, 4, 5, 6}},
      {"version-2", DType::int64, {2}, {1, 2}},
      {"version-3", DType::float64, {2}, {1, 2}},
      {"empty", DType::float64, {2, 0, 3}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Tensor array = read_npy(GRADIAN_SOURCE_DIR "/tests/fuzz/corpus/npy/" + row.name);
    CHECK(array.dtype() == row.dtype);
    CHECK(array.shape() == row.shape);
    const std::vector<double> values = array.to_vector<double>();
    REQUIRE(values.size() == row.values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      CHECK((values[i] == row.values[i] || (std::isnan(values[i]) && std::isnan(row.values[i]))));
      CHECK(std::signbit(values[i]) == std::signbit(row.values[i]));
    }
  }
}

TEST_CASE("what is written is read back, and is to the byte what numpy.save writes") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x.npy";
  const Tensor matrix = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  for (const Tensor& tensor :
       {matrix, matrix.transpose(0, 1), Tensor::from({0.5f, -0.0f}), Tensor::scalar(0.1),
        Tensor::from({0.1, kInfinity}), Tensor::zeros({0, 3}), Tensor::ones({1, 2, 1, 2, 1})}) {
    write_npy(file, tensor);
    CHECK(identical(read_npy(file), tensor));
  }
  for (const char* name : {"i8", "f4", "f8", "empty"}) {
    CAPTURE(name);
    const std::string python = text(GRADIAN_SOURCE_DIR "/tests/fuzz/corpus/npy/", name);
    write_npy(file, read_npy(python));
    std::ifstream stream(python, std::ios::binary);
    CHECK(folder.read("x.npy") == std::string(std::istreambuf_iterator<char>(stream), {}));
  }
}

TEST_CASE("a broken .npy file is refused, naming itself, what came and what was expected") {
  const std::string magic = "\x93NUMPY";
  // Of version 1.0, with so many zero bytes of data.
  const auto file_of = [&](const std::string& header, size_t data_bytes) {
    return magic + std::string{1, 0, static_cast<char>(header.size()), 0} + header +
           std::string(data_bytes, '\0');
  };
  const auto of = [&](const std::string& descr, const std::string& shape, size_t data_bytes) {
    return file_of("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + "}",
                   data_bytes);
  };
  struct Row {
    std::string bytes, error;
  };
  const std::string types = ", expected one of f8, f4, f2, i8, i4, i2, i1, u1, b1";
  const std::string lacks =
      ": header lacks one of descr, fortran_order and shape, expected all three";
  const std::vector<Row> rows = {
      {"", ": has 0 bytes, expected at least 8"},
      {magic + std::string{1}, ": has 7 bytes, expected at least 8"},
      {"PK\x03\x04 zipped", ": is no .npy file, expected it to begin with \\x93NUMPY"},
      {magic + std::string{4, 0, 0, 0}, ": is of version 4.0, expected 1.0, 2.0 or 3.0"},
      {magic + std::string{1, 1, 0, 0}, ": is of version 1.1, expected 1.0, 2.0 or 3.0"},
      {magic + std::string{1, 0, 0}, ": has 9 bytes, expected at least 10"},
      {magic + std::string{2, 0, 0, 0}, ": has 10 bytes, expected at least 12"},
      {magic + std::string{1, 0, 3, 0} + "{}", ": its header has 3 bytes, but only 2 follow"},
      {magic + std::string{2, 0, '\xff', '\xff', '\xff', '\xff'},
       ": its header has 4294967295 bytes, expected at most 65535"},
      {file_of("", 0), ": header byte 0: expected '{', got its end"},
      {file_of("{}", 0), lacks},
      {file_of("{'descr': '<f8', 'shape': (1,)}", 8), lacks},
      {file_of("{'descr' '<f8'}", 8), ": header byte 9: expected ':', got '''"},
      {file_of("{'descr': '<f8}", 8), ": header byte 11: expected a string that ends, got '<'"},
      {file_of("{'descr': '\\x3cf8'}", 8), ": header byte 11: expected a string without escapes"},
      {file_of("{'descr': '<f8', 'descr': '<f8'}", 8),
       ": header has \"descr\", expected descr, fortran_order and shape once each"},
      {file_of("{'order': 1}", 8),
       ": header has \"order\", expected descr, fortran_order and shape once each"},
      {file_of("{'fortran_order': 0}", 8), ": header byte 18: expected True or False, got '0'"},
      {file_of("{'shape': [1]}", 8), ": header byte 10: expected '(', got '['"},
      {file_of("{'shape': (1)}", 8), ": header byte 12: expected ',', got ')'"},
      {file_of("{'shape': (-1,)}", 8), ": header byte 11: expected a whole number, got '-'"},
      {of("[('a', '<f8')]", "(1,)", 8), ": header byte 10: expected ''', got '['"},
      {of("'|O'", "(1,)", 8), ": has the dtype \"O\"" + types},
      {of("'<c16'", "(1,)", 16), ": has the dtype \"c16\"" + types},
      {of("'f8'", "(1,)", 8) + "x", ": holds 9 bytes, expected 8, 8 for each element of shape [1]"},
      {of("''", "(1,)", 8), ": has the dtype \"\"" + types},
      {of("'<f8'", "(2, 3)", 47),
       ": holds 47 bytes, expected 48, 8 for each element of shape [2, 3]"},
      {of("'<f8'", "(4000000000, 4000000000)", 8),
       ": has too many elements, of shape [4000000000, 4000000000]"},
      {of("'<f8'", "(1152921504606846975,)", 8),
       ": holds 8 bytes, expected 9223372036854775800, 8 for each element of shape "
       "[1152921504606846975]"},
      {of("'<f8'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", 8), ": has 9 axes, expected at most 8"},
  };
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x.npy";
  for (const Row& row : rows) {
    folder.write("x.npy", row.bytes);
    CHECK(error_of([&] { read_npy(file); }) == "read_npy: " + file.string() + row.error);
  }
}

}  // namespace
}  // namespace gradian::test
