// What tests of printed text look for in it.
#pragma once

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

}  // namespace gradian::test
