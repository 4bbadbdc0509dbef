// Formatting without locales: std::to_chars writes a point in every country.
// Only what several reports need is here.
#include "examples/program/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace gradian::examples {
namespace {

// Bytes of the UTF-8 character that `rest` begins with; 0 when it begins with none.
size_t utf8_length(std::string_view rest) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || rest.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Too long a form, half of a surrogate pair, beyond the last character.
  const unsigned char second = byte(1);
  const bool excluded = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
  return excluded ? 0 : length;
}

// The text with U+FFFD in the place of every byte that is not UTF-8.
std::string valid_utf8(std::string_view plain) {
  std::string valid;
  while (!plain.empty()) {
    const size_t length = utf8_length(plain);
    valid += length > 0 ? plain.substr(0, length) : "\xef\xbf\xbd";
    plain.remove_prefix(std::max<size_t>(length, 1));
  }
  return valid;
}

}  // namespace

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  char buffer[400];  // the largest double has 309 digits before the point
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits).ptr;
  const std::string written(buffer, end);
  const bool is_zero = written.find_first_of("123456789") == std::string::npos;
  return is_zero && written[0] == '-' ? written.substr(1) : written;
}

std::string escape_markup(const std::string& plain) {
  constexpr std::string_view kMarkup = "<>&\"'";
  constexpr const char* kEscapes[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
  std::string escaped;
  for (const char c : valid_utf8(plain)) {
    const size_t i = kMarkup.find(c);
    escaped += i == std::string_view::npos ? std::string(1, c) : kEscapes[i];
  }
  return escaped;
}

std::string json_string(const std::string& plain) {
  std::string json = "\"";
  for (const char c : valid_utf8(plain)) {
    if (c == '"' || c == '\\')
      json += {'\\', c};
    else if (c == '\n')
      json += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      json += "\\u00" + hex(static_cast<unsigned char>(c));
    else
      json += c;
  }
  return json + '"';
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];  // the shortest text that reads back to the same double has at most 24
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string hex(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

std::string shell_quoted(const std::string& word) {
  const char* const plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string inside;
  for (const char c : word) inside += c == '\'' ? "'\\''" : std::string(1, c);
  return '\'' + inside + '\'';
}

size_t display_width(const std::string& utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string lowercase(std::string word) {
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word;
}

}  // namespace gradian::examples
