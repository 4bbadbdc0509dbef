// Formatting without locales: std::to_chars writes a point in every country.
// Only what several reports need is here.
#include "examples/report/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

#include "tensor/error.h"

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
  std::string escaped;
  for (const char c : plain) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '&')
      escaped += "&amp;";
    else if (c == '"')
      escaped += "&quot;";
    else if (c == '\'')
      escaped += "&#39;";
    else
      escaped += c;
  }
  return escaped;
}

size_t display_width(const std::string& utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

namespace {

std::ofstream opened(const std::filesystem::path& file, std::ios::openmode mode) {
  if (file.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    check(!error, file.parent_path().string(), ": cannot be made a folder: ", error.message());
  }
  std::ofstream out(file, mode);
  check(out.is_open(), file.string(), ": cannot be opened for writing");
  return out;
}

}  // namespace

void check_writable(const std::filesystem::path& file) {
  const bool is_new = !std::filesystem::exists(file);
  opened(file, std::ios::app);
  if (is_new) std::filesystem::remove(file);
}

void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream out = opened(file, std::ios::binary);
  out << content << std::flush;
  check(out.good(), file.string(), ": only partly written");
}

}  // namespace gradian::examples
