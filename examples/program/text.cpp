// Formatting without locales: std::to_chars writes a point in every country.
// Only what several reports need is here.
#include "examples/program/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "tensor/files/json.h"

namespace gradian::examples {

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
  for (const char c : files::valid_utf8(plain)) {
    const size_t i = kMarkup.find(c);
    escaped += i == std::string_view::npos ? std::string(1, c) : kEscapes[i];
  }
  return escaped;
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
