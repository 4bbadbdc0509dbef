// Draws ROC curves of millions of thresholds at about two hundred false accept rates.
#include <algorithm>
#include <cmath>

#include "examples/program/text.h"
#include "examples/recognition/report.h"
#include "examples/report/svg.h"

namespace gradian::examples {
namespace {

constexpr double kWidth = 640, kHeight = 360;
constexpr double kLeft = 44, kRight = kWidth - 12, kTop = 10, kBottom = kHeight - 38;
constexpr int kPoints = 200, kLegendLine = 24;
// Lines differ by more than their colour.
constexpr const char* kDashes[] = {"none", "9 3", "3 3", "12 3 3 3", "6 6", "1 3"};

struct View {
  double decades;  // the axis begins at FAR = 10^-decades

  SvgPoint operator()(double log_far, double tar) const {
    return {kLeft + (1 + log_far / decades) * (kRight - kLeft), kBottom - tar * (kBottom - kTop)};
  }
};

std::string axes(const View& view) {
  std::string svg;
  for (const Tick& tick : round_ticks(0, 1, 5)) {
    const double y = view(0, tick.value).y;
    svg += svg_line({kLeft, y}, {kRight, y}, tick.value == 0 ? "axis" : "grid-line");
    svg += svg_text({kLeft - 5, y + 3.5}, tick.label, "tick end");
  }
  for (int decade = 0; decade <= static_cast<int>(view.decades); ++decade) {
    const double x = view(-decade, 0).x;
    svg += svg_line({x, kTop}, {x, kBottom}, "grid-line");
    svg += svg_text({x, kBottom + 15}, decade == 0 ? "1" : text("1e-", decade), "tick middle");
  }
  return svg + svg_text({(kLeft + kRight) / 2, kHeight - 6}, "FAR", "tick middle") +
         svg_text({kLeft + 4, kTop + 9}, "TAR", "tick");
}

// At each rate the largest TAR among thresholds whose FAR is no larger.
std::string curve_points(const RocCurve& roc, const View& view) {
  std::string points;
  for (int i = 0; i <= kPoints; ++i) {
    const double log_far = view.decades * (i - kPoints) / kPoints;
    const auto beyond = std::upper_bound(roc.far.begin(), roc.far.end(), std::pow(10, log_far));
    const double tar = roc.tar[static_cast<size_t>(beyond - roc.far.begin()) - 1];
    points += svg_coordinates(view(log_far, tar)) + ' ';
  }
  return points;
}

}  // namespace

std::string roc_plot(const RecognitionReport& report, size_t test_set) {
  const std::vector<RecognitionRun>& runs = report.runs;
  const double negatives = static_cast<double>(runs[0].evaluations[test_set].roc.negatives);
  const View view{std::max(1.0, std::floor(std::log10(negatives)))};
  std::string svg =
      svg_open(kWidth, kHeight, "ROC curves on " + runs[0].evaluations[test_set].test_set) +
      axes(view);
  for (size_t r = 0; r < runs.size(); ++r) {
    const std::string line = text("<polyline class=\"roc k", r, "\" stroke-dasharray=\"",
                                  kDashes[r % std::size(kDashes)], "\" points=\"");
    const double y = kBottom - 12 - 14 * static_cast<double>(runs.size() - 1 - r);
    svg += line + curve_points(runs[r].evaluations[test_set].roc, view) + "\"/>\n" + line +
           svg_coordinates({kRight - 170, y}) + ' ' +
           svg_coordinates({kRight - 170 + kLegendLine, y}) + "\"/>\n" +
           svg_text({kRight - 140, y + 3.5}, runs[r].objective, "tick");
  }
  return svg + "</svg>\n";
}

}  // namespace gradian::examples
