// What the parity tests stand on: the reader of their fixtures, and the comparison of two arrays.
#include <doctest/doctest.h>

#include <limits>

#include "tests/parity/fixture.h"
#include "tests/parity/mismatch.h"
#include "tests/parity/safetensors.h"

namespace gradian::parity {
namespace {

// A file: the header's length, the header, and `data_bytes` zero bytes.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + std::string(data_bytes, '\0');
}

// What is wrong with a file; empty when nothing is.
std::string error_of(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "x.safetensors");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("arrays of every dtype and shape are read, whatever the order of the fields") {
  std::string bytes = file_of(
      R"({"__metadata__":{"torch":"2"}, "n":{"shape":[2],"data_offsets":[0,16],"dtype":"I64"},)"
      R"("f":{"dtype":"F32","shape":[1,1],"data_offsets":[24,28]},)"
      R"("empty":{"dtype":"F64","shape":[0,3],"data_offsets":[16,16]},)"
      R"("d":{"dtype":"F64","shape":[],"data_offsets":[16,24]}}  )",
      0);
  const auto append = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(int64_t{7}), append(int64_t{-8}), append(0.1), append(1.5f);
  const auto arrays = parse_safetensors(bytes, "x.safetensors");
  CHECK(arrays.size() == 4);
  CHECK(arrays.at("n").dtype() == DType::int64);
  CHECK(arrays.at("n").to_vector<int64_t>() == std::vector<int64_t>{7, -8});
  CHECK(arrays.at("d").shape() == Shape{});
  CHECK(arrays.at("d").item() == 0.1);
  CHECK(arrays.at("f").dtype() == DType::float32);
  CHECK(arrays.at("f").at({0, 0}) == 1.5);
  CHECK(arrays.at("empty").shape() == Shape{0, 3});
}

TEST_CASE("a file without arrays is read") {
  CHECK(parse_safetensors(file_of("{}", 0), "x.safetensors").empty());
}

TEST_CASE("a broken file is an error that names it, what came and what was expected") {
  const auto array = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  const std::string good = R"("dtype":"F64","shape":[2],"data_offsets":[0,16])";
  CHECK(error_of(file_of(array(good), 16)).empty());

  struct Row {
    std::string bytes, error;
  };
  const std::vector<Row> rows = {
      {"1234567", "has 7 bytes, expected at least 8"},
      {file_of("{}", 0).substr(0, 9), "the header's length is 2, but only 1 bytes follow"},
      {std::string(8, '\xff'), "the header's length is 18446744073709551615, but only 0 bytes"},
      {file_of("", 0), "header byte 0: expected '{', got its end"},
      {file_of("{}x", 0), "header byte 2: expected its end, got 'x'"},
      {file_of("[]", 0), "header byte 0: expected '{', got '['"},
      {file_of(R"({"a":{)", 0), R"(header byte 6: expected '"', got its end)"},
      {file_of(R"({"a\n":{}})", 0), "header byte 3: escapes are not read"},
      {file_of(array(good), 15), "array 'a': offsets [0, 16] lie outside the 15 bytes of data"},
      {file_of(array(good), 24), "the arrays end at byte 16 of the data, but there are 24"},
      {file_of(array(R"("dtype":"BF16","shape":[2],"data_offsets":[0,4])"), 4),
       "array 'a': unknown dtype 'BF16', expected F64, F32 or I64"},
      {file_of(array(R"("dtype":"F64","shape":[3],"data_offsets":[0,16])"), 24),
       "array 'a': offsets [0, 16] hold 16 bytes, expected 24 for float64 [3]"},
      {file_of(array(R"("dtype":"F64","shape":[2],"data_offsets":[16,0])"), 16),
       "array 'a': offsets [16, 0] lie outside the 16 bytes of data"},
      {file_of(array(R"("dtype":"F64","shape":[4000000000,4000000000],"data_offsets":[0,16])"), 16),
       "array 'a': float64 [4000000000, 4000000000] is larger than the 16 bytes of data"},
      {file_of(array(R"("dtype":"F64","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,8])"), 8),
       "array 'a': has 9 axes, expected at most 8"},
      {file_of(array(R"("dtype":"F64","shape":[-1],"data_offsets":[0,8])"), 8),
       "expected a whole number, got '-'"},
      {file_of(array(R"("dtype":"F64","shape":[1e3],"data_offsets":[0,8])"), 8),
       "expected ']', got 'e'"},
      {file_of(array(R"("dtype":"F64","shape":[99999999999999999999],"data_offsets":[0,8])"), 8),
       "the number is too large"},
      {file_of(array(R"("dtype":"F64","shape":[2],"data_offsets":[16])"), 16),
       "array 'a': expected two data_offsets, got 1"},
      {file_of(array(R"("dtype":"F64","shape":[2])"), 16),
       "array 'a': expected dtype, shape and data_offsets"},
      {file_of(array(good + R"(,"shape":[2])"), 16), "array 'a': unexpected 'shape'"},
      {file_of(array(good + R"(,"strides":[1])"), 16), "array 'a': unexpected 'strides'"},
      {file_of(R"({"a":{)" + good + R"(},"a":{)" + good + "}}", 16), "two arrays are named 'a'"},
      {file_of(R"({"a":{)" + good + R"(},"b":{)" + good + "}}", 16),
       "an array begins at byte 0 of the data, expected at 16, where the one before it ends"},
      {file_of(R"({"__metadata__":{"torch":2}})", 0), R"(expected '"', got '2')"},
  };
  for (const Row& row : rows) {
    const std::string error = error_of(row.bytes);
    CAPTURE(error);
    CHECK(error.starts_with("x.safetensors: "));
    CHECK_MESSAGE(error.find(row.error) != std::string::npos, "expected: ", row.error);
  }
  CHECK_THROWS_WITH_AS(read_safetensors("/nowhere"), "/nowhere: cannot be opened", Error);
}

TEST_CASE("the comparison catches what is off by more than the tolerance, and nothing else") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(mismatch({1, 100}, {1 + 9e-9, 100}, 1e-10).empty());
  CHECK(mismatch({1 + 2e-8, 100}, {1, 100}, 1e-10) ==
        "entry 0 is 1, expected 1: off by 2e-08 where the largest is 100");
  CHECK(mismatch({0, 0}, {0, 0}, 1e-10).empty());
  CHECK_FALSE(mismatch({0, 1e-300}, {0, 0}, 1e-10).empty());
  CHECK(mismatch({nan, infinity, 1}, {nan, infinity, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({nan, 1}, {1, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({1, 1}, {nan, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({-infinity}, {infinity}, 1e-10).empty());
  CHECK_FALSE(mismatch({1e300}, {infinity}, 1e-10).empty());
  CHECK(mismatch({1}, {1, 1}, 1e-10) == "has 1 entries, expected 2");
}

}  // namespace
}  // namespace gradian::parity
