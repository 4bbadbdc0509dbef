// Draws features in layers: axes, dots, rays, centres, the numbers of the axes. Each part carries
// its class (k0, k1, ...), which style.cpp colours and the legend of html.cpp highlights.
#include "examples/report/plots.h"

#include <algorithm>
#include <cmath>

#include "examples/data/dataset.h"
#include "examples/program/text.h"
#include "examples/report/plane.h"
#include "examples/report/svg.h"

namespace gradian::examples {
namespace {

struct AxisMarks {
  std::string lines, labels;  // the labels are drawn on top of all else
};

AxisMarks axes_of(const PlaneView& view) {
  const SvgPoint origin = view({0, 0});
  AxisMarks axes{svg_line({0, origin.y}, {kPlotSize, origin.y}, "axis") +
                     svg_line({origin.x, 0}, {origin.x, kPlotSize}, "axis"),
                 ""};
  for (const Tick& tick : round_ticks(view.left, view.left + view.side, 6)) {
    const double x = view({tick.value, 0}).x;
    axes.lines += svg_line({x, origin.y - 3}, {x, origin.y + 3}, "axis");
    if (tick.value != 0 && x > 20 && x < kPlotSize - 12)
      axes.labels += svg_text({x, kPlotSize - 4}, tick.label, "tick middle");
  }
  for (const Tick& tick : round_ticks(view.bottom, view.bottom + view.side, 6)) {
    const double y = view({0, tick.value}).y;
    axes.lines += svg_line({origin.x - 3, y}, {origin.x + 3, y}, "axis");
    if (tick.value != 0 && y > 12 && y < kPlotSize - 20)
      axes.labels += svg_text({3, y + 3}, tick.label, "tick");
  }
  return axes;
}

// Dots are points with round caps: a path of many costs less than as many circles.
std::string dots_of_class(const PlaneView& view, const std::vector<PlanePoint>& dots, size_t k,
                          const std::string& name) {
  if (dots.empty()) return "";
  std::string path;
  for (const PlanePoint& dot : dots) path += 'M' + svg_coordinates(view(dot)) + "h0";
  return text("<path class=\"dots of k", k, "\" d=\"", path, "\"><title>", k, ' ',
              escape_markup(name), "</title></path>\n");
}

// From the origin to the edge of the plot, in the direction of the weight.
std::string ray(const PlaneView& view, PlanePoint weight, size_t k) {
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

std::string center_marker(const PlaneView& view, PlanePoint center, size_t k,
                          const std::string& name) {
  const SvgPoint at = view(center);
  return text("<g class=\"center of k", k, "\"><title>centre of ", k, ' ', escape_markup(name),
              "</title><circle cx=\"", fixed(at.x, 1), "\" cy=\"", fixed(at.y, 1), "\" r=\"8\"/>") +
         svg_text({at.x, at.y + 3.2}, std::to_string(k), "middle") + "</g>\n";
}

// The dots to show, a list a class, in the coordinates of the features.
std::vector<std::vector<PlanePoint>> sampled_dots(const RunResult& run, size_t classes) {
  const std::vector<PlanePoint> points = points_of(run.features);
  const std::vector<int64_t> labels = run.labels.to_vector<int64_t>();
  std::vector<std::vector<PlanePoint>> dots(classes);
  for (const int64_t row : balanced_sample(run.labels, static_cast<int64_t>(classes), kMaxDots)) {
    const size_t i = static_cast<size_t>(row);
    if (is_finite(points[i])) dots[static_cast<size_t>(labels[i])].push_back(points[i]);
  }
  return dots;
}

}  // namespace

std::string why_not_plotted(const RunResult& run) {
  if (!run.features.defined()) return "the features of this run were not kept.";
  check(run.features.dim() == 2 && run.labels.shape() == Shape{run.features.size(0)},
        "report: expected features [N, d] and labels [N], got ", run.features.shape(), " and ",
        run.labels.shape());
  const int64_t width = run.features.size(1);
  if (width != 2)
    return text("the features have ", width, width == 1 ? " dimension" : " dimensions",
                ", and only two can be drawn as they are.");
  const std::vector<PlanePoint> points = points_of(run.features);
  if (std::none_of(points.begin(), points.end(), is_finite))
    return "no feature of this run is a finite number.";
  return "";
}

std::string scatter_plot(const RunResult& run, const std::vector<std::string>& class_names) {
  const std::vector<std::vector<PlanePoint>> dots = sampled_dots(run, class_names.size());
  const PlaneView view = view_of(run);
  const AxisMarks axes = axes_of(view);
  std::string svg =
      svg_open(kPlotSize, kPlotSize, "Features under " + run.objective, "scatter") + axes.lines;
  for (size_t k = 0; k < dots.size(); ++k) svg += dots_of_class(view, dots[k], k, class_names[k]);
  svg += "<g class=\"live\"></g>\n";  // the moving points, which script.cpp puts here
  if (run.weights.defined()) {
    const std::vector<PlanePoint> weights = points_of(run.weights);
    check(weights.size() == dots.size(), "report: expected one weight for each of the ",
          dots.size(), " class names, got ", weights.size());
    for (size_t k = 0; k < weights.size(); ++k) svg += ray(view, weights[k], k);
  }
  if (run.statistics.centers.defined()) {
    const std::vector<PlanePoint> centers = points_of(run.statistics.centers);
    for (size_t k = 0; k < std::min(centers.size(), class_names.size()); ++k)
      if (is_finite(centers[k])) svg += center_marker(view, centers[k], k, class_names[k]);
  }
  return svg + axes.labels + "</svg>\n";
}

}  // namespace gradian::examples
