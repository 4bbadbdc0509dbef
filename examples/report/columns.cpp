#include "examples/report/columns.h"

#include <algorithm>
#include <numeric>

#include "examples/program/text.h"

namespace gradian::examples {
namespace {

constexpr size_t kTerminalWidth = 80;

std::vector<size_t> column_widths(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows[0].size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  return widths;
}

std::string line_of(const Row& row, const std::vector<size_t>& widths, size_t gap) {
  std::string line;
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string padding(widths[i] - display_width(row[i]), ' ');
    line += i == 0 ? row[i] + padding : std::string(gap, ' ') + padding + row[i];
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

std::string aligned_columns(const std::vector<Row>& rows, size_t heads) {
  const std::vector<size_t> widths = column_widths(rows);
  const size_t gaps = widths.size() - 1;
  const size_t filled = std::accumulate(widths.begin(), widths.end(), size_t{0});
  const size_t gap = filled + 2 * gaps <= kTerminalWidth ? 2 : 1;
  const std::string rule = std::string(filled + gap * gaps, '-') + '\n';
  std::string table;
  for (size_t r = 0; r < rows.size(); ++r) {
    table += line_of(rows[r], widths, gap);
    if (r + 1 == heads) table += rule;
  }
  return table + rule;
}

}  // namespace gradian::examples
