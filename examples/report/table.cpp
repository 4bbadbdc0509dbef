// Lays the figures out in columns: names to the left, numbers to the right.
// What the figures are is listed in report.cpp.
#include "examples/report/report.h"

#include <algorithm>
#include <numeric>

#include "examples/program/text.h"

namespace gradian::examples {
namespace {

constexpr size_t kTerminalWidth = 80;

using Row = std::vector<std::string>;

// Two rows: a name such as "Dist/Spread" breaks after its slash, the others use the second row.
std::vector<Row> header() {
  Row upper{""}, lower{"Objective"};
  for (const Figure& figure : figures()) {
    const size_t second_line = figure.name.find('/') + 1;  // 0 without a slash
    upper.push_back(figure.name.substr(0, second_line));
    lower.push_back(figure.name.substr(second_line));
  }
  return {upper, lower};
}

Row row_of(const RunResult& run) {
  Row row{run.objective};
  for (const Figure& figure : figures()) row.push_back(figure.written(run));
  return row;
}

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

std::string render_table(const Report& report) {
  std::vector<Row> rows = header();
  for (const RunResult& run : report.runs) rows.push_back(row_of(run));
  const std::vector<size_t> widths = column_widths(rows);
  const size_t gaps = widths.size() - 1;
  const size_t filled = std::accumulate(widths.begin(), widths.end(), size_t{0});
  const size_t gap = filled + 2 * gaps <= kTerminalWidth ? 2 : 1;
  const std::string rule = std::string(filled + gap * gaps, '-') + '\n';

  std::string table = line_of(rows[0], widths, gap) + line_of(rows[1], widths, gap) + rule;
  for (size_t r = 2; r < rows.size(); ++r) table += line_of(rows[r], widths, gap);
  return table + rule +
         "Distance, Intra: x to centre; Spread, Inter: among centres; W-EC: W to centre\n";
}

}  // namespace gradian::examples
