#include "tensor/files/npy.h"

#include <algorithm>
#include <optional>

#include "tensor/files/elements.h"
#include "tensor/files/json.h"

namespace gradian {
namespace {

using namespace files;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kVersionBytes = 8;  // the magic word, a major and a minor version
constexpr int64_t kMaxHeader = 65535;

const ElementCodes& types() {
  static const ElementCodes all{
      {"f8", Element::f64}, {"f4", Element::f32}, {"f2", Element::f16},
      {"i8", Element::i64}, {"i4", Element::i32}, {"i2", Element::i16},
      {"i1", Element::i8},  {"u1", Element::u8},  {"b1", Element::boolean}};
  return all;
}

struct Header {
  std::string descr;  // "<f4"
  bool fortran_order;
  std::vector<int64_t> shape;
};

// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderReader : public Scanner {
 public:
  using Scanner::Scanner;

  Header header() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<int64_t>> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = word();
      expect(':');
      if (key == "descr" && !descr)
        descr = word();
      else if (key == "fortran_order" && !fortran_order)
        fortran_order = truth();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        fail(name_, " has ", json_string(key),
             ", expected descr, fortran_order and shape once each");
      if (accept(',')) continue;
      expect('}');
      break;
    }
    end();
    check(descr && fortran_order && shape, name_,
          " lacks one of descr, fortran_order and shape, expected all three");
    return {*descr, *fortran_order, *shape};
  }

 private:
  // A string without escapes.
  std::string word() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const size_t end = text_.find(quote, position_);
    if (end == text_.npos) fail_here("a string that ends");
    const std::string_view inside = text_.substr(position_, end - position_);
    check(inside.find('\\') == inside.npos, name_, " byte ", position_,
          ": expected a string without escapes");
    position_ = end + 1;
    return std::string(inside);
  }

  bool truth() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail_here("True or False");
    return false;
  }

  std::vector<int64_t> tuple() {
    std::vector<int64_t> numbers;
    expect('(');
    while (!accept(')')) {
      numbers.push_back(whole_number());
      if (accept(',')) continue;
      if (numbers.size() == 1) fail_here("','");  // (3) is a number
      expect(')');
      break;
    }
    return numbers;
  }
};

}  // namespace

Tensor read_npy(const std::filesystem::path& path) {
  const Calling calling("read_npy");
  const Input file(path);
  std::string begin(kVersionBytes, '\0');
  check(file.size() >= kVersionBytes, file.name(), ": has ", file.size(),
        " bytes, expected at least ", kVersionBytes);
  file.read(0, kVersionBytes, begin.data());
  check(begin.starts_with(kMagic), file.name(), ": is no .npy file, expected it to begin with ",
        "\\x93NUMPY");
  const int major = static_cast<unsigned char>(begin[6]),
            minor = static_cast<unsigned char>(begin[7]);
  check(major >= 1 && major <= 3 && minor == 0, file.name(), ": is of version ", major, '.', minor,
        ", expected 1.0, 2.0 or 3.0");
  const int length_bytes = major == 1 ? 2 : 4;
  check(file.size() >= kVersionBytes + length_bytes, file.name(), ": has ", file.size(),
        " bytes, expected at least ", kVersionBytes + length_bytes);
  uint32_t length = 0;
  file.read(kVersionBytes, length_bytes, &length);
  const int64_t header_begin = kVersionBytes + length_bytes, data_begin = header_begin + length;
  check(length <= kMaxHeader, file.name(), ": its header has ", length, " bytes, expected at most ",
        kMaxHeader);
  check(data_begin <= file.size(), file.name(), ": its header has ", length, " bytes, but only ",
        file.size() - header_begin, " follow");
  std::string literal(static_cast<size_t>(length), '\0');
  file.read(header_begin, length, literal.data());
  const Header header = HeaderReader(literal, file.name() + ": header").header();

  const std::string& descr = header.descr;
  const bool has_order =
      !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const Element element = element_named(has_order ? descr.substr(1) : descr, types(), file.name());
  Shape shape = checked_shape(header.shape, element, file.size() - data_begin, file.name());
  if (header.fortran_order) std::reverse(shape.begin(), shape.end());
  const Tensor array = read_elements(file, data_begin, element, shape, descr[0] == '>');
  if (!header.fortran_order) return array;
  Axes axes;
  for (int axis = array.dim(); axis-- > 0;) axes.push_back(axis);
  return array.permute(axes);
}

void write_npy(const std::filesystem::path& file, const Tensor& tensor) {
  const Calling calling("write_npy");
  const Tensor array = check_defined(tensor).contiguous();
  std::string shape = text(array.shape());
  shape = text('(', shape.substr(1, shape.size() - 2), array.dim() == 1 ? ",)" : ")");
  const char* const descr = array.dtype() == DType::float64   ? "<f8"
                            : array.dtype() == DType::float32 ? "<f4"
                                                              : "<i8";
  std::string header =
      text("{'descr': '", descr, "', 'fortran_order': False, 'shape': ", shape, ", }");
  // The data begin at a multiple of 64 bytes, behind a line end.
  const int64_t before = kVersionBytes + 2, used = before + static_cast<int64_t>(header.size()) + 1;
  header.append(static_cast<size_t>(round_up(used, 64) - used), ' ').push_back('\n');
  const std::string length{static_cast<char>(header.size() & 0xff),
                           static_cast<char>(header.size() >> 8)};
  write_file(file, [&](const Write& write) {
    write(text(kMagic, '\x01', '\0', length, header));
    write(bytes_of(array));
  });
}

}  // namespace gradian
