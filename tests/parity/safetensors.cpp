// The reader that safetensors.h declares: a parser of the little JSON that such a header holds.
#include "tests/parity/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace gradian::parity {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are copied as they are");

DType dtype_named(const std::string& code, const std::string& array) {
  if (code == "F64") return DType::float64;
  if (code == "F32") return DType::float32;
  if (code == "I64") return DType::int64;
  fail(array, ": unknown dtype '", code, "', expected F64, F32 or I64");
}

class Parser {
 public:
  Parser(std::string_view header, std::string_view data, const std::string& file)
      : header_(header), data_(data), file_(file) {}

  std::map<std::string, Tensor> parse() {
    for_each_member([this](const std::string& key) {
      if (key == "__metadata__") {
        for_each_member([this](const std::string&) { string(); });
      } else {
        check(arrays_.emplace(key, array(text(file_, ": array '", key, '\''))).second, file_,
              ": two arrays are named '", key, '\'');
      }
    });
    skip_spaces();
    check(position_ == header_.size(), file_, ": header byte ", position_,
          ": expected its end, got ", found());
    check_filled();
    return std::move(arrays_);
  }

 private:
  using Range = std::pair<int64_t, int64_t>;

  // Where the array lies and what it is; `name` heads errors.
  Tensor array(const std::string& name) {
    std::optional<std::string> code;
    std::optional<std::vector<int64_t>> shape, offsets;
    for_each_member([&](const std::string& key) {
      if (key == "dtype" && !code)
        code = string();
      else if (key == "shape" && !shape)
        shape = whole_numbers();
      else if (key == "data_offsets" && !offsets)
        offsets = whole_numbers();
      else
        fail(name, ": unexpected '", key, "', expected dtype, shape and data_offsets once each");
    });
    check(code && shape && offsets, name, ": expected dtype, shape and data_offsets");
    check(offsets->size() == 2, name, ": expected two data_offsets, got ", offsets->size());
    check(shape->size() <= Shape::kMaxAxes, name, ": has ", shape->size(),
          " axes, expected at most ", Shape::kMaxAxes);
    return read(dtype_named(*code, name), Shape(*shape), {(*offsets)[0], (*offsets)[1]}, name);
  }

  Tensor read(DType dtype, const Shape& shape, const Range& range, const std::string& name) {
    const int64_t begin = range.first, end = range.second;
    const int64_t available = static_cast<int64_t>(data_.size());
    check(begin <= end && end <= available, name, ": offsets [", begin, ", ", end,
          "] lie outside the ", available, " bytes of data");
    int64_t expected = element_size(dtype);
    for (int64_t size : shape) {
      check(size == 0 || expected <= available / size, name, ": ", dtype, ' ', shape,
            " is larger than the ", available, " bytes of data");
      expected *= size;
    }
    check(end - begin == expected, name, ": offsets [", begin, ", ", end, "] hold ", end - begin,
          " bytes, expected ", expected, " for ", dtype, ' ', shape);
    ranges_.push_back(range);
    return dispatch(dtype, [&]<class T>() {
      std::vector<T> values(static_cast<size_t>(gradian::numel(shape)));
      if (!values.empty())
        std::memcpy(values.data(), data_.data() + begin, static_cast<size_t>(end - begin));
      return Tensor::from(values, shape);
    });
  }

  void check_filled() {
    std::sort(ranges_.begin(), ranges_.end());
    int64_t filled = 0;
    for (const auto& [begin, end] : ranges_) {
      check(begin == filled, file_, ": an array begins at byte ", begin,
            " of the data, expected at ", filled, ", where the one before it ends");
      filled = end;
    }
    check(filled == static_cast<int64_t>(data_.size()), file_, ": the arrays end at byte ", filled,
          " of the data, but there are ", data_.size());
  }

  // Of an object: calls member(key) with the position at its value.
  template <class Member>
  void for_each_member(const Member& member) {
    expect('{');
    if (accept('}')) return;
    do {
      const std::string key = string();
      expect(':');
      member(key);
    } while (accept(','));
    expect('}');
  }

  std::string string() {
    expect('"');
    std::string result;
    for (; position_ < header_.size() && header_[position_] != '"'; ++position_) {
      check(header_[position_] != '\\', file_, ": header byte ", position_,
            ": escapes are not read");
      result += header_[position_];
    }
    expect('"');
    return result;
  }

  std::vector<int64_t> whole_numbers() {
    std::vector<int64_t> result;
    expect('[');
    if (accept(']')) return result;
    do result.push_back(whole_number());
    while (accept(','));
    expect(']');
    return result;
  }

  int64_t whole_number() {
    skip_spaces();
    constexpr size_t kMaxDigits = 18;
    const size_t begin = position_;
    int64_t value = 0;
    for (; position_ < header_.size() && header_[position_] >= '0' && header_[position_] <= '9';
         ++position_) {
      check(position_ - begin < kMaxDigits, file_, ": header byte ", begin,
            ": the number is too large");
      value = 10 * value + (header_[position_] - '0');
    }
    check(position_ > begin, file_, ": header byte ", begin, ": expected a whole number, got ",
          found());
    return value;
  }

  void skip_spaces() {
    while (position_ < header_.size() && header_[position_] == ' ') ++position_;
  }

  bool accept(char wanted) {
    skip_spaces();
    if (position_ >= header_.size() || header_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  void expect(char wanted) {
    check(accept(wanted), file_, ": header byte ", position_, ": expected '", wanted, "', got ",
          found());
  }

  std::string found() const {
    return position_ < header_.size() ? text('\'', header_[position_], '\'') : "its end";
  }

  std::string_view header_, data_;
  const std::string& file_;
  size_t position_ = 0;
  std::map<std::string, Tensor> arrays_;
  std::vector<Range> ranges_;
};

}  // namespace

std::map<std::string, Tensor> parse_safetensors(std::string_view bytes, const std::string& file) {
  constexpr size_t kLengthBytes = 8;
  check(bytes.size() >= kLengthBytes, file, ": has ", bytes.size(), " bytes, expected at least ",
        kLengthBytes);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  check(length <= bytes.size(), file, ": the header's length is ", length, ", but only ",
        bytes.size(), " bytes follow");
  return Parser(bytes.substr(0, length), bytes.substr(length), file).parse();
}

std::map<std::string, Tensor> read_safetensors(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  check(stream.good(), path, ": cannot be opened");
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  return parse_safetensors(bytes, path);
}

}  // namespace gradian::parity
