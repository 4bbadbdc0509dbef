// Trains one small CNN with a 2-D embedding under five objectives on the same images, and shows
// side by side what each does to the features: a table, and a report with the scatter plots. The
// objectives and the training loop are in examples/training/.
//   build/examples/compare_losses --data build/data/fashion-mnist --out build/report
#include <chrono>
#include <filesystem>
#include <iostream>

#include "examples/data/idx.h"
#include "examples/data/synthetic.h"
#include "examples/metrics/angles.h"
#include "examples/program/arguments.h"
#include "examples/program/machine.h"
#include "examples/program/run_main.h"
#include "examples/report/report.h"
#include "examples/training/train.h"
#include "losses/cross_entropy.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

struct Options : TrainOptions {
  int64_t train_samples;
};

RunResult run(const Objective& objective, const DataSplit& data, const Options& options) {
  manual_seed(static_cast<uint64_t>(options.seed));  // every objective starts from one network
  nn::Sequential network = make_network(data.train.images.size(2), data.train.images.size(3));
  std::cout << '\n' << objective.name << '\n' << std::flush;
  const auto start = std::chrono::steady_clock::now();
  RunResult result;
  result.objective = objective.name;
  result.description = objective.description();
  result.loss_curve = train(network, objective, data.train, options);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.features = embed(network, data.test);
  result.labels = data.test.labels;
  result.weights = objective.class_weights().value();
  result.test_accuracy = accuracy(objective.scores(Variable(result.features)), result.labels);
  result.statistics = feature_statistics(result.features, result.labels, result.weights);
  return result;
}

DataSplit load(const std::string& source, const Options& options, int64_t classes) {
  const bool draw = source == "synthetic";
  const int64_t samples = options.train_samples > 0 ? options.train_samples : 10000;
  DataSplit data = draw ? synthetic(classes, samples, 2000, static_cast<uint64_t>(options.seed))
                        : read_idx(source);
  if (options.train_samples > 0) data.train = take(data.train, options.train_samples);
  return data;
}

int compare(int argc, char** argv) {
  Arguments arguments(
      argc, argv,
      "Trains one small CNN with 2-D features under five objectives and compares them.");
  Options options;
  const std::string source =
      arguments.path("--data", "synthetic", "folder of IDX files, or \"synthetic\"");
  const std::filesystem::path out =
      arguments.path("--out", "build/report", "folder for report.html and results.json");
  options.epochs = arguments.integer("--epochs", 4, 1, 1000, "passes over the training images");
  options.train_samples = arguments.integer(
      "--train-samples", 0, 0, 1 << 30, "the first N training images, 0: all (synthetic: 10000)");
  options.batch_size = arguments.integer("--batch-size", 128, 2, 1 << 20, "images a step");
  options.seed =
      arguments.integer("--seed", 1, 0, 1 << 30, "of initial weights, order and drawn images");
  const int64_t classes = arguments.integer("--classes", 10, 2, 1000, "of synthetic images");
  set_num_threads(static_cast<int>(
      arguments.integer("--threads", num_threads(), 1, 1024, "threads to compute with")));
  if (!arguments.complete()) return 0;
  check(source == "synthetic" || classes == 10, "--classes is for synthetic images, not for ",
        source);
  check(options.train_samples != 1, "--train-samples: batch norm needs at least 2 images, got 1");
  check_report_writable(out);

  const DataSplit data = load(source, options, classes);
  check(data.train.images.size(2) >= 8 && data.train.images.size(3) >= 8,
        "the network needs images of at least 8 x 8 pixels, got ", data.train.images.shape());
  const int64_t samples = data.train.size();
  Report report;
  report.title = "What five losses do to the features";
  report.dataset =
      text(data.name, ", ", samples, " training and ", data.test.size(), " test images");
  report.training = training_description(options);
  report.machine = machine_description();
  report.options = arguments.command();
  report.class_names = data.train.class_names;
  std::cout << report.dataset << '\n'
            << report.machine << '\n'
            << options.epochs << (options.epochs == 1 ? " epoch" : " epochs")
            << " for each objective\n";

  manual_seed(static_cast<uint64_t>(options.seed));
  for (const Objective& objective : make_objectives(data.train.num_classes()))
    report.runs.push_back(run(objective, data, options));

  std::cout << '\n' << render_table(report) << std::flush;
  write_report(report, out);
  std::cout << "\nOpen " << (out / "report.html").string() << " for the plots.\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("compare_losses", [&] { return compare(argc, argv); });
}
