// What tests of printed text look for in it, and numbers as printed.
#pragma once

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace gradian::test {

inline std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  std::istringstream in(content);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline bool contains(const std::string& content, const std::string& part) {
  return content.find(part) != std::string::npos;
}

inline size_t count(const std::string& content, const std::string& part) {
  size_t found = 0;
  for (size_t at = content.find(part); at != std::string::npos; at = content.find(part, at + 1))
    ++found;
  return found;
}

// `value` with as many decimals as `printed` has, and no sign on a zero.
inline std::string as_printed(double value, const std::string& printed) {
  char buffer[32];
  const size_t point = printed.find('.');
  const int decimals =
      point == std::string::npos ? 0 : static_cast<int>(printed.size() - point) - 1;
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return std::stod(buffer) == 0 ? std::string(buffer).substr(buffer[0] == '-') : buffer;
}

}  // namespace gradian::test
