// JSON put together from strings and numbers (tensor/files/json.h) and lists of parts in brackets.
// There is no document type.
#pragma once

#include <string>
#include <vector>

namespace gradian::examples {

using JsonParts = std::vector<std::string>;

// "key": value
std::string json_member(const std::string& key, const std::string& value);
// An array on one line.
std::string json_line(const JsonParts& parts);
// One part a line, indented by `indent`, which is 2 more than the brackets have.
std::string json_block(char open, const JsonParts& parts, char close, size_t indent);

}  // namespace gradian::examples
