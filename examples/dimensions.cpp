// Trains the network of compare_losses for longer, with features of 2 and of 64 dimensions and from
// several seeds: what center loss and ArcFace do to accuracy once features are not squeezed into a
// plane. Prints a table of means and standard deviations for each, and keeps every run's figures.
//   build/examples/dimensions --data build/data/fashion-mnist --out build/long
#include <algorithm>
#include <cmath>
#include <iostream>

#include "examples/program/arguments.h"
#include "examples/program/interrupt.h"
#include "examples/program/machine.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/report/columns.h"
#include "examples/report/profile.h"
#include "examples/report/report.h"
#include "examples/training/run.h"
#include "tensor/files/file.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr int64_t kCompared = 4;  // of make_objectives: softmax and ArcFace, each with center loss

// The runs of one objective in so many dimensions, of which only the seed differs.
struct Series {
  int64_t features;
  std::string objective;
  std::vector<RunResult> runs = {};
};

// The mean accuracy of the steps of the last epoch, without margin: of how much there is to learn
// still.
double last_training_accuracy(const RunResult& run) {
  const double start = run.curve.back().epoch - 1;
  double sum = 0, count = 0;
  for (const StepRecord& step : run.curve)
    if (step.epoch > start) sum += step.accuracy, ++count;
  return sum / count;
}

// "91.20 ± 0.13": mean and standard deviation, of one run its value alone.
std::string mean_and_spread(const Series& series, const Figure& figure) {
  double sum = 0, squares = 0;
  const double count = static_cast<double>(series.runs.size());
  for (const RunResult& run : series.runs) sum += figure.factor * figure.value(run);
  const double mean = sum / count;
  for (const RunResult& run : series.runs)
    squares += std::pow(figure.factor * figure.value(run) - mean, 2);
  const std::string spread =
      count > 1 ? " ± " + fixed(std::sqrt(squares / (count - 1)), figure.digits) : "";
  return fixed(mean, figure.digits) + spread;
}

// A table of the series with so many features.
std::string table_of(const std::vector<Series>& all, int64_t features) {
  std::vector<Figure> columns{{"Train %", "", "", last_training_accuracy, 2, 100}};
  for (const Figure& figure : figures())
    for (const char* key :
         {"test_accuracy", "distance_over_spread", "intra_degrees", "inter_degrees"})
      if (figure.key == key) columns.push_back(figure);
  Row head{text(features, " features")};
  for (const Figure& column : columns)
    head.push_back(column.key == "test_accuracy" ? "Test %" : column.name + column.unit);
  std::vector<Row> rows{head};
  for (const Series& series : all) {
    if (series.features != features || series.runs.empty()) continue;
    rows.push_back({series.objective});
    for (const Figure& column : columns) rows.back().push_back(mean_and_spread(series, column));
  }
  return aligned_columns(rows, 1);
}

// Trains all series, a run of each for one seed after the other, so that what Ctrl-C leaves has as
// many of each as may be.
void train_all(std::vector<Series>& all, const DataSplit& data, TrainOptions options, int64_t seeds,
               Report& report) {
  const uint64_t first = options.seed;
  for (; options.seed < first + static_cast<uint64_t>(seeds); ++options.seed)
    for (Series& series : all) {
      manual_seed(options.seed);
      const std::vector<Objective> objectives =
          make_objectives(data.train.num_classes(), series.features);
      const auto found = std::ranges::find(objectives, series.objective, &Objective::name);
      const std::string name =
          text(series.objective, ", ", series.features, " features, seed ", options.seed);
      forget_checkpoint(name, options.checkpoint, options.out);
      series.runs.push_back(run(name, *found, data, options));
      report.runs.push_back(series.runs.back());
      check_interrupted();
    }
}

int compare_dimensions(int argc, char** argv) {
  Arguments arguments(argc, argv,
                      "Trains with features of 2 and of more dimensions, from several seeds.");
  TrainOptions options = train_options(arguments, {.out = "build/long", .epochs = 10});
  const int64_t wide = arguments.integer("--features", 64, 3, 4096, "dimensions beside 2");
  const int64_t seeds = arguments.integer("--seeds", 3, 1, 100, "runs, from --seed on");
  if (!arguments.complete()) return 0;
  Profile profile;
  options.profile = profile_for(options.trace, profile);
  check_resumes_folder(options.checkpoint);
  files::check_writable(options.out / "results.json");

  const DataSplit data = load(options);
  Report report;
  report.title = text("What losses do in ", kPlane, " and in ", wide, " dimensions");
  report.dataset = data.description();
  report.training = training_description(options);
  if (seeds > 1) report.training += text(" to ", options.seed + static_cast<uint64_t>(seeds) - 1);
  report.machine = machine_description();
  report.options = arguments.command();
  report.class_names = data.train.class_names;
  std::cout << report.dataset << '\n' << report.machine << '\n' << report.training << '\n';
  std::vector<Series> all;
  for (const int64_t features : {kPlane, wide})
    for (int64_t i = 0; i < kCompared; ++i)
      all.push_back({features, make_objectives(data.train.num_classes(), features)[i].name});
  return run_interruptible(arguments, options.out, [&] {
    const auto show = [&] {
      for (const int64_t features : {kPlane, wide}) std::cout << '\n' << table_of(all, features);
      std::cout
          << "Mean ± standard deviation of the seeds. Train: accuracy in the last epoch, without\n"
             "margin; Dist/Spread, Intra, Inter: as in compare_losses\n";
      files::write_file(options.out / "results.json", render_json(report));
      if (options.profile) show_profile(profile, options.trace);
    };
    try {
      train_all(all, data, options, seeds, report);
    } catch (const Interrupted&) {
      if (!report.runs.empty()) show();
      throw;
    }
    show();
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("dimensions", [&] { return compare_dimensions(argc, argv); });
}
