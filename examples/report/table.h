// The figures of the runs as an aligned table for the terminal. The HTML report has its own.
// At most 80 columns wide as long as the names of the objectives have at most 19 characters.
#pragma once

#include <string>

#include "examples/report/report.h"

namespace gradian::examples {

// With a legend below. Ends in a newline.
std::string render_table(const Report& report);

}  // namespace gradian::examples
