#include "examples/report/plane.h"

#include <algorithm>

namespace gradian::examples {
namespace {

// The part of the features, and of those of all snapshots, that may lie beyond each side: a few, or
// an early time when they were larger, would make all others small.
constexpr double kCutOff = 0.002, kEarlyCutOff = 0.05;

struct Range {
  double low = 0, high = 0;

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// The numbers without the outermost on each side.
void add_most(Range& range, std::vector<double> values, double cut_off) {
  if (values.empty()) return;
  std::ranges::sort(values);
  const auto cut = static_cast<size_t>(cut_off * static_cast<double>(values.size()));
  range.add(values[cut]);
  range.add(values[values.size() - 1 - cut]);
}

}  // namespace

std::vector<PlanePoint> points_of(const Tensor& rows) {
  check(rows.dim() >= 2 && rows.size(-1) == 2, "report: expected rows of two numbers, got ",
        rows.shape());
  const std::vector<double> values = rows.to_vector<double>();
  std::vector<PlanePoint> points;
  for (size_t i = 0; i + 1 < values.size(); i += 2) points.push_back({values[i], values[i + 1]});
  return points;
}

PlaneView view_of(const RunResult& run) {
  Range across, up;
  const auto add = [&](const Tensor& features, double cut_off) {
    std::vector<double> x, y;
    for (const PlanePoint& p : points_of(features))
      if (is_finite(p)) {
        x.push_back(p.x);
        y.push_back(p.y);
      }
    add_most(across, x, cut_off);
    add_most(up, y, cut_off);
  };
  add(run.features, kCutOff);
  if (run.snapshots.features.defined()) add(run.snapshots.features, kEarlyCutOff);
  double side = 1.12 * std::max(across.high - across.low, up.high - up.low);
  if (side == 0) side = 1;
  return {(across.low + across.high - side) / 2, (up.low + up.high - side) / 2, side};
}

}  // namespace gradian::examples
