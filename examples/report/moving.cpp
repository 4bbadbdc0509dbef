// The moving picture: its controls, and what script.cpp moves as JSON. Points are in the units of
// the plots that scatter.cpp draws, so that the script only has to put them there.
#include "examples/report/plots.h"

#include <algorithm>

#include "examples/data/dataset.h"
#include "examples/data/resample.h"
#include "examples/program/text.h"
#include "examples/report/image_data.h"
#include "examples/report/json_parts.h"
#include "examples/report/markup.h"
#include "examples/report/plane.h"
#include "tensor/files/json.h"

namespace gradian::examples {
namespace {

using files::json_number, files::json_string;

constexpr int64_t kSheetColumns = 20, kLargestTile = 32;

std::string json_points(const std::vector<SvgPoint>& points) {
  std::vector<double> numbers;
  for (const SvgPoint& p : points) numbers.insert(numbers.end(), {p.x, p.y});
  const Quantized quantized = quantize(numbers);
  return json_block('{',
                    {json_member("unit", json_number(quantized.unit)),
                     json_member("numbers", json_string(quantized.base64))},
                    '}', 6);
}

// Of the ends of the classifier's weights, which only say where rays go to.
std::vector<SvgPoint> directions(const Tensor& weights) {
  std::vector<SvgPoint> ends;
  for (const PlanePoint& w : points_of(weights)) {
    const double length = std::hypot(w.x, w.y);
    ends.push_back({w.x / length, -w.y / length});  // y downwards
  }
  return ends;
}

bool moves(const RunResult& run) {
  return why_not_plotted(run).empty() && run.snapshots.features.defined();
}

std::string run_object(const RunResult& run) {
  if (!run.snapshots.features.defined()) return "null";
  const PlaneView view = view_of(run);
  std::vector<SvgPoint> points;
  for (const PlanePoint& p : points_of(run.snapshots.features)) points.push_back(view(p));
  const SvgPoint origin = view({0, 0});
  return json_block(
      '{',
      {json_member("origin", json_line({json_number(origin.x), json_number(origin.y)})),
       json_member("points", json_points(points)),
       json_member("rays", json_points(directions(run.snapshots.weights)))},
      '}', 4);
}

template <class Number>
std::string numbers(const std::vector<Number>& values) {
  JsonParts parts;
  for (const Number value : values) parts.push_back(std::to_string(value));
  return json_line(parts);
}

// [N, C, H, W] in rows on one sheet [C, rows * H, columns * W].
Tensor sheet_of(const Tensor& tiles) {
  const int64_t height = tiles.size(2), width = tiles.size(3);
  const int64_t rows = (tiles.size(0) + kSheetColumns - 1) / kSheetColumns;
  const Tensor sheet =
      Tensor::zeros({tiles.size(1), rows * height, kSheetColumns * width}, tiles.dtype());
  for (int64_t i = 0; i < tiles.size(0); ++i) {
    const int64_t y = i / kSheetColumns * height, x = i % kSheetColumns * width;
    Tensor place = sheet.slice(1, y, y + height).slice(2, x, x + width);
    place.copy_from(tiles.select(0, i));
  }
  return sheet;
}

// The images that are followed, of at most kLargestTile pixels a side.
Tensor tiles_of(const Report& report) {
  const Dataset all{report.images, report.runs[0].labels, report.class_names};
  const Tensor images = shown_pixels(at_rows(all, report.followed).images);
  const int64_t height = images.size(2), width = images.size(3), side = std::max(height, width);
  if (side <= kLargestTile) return images;
  const auto grid = [&](int64_t size) {
    return Grid::covering(size, std::max<int64_t>(1, size * kLargestTile / side));
  };
  return resample(images, grid(height), grid(width), kTriangle, Around::nothing);
}

const RunResult* first_that_moves(const Report& report) {
  const auto found = std::ranges::find_if(report.runs, moves);
  return found == report.runs.end() || !report.images.defined() ? nullptr : &*found;
}

std::string script_data(const Report& report, const RunResult& run, const Tensor& tiles) {
  JsonParts names, labels, runs;
  for (const std::string& name : report.class_names) names.push_back(json_string(name));
  const std::vector<int64_t> label_of = run.labels.to_vector<int64_t>();
  for (const int64_t row : report.followed)
    labels.push_back(std::to_string(label_of[static_cast<size_t>(row)]));
  for (const RunResult& each : report.runs)  // one for each plot
    if (why_not_plotted(each).empty()) runs.push_back(run_object(each));
  const double epochs = run.curve.empty() ? 0 : run.curve.back().epoch;
  std::string json = json_block(
      '{',
      {json_member("steps", numbers(run.snapshots.steps)),
       json_member("epochs", json_number(epochs)), json_member("names", json_line(names)),
       json_member("labels", json_line(labels)),
       json_member("tile", json_line({std::to_string(tiles.size(3)), std::to_string(tiles.size(2)),
                                      std::to_string(kSheetColumns)})),
       json_member("runs", json_block('[', runs, ']', 4))},
      '}', 2);
  // Within a <script> no text may look like its end.
  for (size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at))
    json.replace(at, 1, "\\u003c");
  return json;
}

}  // namespace

std::string moving_controls(const Report& report) {
  const RunResult* const run = first_that_moves(report);
  if (run == nullptr) return "";
  const size_t last = run->snapshots.steps.size() - 1;
  return element(
      "div",
      element("button", "Play", "type=\"button\" id=\"play\"") +
          element("label", "Training step", "for=\"step\"") +
          text("<input type=\"range\" id=\"step\" aria-label=\"Training step\" min=\"0\" max=\"",
               last, "\" value=\"", last, "\">\n") +
          element("output", "", "id=\"where\" for=\"step\"") +
          element("label",
                  "<input type=\"checkbox\" id=\"digits\"> digits for dots, of those that move") +
          element("p", "", "id=\"said\" class=\"unseen\" aria-live=\"polite\""),
      "class=\"controls\" hidden");
}

std::string moving_data(const Report& report) {
  const RunResult* const run = first_that_moves(report);
  if (run == nullptr) return "";
  const Tensor tiles = tiles_of(report);
  return "<img id=\"sheet\" alt=\"\" hidden src=\"" + image_data(sheet_of(tiles)) + "\">\n" +
         element("script", script_data(report, *run, tiles),
                 "type=\"application/json\" id=\"data\"");
}

}  // namespace gradian::examples
