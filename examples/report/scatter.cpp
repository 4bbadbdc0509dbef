// Draws features in layers: axes, dots, rays, centres, the numbers of the axes. Each part carries
// its class (k0, k1, ...), which style.cpp colours and the legend of html.cpp highlights.
#include "examples/report/plots.h"

#include <algorithm>
#include <cmath>

#include "examples/program/text.h"
#include "examples/report/svg.h"
#include "tensor/random.h"

namespace gradian::examples {
namespace {

constexpr double kSize = 360;  // width and height of the plot in SVG units

struct Point {
  double x, y;
};
bool is_finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

std::vector<Point> points_of(const Tensor& rows) {
  check(rows.dim() == 2 && rows.size(1) == 2, "report: expected rows of two numbers, got ",
        rows.shape());
  const std::vector<double> values = rows.to_vector<double>();
  std::vector<Point> points;
  for (size_t i = 0; i + 1 < values.size(); i += 2) points.push_back({values[i], values[i + 1]});
  return points;
}

// A square part of the plane that fills the plot.
struct View {
  double left, bottom, side;

  SvgPoint operator()(Point p) const {
    return {(p.x - left) / side * kSize, kSize - (p.y - bottom) / side * kSize};
  }
};

// The smallest view of all dots and of the origin, with a margin around.
View view_of(const std::vector<std::vector<Point>>& dots) {
  Point low{0, 0}, high{0, 0};
  for (const std::vector<Point>& dots_of_class : dots)
    for (const Point& p : dots_of_class) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
  double side = 1.12 * std::max(high.x - low.x, high.y - low.y);
  if (side == 0) side = 1;
  return {(low.x + high.x - side) / 2, (low.y + high.y - side) / 2, side};
}

struct AxisMarks {
  std::string lines, labels;  // the labels are drawn on top of all else
};

AxisMarks axes_of(const View& view) {
  const SvgPoint origin = view({0, 0});
  AxisMarks axes{svg_line({0, origin.y}, {kSize, origin.y}, "axis") +
                     svg_line({origin.x, 0}, {origin.x, kSize}, "axis"),
                 ""};
  for (const Tick& tick : round_ticks(view.left, view.left + view.side, 6)) {
    const double x = view({tick.value, 0}).x;
    axes.lines += svg_line({x, origin.y - 3}, {x, origin.y + 3}, "axis");
    if (tick.value != 0 && x > 20 && x < kSize - 12)
      axes.labels += svg_text({x, kSize - 4}, tick.label, "tick middle");
  }
  for (const Tick& tick : round_ticks(view.bottom, view.bottom + view.side, 6)) {
    const double y = view({0, tick.value}).y;
    axes.lines += svg_line({origin.x - 3, y}, {origin.x + 3, y}, "axis");
    if (tick.value != 0 && y > 12 && y < kSize - 20)
      axes.labels += svg_text({3, y + 3}, tick.label, "tick");
  }
  return axes;
}

// Dots are points with round caps: a path of many costs less than as many circles.
std::string dots_of_class(const View& view, const std::vector<Point>& dots, size_t k,
                          const std::string& name) {
  if (dots.empty()) return "";
  std::string path;
  for (const Point& dot : dots) path += 'M' + svg_coordinates(view(dot)) + "h0";
  return text("<path class=\"dots of k", k, "\" d=\"", path, "\"><title>", k, ' ',
              escape_markup(name), "</title></path>\n");
}

// From the origin to the edge of the plot, in the direction of the weight.
std::string ray(const View& view, Point weight, size_t k) {
  if (!is_finite(weight) || (weight.x == 0 && weight.y == 0)) return "";
  const auto steps_to_edge = [&](double direction, double low) {
    if (direction == 0) return HUGE_VAL;
    return (direction > 0 ? low + view.side : low) / direction;
  };
  const double t =
      std::min(steps_to_edge(weight.x, view.left), steps_to_edge(weight.y, view.bottom));
  const SvgPoint origin = view({0, 0}), edge = view({t * weight.x, t * weight.y});
  return svg_line(origin, edge, text("halo of k", k)) + svg_line(origin, edge, text("ray of k", k));
}

std::string center_marker(const View& view, Point center, size_t k, const std::string& name) {
  const SvgPoint at = view(center);
  return text("<g class=\"center of k", k, "\"><title>centre of ", k, ' ', escape_markup(name),
              "</title><circle cx=\"", fixed(at.x, 1), "\" cy=\"", fixed(at.y, 1), "\" r=\"8\"/>") +
         svg_text({at.x, at.y + 3.2}, std::to_string(k), "middle") + "</g>\n";
}

// The dots to show, a list a class, in the coordinates of the features.
std::vector<std::vector<Point>> sampled_dots(const RunResult& run, size_t classes) {
  const std::vector<Point> points = points_of(run.features);
  const std::vector<int64_t> labels = run.labels.to_vector<int64_t>();
  std::vector<std::vector<Point>> dots(classes);
  for (const int64_t row : balanced_sample(run.labels, static_cast<int64_t>(classes), kMaxDots)) {
    const size_t i = static_cast<size_t>(row);
    if (is_finite(points[i])) dots[static_cast<size_t>(labels[i])].push_back(points[i]);
  }
  return dots;
}

}  // namespace

// Walks the rows in a random order and keeps those whose class is not yet full.
std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit) {
  const std::vector<int64_t> label_of = labels.to_vector<int64_t>();
  const int64_t quota = std::max<int64_t>(1, limit / std::max<int64_t>(1, classes));
  std::vector<int64_t> taken(static_cast<size_t>(classes));
  std::vector<int64_t> rows;
  Generator generator(0);
  for (const int64_t row : randperm(labels.numel(), generator).to_vector<int64_t>()) {
    const int64_t label = label_of[static_cast<size_t>(row)];
    check(label >= 0 && label < classes, "report: label ", label, " at row ", row,
          ", but there are ", classes, " class names");
    if (static_cast<int64_t>(rows.size()) == limit) break;
    if (++taken[static_cast<size_t>(label)] <= quota) rows.push_back(row);
  }
  return rows;
}

std::string why_not_plotted(const RunResult& run) {
  if (!run.features.defined()) return "the features of this run were not kept.";
  check(run.features.dim() == 2 && run.labels.shape() == Shape{run.features.size(0)},
        "report: expected features [N, d] and labels [N], got ", run.features.shape(), " and ",
        run.labels.shape());
  const int64_t width = run.features.size(1);
  if (width != 2)
    return text("the features have ", width, width == 1 ? " dimension" : " dimensions",
                ", and only two can be drawn as they are.");
  const std::vector<Point> points = points_of(run.features);
  if (std::none_of(points.begin(), points.end(), is_finite))
    return "no feature of this run is a finite number.";
  return "";
}

std::string scatter_plot(const RunResult& run, const std::vector<std::string>& class_names) {
  const std::vector<std::vector<Point>> dots = sampled_dots(run, class_names.size());
  const View view = view_of(dots);
  const AxisMarks axes = axes_of(view);
  std::string svg = svg_open(kSize, kSize, "Features under " + run.objective) + axes.lines;
  for (size_t k = 0; k < dots.size(); ++k) svg += dots_of_class(view, dots[k], k, class_names[k]);
  if (run.weights.defined()) {
    const std::vector<Point> weights = points_of(run.weights);
    check(weights.size() == dots.size(), "report: expected one weight for each of the ",
          dots.size(), " class names, got ", weights.size());
    for (size_t k = 0; k < weights.size(); ++k) svg += ray(view, weights[k], k);
  }
  if (run.statistics.centers.defined()) {
    const std::vector<Point> centers = points_of(run.statistics.centers);
    for (size_t k = 0; k < std::min(centers.size(), class_names.size()); ++k)
      if (is_finite(centers[k])) svg += center_marker(view, centers[k], k, class_names[k]);
  }
  return svg + axes.labels + "</svg>\n";
}

}  // namespace gradian::examples
