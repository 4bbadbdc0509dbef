// Draws curves of thousands of steps as about a hundred groups of neighbouring steps. What is not
// finite leaves a gap.
#include "examples/report/plots.h"

#include <algorithm>
#include <cmath>

#include "examples/program/text.h"
#include "examples/report/svg.h"

namespace gradian::examples {
namespace {

constexpr double kWidth = 320, kHeight = 150;
constexpr double kLeft = 38, kRight = kWidth - 8, kTop = 20, kBottom = kHeight - 20;

using Column = double StepRecord::*;

struct Group {
  double epoch, mean, lowest, highest;
};

// About eight steps a group, unless that makes too many groups to see or too few for a curve.
std::vector<Group> grouped(const TrainingCurve& curve, Column column) {
  std::vector<Group> groups;
  const size_t steps = curve.size();
  const size_t count = std::min(std::clamp<size_t>(steps / 8, 30, 120), steps);
  for (size_t g = 0; g < count; ++g) {
    const size_t begin = g * steps / count, end = (g + 1) * steps / count;
    Group group{0, 0, curve[begin].*column, curve[begin].*column};
    for (size_t i = begin; i < end; ++i) {
      group.epoch += curve[i].epoch / static_cast<double>(end - begin);
      group.mean += curve[i].*column / static_cast<double>(end - begin);
      group.lowest = std::min(group.lowest, curve[i].*column);
      group.highest = std::max(group.highest, curve[i].*column);
    }
    if (std::isfinite(group.mean)) groups.push_back(group);
  }
  return groups;
}

// The plotted part of the plane, from the start of the training.
struct View {
  double last_epoch, lowest, highest;

  SvgPoint operator()(double epoch, double value) const {
    return {kLeft + epoch / last_epoch * (kRight - kLeft),
            kBottom - (value - lowest) / (highest - lowest) * (kBottom - kTop)};
  }
};

// From zero, if no mean is below, to the largest value after the first twentieth. What is above
// leaves the plot: the first losses fall from so high that nothing could be seen of the rest.
View view_of(const std::vector<Group>& groups, double last_epoch) {
  View view{last_epoch > 0 ? last_epoch : 1, 0, 0};
  for (const Group& group : groups) view.lowest = std::min(view.lowest, group.lowest);
  for (size_t i = groups.size() / 20; i < groups.size(); ++i)
    view.highest = std::max(view.highest, groups[i].highest);
  if (view.highest == view.lowest) view.highest += 1;
  return view;
}

std::string axes(const View& view, double factor) {
  std::string svg;
  for (const Tick& tick : round_ticks(factor * view.lowest, factor * view.highest, 4)) {
    const double y = view(0, tick.value / factor).y;
    svg += svg_line({kLeft, y}, {kRight, y}, tick.value == 0 ? "axis" : "grid-line");
    svg += svg_text({kLeft - 5, y + 3.5}, tick.label, "tick end");
  }
  for (const Tick& tick : round_ticks(0, view.last_epoch, 4)) {
    const double x = view(tick.value, 0).x;
    svg += svg_text({x, kHeight - 6}, tick.label, "tick middle");
  }
  return svg;
}

std::string line(const std::vector<Group>& groups, const View& view, const std::string& css_class) {
  std::string points;
  for (const Group& group : groups) points += svg_coordinates(view(group.epoch, group.mean)) + ' ';
  return "<polyline class=\"" + css_class + "\" points=\"" + points + "\"/>\n";
}

std::string band(const std::vector<Group>& groups, const View& view) {
  std::string upper, lower;
  for (const Group& group : groups) {
    upper += svg_coordinates(view(group.epoch, group.highest)) + ' ';
    lower = svg_coordinates(view(group.epoch, group.lowest)) + ' ' + lower;
  }
  return "<polygon class=\"band\" points=\"" + upper + lower + "\"/>\n";
}

// The step that the slider stands at: script.cpp moves it by up to data-span.
std::string step_mark() {
  return text("<path class=\"now\" data-span=\"", fixed(kRight - kLeft, 0), "\" d=\"M",
              svg_coordinates({kLeft, kTop}), "V", fixed(kBottom, 1), "\"/>\n");
}

std::string framed(const std::string& title, const std::string& objective, const View& view,
                   double factor, const std::string& content) {
  return svg_open(kWidth, kHeight, title + " of " + objective + " while it trains") +
         axes(view, factor) + content + step_mark() + svg_text({kLeft, 11}, title, "title") +
         "</svg>\n";
}

}  // namespace

std::string loss_plot(const std::string& objective, const TrainingCurve& curve) {
  const std::vector<Group> groups = grouped(curve, &StepRecord::loss);
  if (groups.empty()) return "<p class=\"note\">No plot: no loss of this run is finite.</p>\n";
  const View view = view_of(groups, curve.back().epoch);
  return framed("Loss", objective, view, 1, band(groups, view) + line(groups, view, "curve"));
}

std::string accuracy_plot(const std::string& objective, const TrainingCurve& curve,
                          bool has_margin) {
  const std::vector<Group> groups = grouped(curve, &StepRecord::accuracy);
  if (groups.empty()) return "";
  const View view{curve.back().epoch, 0, 1};
  std::string lines = line(groups, view, "curve");
  if (has_margin) lines += line(grouped(curve, &StepRecord::margin_accuracy), view, "curve dashed");
  return framed(
      has_margin ? "Training accuracy in %, dashed: with the margin" : "Training accuracy in %",
      objective, view, 100, lines);
}

std::string angle_plot(const std::string& objective, const TrainingCurve& curve) {
  const std::vector<Group> groups = grouped(curve, &StepRecord::target_degrees);
  if (groups.empty()) return "";
  const View view = view_of(groups, curve.back().epoch);
  return framed("Mean target angle in degrees", objective, view, 1,
                band(groups, view) + line(groups, view, "curve"));
}

std::string rate_plot(const std::string& objective, const TrainingCurve& curve) {
  const std::vector<Group> groups = grouped(curve, &StepRecord::rate);
  if (groups.empty()) return "";
  const View view = view_of(groups, curve.back().epoch);
  return framed("Learning rate of the network", objective, view, 1, line(groups, view, "curve"));
}

}  // namespace gradian::examples
