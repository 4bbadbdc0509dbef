#include "examples/data/unifont_hex.h"

#include <algorithm>
#include <charconv>

#include "examples/data/file_bytes.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

constexpr int64_t kRows = 16, kRowsAboveBaseline = 14;

// The number that all of these digits are; false if they are none.
bool read_hex(std::string_view digits, uint32_t& value) {
  const char* const end = digits.data() + digits.size();
  return std::from_chars(digits.data(), end, value, 16).ptr == end && !digits.empty();
}

// The drawing of a line, but for its code point; false if its digits are none.
bool read_rows(std::string_view digits, Drawing& drawing) {
  if (digits.size() != 32 && digits.size() != 64) return false;
  const size_t row_digits = digits.size() / kRows;
  const int64_t width = 4 * static_cast<int64_t>(row_digits);
  drawing = {0, width, kRows, 0, kRowsAboveBaseline, width};
  for (; !digits.empty(); digits.remove_prefix(row_digits)) {
    uint32_t row = 0;
    if (!read_hex(digits.substr(0, row_digits), row)) return false;
    for (int64_t column = 0; column < width; ++column)
      drawing.pixels.push_back(row >> (width - 1 - column) & 1 ? 255 : 0);
  }
  return true;
}

}  // namespace

std::vector<Drawing> decode_unifont_hex(std::string_view bytes, const std::string& file,
                                        CodePoints wanted) {
  check_unpacked(bytes, file);
  std::vector<Drawing> drawings;
  for (int64_t number = 1; !bytes.empty(); ++number) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t colon = std::min(line.find(':'), line.size());
    uint32_t code_point = 0;
    Drawing drawing;
    const bool good = read_hex(line.substr(0, colon), code_point) && code_point <= 0x10ffff &&
                      colon < line.size() && read_rows(line.substr(colon + 1), drawing);
    check(good, file, ": line ", number,
          ": expected a code point, a colon and 32 or 64 hexadecimal digits, got ", line.size(),
          " bytes");
    if (code_point < wanted.first || code_point > wanted.last) continue;
    drawing.code_point = code_point;
    drawings.push_back(std::move(drawing));
  }
  const auto by_code_point = [](const Drawing& a, const Drawing& b) {
    return a.code_point < b.code_point;
  };
  std::stable_sort(drawings.begin(), drawings.end(), by_code_point);
  for (size_t i = 1; i < drawings.size(); ++i)
    check(by_code_point(drawings[i - 1], drawings[i]), file, ": has the code point ",
          drawings[i].code_point, " twice");
  return drawings;
}

std::vector<Drawing> read_unifont_hex(const std::filesystem::path& file, CodePoints wanted) {
  return decode_unifont_hex(file_bytes(file), file.string(), wanted);
}

}  // namespace gradian::examples
