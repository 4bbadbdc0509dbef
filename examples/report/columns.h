// Tables for the terminal: names to the left, numbers to the right, at most 80 columns wide if two
// spaces or one between columns can make it so.
#pragma once

#include <string>
#include <vector>

namespace gradian::examples {

using Row = std::vector<std::string>;

// Rows of equal length, of which the first `heads` stand above a rule; a rule ends the table, too.
std::string aligned_columns(const std::vector<Row>& rows, size_t heads);

}  // namespace gradian::examples
