// The plots of a report as inline SVG, each with what it needs to be read. The elements they are
// made of are in svg.h, their colours in style.h. A new plot has a file of its own beside
// scatter.cpp and loss_plot.cpp.
#pragma once

#include <string>
#include <vector>

#include "examples/report/report.h"

namespace gradian::examples {

// The 2-D features of a run: a dot a test image, a numbered marker a class centre, a ray a class
// weight. Both axes have one scale, so that angles are seen as they are. Fails when a label or the
// weights do not go with the class names.
std::string scatter_plot(const RunResult& run, const std::vector<std::string>& class_names);

// Empty when the features can be plotted; otherwise a clause that says why not: they are not
// [N, 2], or none is finite.
std::string why_not_plotted(const RunResult& run);

// Most dots a scatter plot shows, and the rows that it picks when there are more: at most `limit`
// of the labels [N] and at most limit / classes a class, chosen at random from a fixed seed. Equal
// labels give equal rows. The figures of a report are never taken from a sample.
constexpr int64_t kMaxDots = 2000;
std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit);

// What to look for in the scatter plot of an objective, told to someone who sees the losses for the
// first time: what the loss asks for, never what a run has reached. Two sentences, chosen by the
// words of the objective's name: "softmax", "ArcFace + center", ...
std::string reading_guide(const std::string& objective);

// The loss over the epochs: a line for the mean and a band from the smallest to the largest loss of
// neighbouring steps. Each plot has a scale of its own, for losses of different objectives are
// different quantities.
std::string loss_plot(const std::string& objective, const LossCurve& curve);

}  // namespace gradian::examples
