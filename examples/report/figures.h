// The figures that every report gives of a run, described once: their names, what they mean and
// how they are written. How they are laid out is up to table.h, html.h and json.h.
#pragma once

#include <string>
#include <vector>

#include "examples/report/report.h"

namespace gradian::examples {

struct Figure {
  std::string name;     // heads a column
  std::string key;      // names it in results.json
  std::string meaning;  // one sentence
  double (*value)(const RunResult&);
  int digits;         // written after the point
  double factor = 1;  // from the value to what is written: 100 for a percentage
  std::string unit = "";

  std::string written(const RunResult& run) const;
};

const std::vector<Figure>& figures();

}  // namespace gradian::examples
