// Draws a loss curve of thousands of steps as about a hundred groups of neighbouring steps.
// Losses that are not finite leave a gap.
#include "examples/report/plots.h"

#include <algorithm>
#include <cmath>

#include "examples/program/text.h"
#include "examples/report/svg.h"

namespace gradian::examples {
namespace {

constexpr double kWidth = 320, kHeight = 170;
constexpr double kLeft = 34, kRight = kWidth - 8, kTop = 8, kBottom = kHeight - 22;

struct Group {
  double epoch, mean, lowest, highest;
};

// About eight steps a group, unless that makes too many groups to see or too few for a curve.
std::vector<Group> grouped(const LossCurve& curve) {
  std::vector<Group> groups;
  const size_t steps = curve.size();
  const size_t count = std::min(std::clamp<size_t>(steps / 8, 30, 120), steps);
  for (size_t g = 0; g < count; ++g) {
    const size_t begin = g * steps / count, end = (g + 1) * steps / count;
    Group group{0, 0, curve[begin].loss, curve[begin].loss};
    for (size_t i = begin; i < end; ++i) {
      group.epoch += curve[i].epoch / static_cast<double>(end - begin);
      group.mean += curve[i].loss / static_cast<double>(end - begin);
      group.lowest = std::min(group.lowest, curve[i].loss);
      group.highest = std::max(group.highest, curve[i].loss);
    }
    if (std::isfinite(group.mean)) groups.push_back(group);
  }
  return groups;
}

// The plotted part of the plane: from the start of training and from a loss of zero, if none is
// below, to the largest loss after the first twentieth. What is above leaves the plot: the first
// steps fall from so high that nothing could be seen of the rest.
struct View {
  double last_epoch, lowest, highest;

  SvgPoint operator()(double epoch, double loss) const {
    return {kLeft + epoch / last_epoch * (kRight - kLeft),
            kBottom - (loss - lowest) / (highest - lowest) * (kBottom - kTop)};
  }
};

View view_of(const std::vector<Group>& groups, double last_epoch) {
  View view{last_epoch > 0 ? last_epoch : 1, 0, 0};
  for (const Group& group : groups) view.lowest = std::min(view.lowest, group.lowest);
  for (size_t i = groups.size() / 20; i < groups.size(); ++i)
    view.highest = std::max(view.highest, groups[i].highest);
  if (view.highest == view.lowest) view.highest += 1;
  return view;
}

std::string axes(const View& view) {
  std::string svg;
  for (const Tick& tick : round_ticks(view.lowest, view.highest, 4)) {
    const double y = view(0, tick.value).y;
    svg += svg_line({kLeft, y}, {kRight, y}, tick.value == 0 ? "axis" : "grid-line");
    svg += svg_text({kLeft - 5, y + 3.5}, tick.label, "tick end");
  }
  for (const Tick& tick : round_ticks(0, view.last_epoch, 4)) {
    const double x = view(tick.value, 0).x;
    svg += svg_text({x, kHeight - 8}, tick.label, "tick middle");
  }
  return svg;
}

}  // namespace

std::string loss_plot(const std::string& objective, const LossCurve& curve) {
  const std::vector<Group> groups = grouped(curve);
  if (groups.empty()) return "<p class=\"note\">No plot: no loss of this run is finite.</p>\n";

  const View view = view_of(groups, curve.back().epoch);
  std::string line, upper, lower;
  for (const Group& group : groups) {
    line += svg_coordinates(view(group.epoch, group.mean)) + ' ';
    upper += svg_coordinates(view(group.epoch, group.highest)) + ' ';
    lower = svg_coordinates(view(group.epoch, group.lowest)) + ' ' + lower;
  }
  return svg_open(kWidth, kHeight, "Training loss of " + objective) + axes(view) +
         "<polygon class=\"band\" points=\"" + upper + lower +
         "\"/>\n<polyline class=\"curve\" points=\"" + line + "\"/>\n</svg>\n";
}

}  // namespace gradian::examples
