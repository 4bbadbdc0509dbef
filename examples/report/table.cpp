// Lays the figures out in columns.
// What the figures are is listed in report.cpp.
#include "examples/report/report.h"

#include "examples/report/columns.h"

namespace gradian::examples {
namespace {

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

}  // namespace

std::string render_table(const Report& report) {
  std::vector<Row> rows = header();
  for (const RunResult& run : report.runs) rows.push_back(row_of(run));
  return aligned_columns(rows, 2) +
         "Distance, Intra: x to centre; Spread, Inter: among centres; W-EC: W to centre\n";
}

}  // namespace gradian::examples
