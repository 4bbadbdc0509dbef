// The 2-D features of a run as an inline SVG: a dot a test image, a numbered marker a class centre,
// a ray a class weight. Both axes have one scale, so that angles are seen as they are.
#pragma once

#include <string>
#include <vector>

#include "examples/report/report.h"

namespace gradian::examples {

// Most dots a plot shows.
constexpr int64_t kMaxDots = 2000;

// Empty when the features can be plotted; otherwise a clause that says why not: they are not
// [N, 2], or none is finite.
std::string why_not_plotted(const RunResult& run);

// Fails when a label or the weights do not go with the class names.
std::string scatter_plot(const RunResult& run, const std::vector<std::string>& class_names);

}  // namespace gradian::examples
