// The plots of a report as inline SVG, each with what it needs to be read. The elements they are
// made of are in svg.h, their colours in style.h. A new plot has a file of its own beside
// those that are declared here.
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

// Most dots a scatter plot shows, a balanced sample (data/dataset.h) when there are more test
// images. The figures of a report are never taken from a sample.
constexpr int64_t kMaxDots = 2000;

// What to look for in the scatter plot of an objective, told to someone who sees the losses for the
// first time: what the loss asks for, never what a run has reached. Two sentences, chosen by the
// words of the objective's name: "softmax", "ArcFace + center", ...
std::string reading_guide(const std::string& objective);

// The moving picture, if the report has snapshots of features in the plane and the images that they
// are of, else empty: what the reader sets it with, and what it is made of, for script.h.
std::string moving_controls(const Report& report);
std::string moving_data(const Report& report);

// Curves over the epochs: a line for the mean of neighbouring steps; of loss and angle a band from
// the smallest to the largest, too. Each loss has a scale of its own, for those of different
// objectives are different quantities. Empty, or of a loss a note, if nothing is finite.
std::string loss_plot(const std::string& objective, const TrainingCurve& curve);
std::string accuracy_plot(const std::string& objective, const TrainingCurve& curve,
                          bool has_margin);
std::string angle_plot(const std::string& objective, const TrainingCurve& curve);
std::string rate_plot(const std::string& objective, const TrainingCurve& curve);

// The counts [C, C] as a table.
std::string confusion_table(const Tensor& confusion);
// The surest mistakes, with what they are and what they were taken for.
std::string mistake_pictures(const Report& report, const RunResult& run);

// What the target cosine becomes over angles within (0, 180) degrees, in radians, and its
// derivative by the angle.
struct TargetCurve {
  std::vector<double> theta, target, slope;
};
TargetCurve target_curve(const Margin& margin);
// Target cosine and slope under each rule of MarginOverflow for the first run with a margin on the
// angle; empty if there is none.
std::string margin_section(const Report& report);

}  // namespace gradian::examples
