#include "examples/report/json_parts.h"

#include "tensor/files/json.h"

namespace gradian::examples {

std::string json_member(const std::string& key, const std::string& value) {
  return files::json_string(key) + ": " + value;
}

std::string json_line(const JsonParts& parts) {
  std::string json = "[";
  for (const std::string& part : parts) json += (json.size() > 1 ? ", " : "") + part;
  return json + ']';
}

std::string json_block(char open, const JsonParts& parts, char close, size_t indent) {
  const std::string line_start = '\n' + std::string(indent, ' ');
  std::string json(1, open);
  for (size_t i = 0; i < parts.size(); ++i) json += (i > 0 ? "," : "") + line_start + parts[i];
  return json + line_start.substr(0, line_start.size() - 2) + close;
}

}  // namespace gradian::examples
