// The loss of one run over its epochs as an inline SVG. Each plot has a scale of its own: losses
// of different objectives are different quantities.
#pragma once

#include <string>

#include "examples/report/report.h"

namespace gradian::examples {

// A line for the mean and a band from the smallest to the largest loss of neighbouring steps.
std::string loss_plot(const RunResult& run);

}  // namespace gradian::examples
