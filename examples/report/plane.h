// Features in the plane and the square part of it that a plot shows.
#pragma once

#include <cmath>
#include <vector>

#include "examples/report/report.h"
#include "examples/report/svg.h"

namespace gradian::examples {

constexpr double kPlotSize = 360;  // width and height of a plot of features in SVG units

struct PlanePoint {
  double x, y;
};
inline bool is_finite(PlanePoint p) { return std::isfinite(p.x) && std::isfinite(p.y); }

// The rows of [..., 2].
std::vector<PlanePoint> points_of(const Tensor& rows);

// A square that fills a plot; both axes have one scale.
struct PlaneView {
  double left, bottom, side;

  SvgPoint operator()(PlanePoint p) const {
    return {(p.x - left) / side * kPlotSize, kPlotSize - (p.y - bottom) / side * kPlotSize};
  }
};

// The smallest view of the origin, of all but very few of the features and of most of those in its
// snapshots, with a margin around: one view for the whole training, so that what moves is
// the features.
PlaneView view_of(const RunResult& run);

}  // namespace gradian::examples
