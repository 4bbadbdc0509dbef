// The list of figures, of which a new one needs a row here and nothing else, and the files of a
// report. How the figures are laid out is up to table.cpp, html.cpp and json.cpp.
#include "examples/report/report.h"

#include <cmath>

#include "examples/program/text.h"
#include "tensor/files/file.h"

namespace gradian::examples {
namespace {

constexpr char kHtml[] = "report.html", kJson[] = "results.json";

}  // namespace

void check_report_writable(const std::filesystem::path& folder) {
  for (const char* file : {kHtml, kJson}) files::check_writable(folder / file);
}

void write_report(const Report& report, const std::filesystem::path& folder) {
  files::write_file(folder / kHtml, render_html(report));
  files::write_file(folder / kJson, render_json(report));
}

std::string Figure::written(const RunResult& run) const {
  const double number = value(run);
  return fixed(factor * number, digits) + (std::isfinite(number) ? unit : "");
}

const std::vector<Figure>& figures() {
  using Run = const RunResult&;
  static const std::vector<Figure> all{
      {"Accuracy", "test_accuracy", "Share of the test images that were classified correctly.",
       [](Run run) { return run.test_accuracy; }, 2, 100, " %"},
      {"Distance", "mean_distance", "Mean distance from a feature to the centre of its class.",
       [](Run run) { return run.statistics.mean_distance; }, 3},
      {"Spread", "center_spread", "Mean distance between two class centres.",
       [](Run run) { return run.statistics.center_spread; }, 3},
      {"Dist/Spread", "distance_over_spread",
       "Distance divided by Spread: small when classes are compact and far apart, whatever the "
       "scale of the features.",
       [](Run run) { return run.statistics.mean_distance / run.statistics.center_spread; }, 3},
      {"Intra", "intra_degrees", "Mean angle between a feature and the centre of its class.",
       [](Run run) { return run.statistics.intra_degrees; }, 1, 1, "°"},
      {"Inter", "inter_degrees",
       "Angle from a class centre to the nearest other one, mean over the classes.",
       [](Run run) { return run.statistics.inter_degrees; }, 1, 1, "°"},
      {"W-EC", "w_ec_degrees",
       "Angle between the weight of a class and its centre, mean over the classes.",
       [](Run run) { return run.statistics.w_ec_degrees; }, 1, 1, "°"},
      {"Seconds", "seconds", "Time that the training took.", [](Run run) { return run.seconds; },
       1},
  };
  return all;
}

}  // namespace gradian::examples
