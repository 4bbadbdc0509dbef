// Trains one small CNN with a 2-D embedding under five objectives on the same images, and shows
// side by side what each does to the features: a table, and a report with the scatter plots.
//   build/examples/compare_losses --data build/data/fashion-mnist --out build/report
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numbers>

#include "examples/command_line/arguments.h"
#include "examples/data/dataset.h"
#include "examples/data/idx.h"
#include "examples/data/synthetic.h"
#include "examples/metrics/angles.h"
#include "examples/report/html.h"
#include "examples/report/json.h"
#include "examples/report/progress.h"
#include "examples/report/table.h"
#include "examples/report/text.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr int64_t kFeatures = 2;

struct Options {
  int64_t epochs, batch_size, train_samples, seed;
};

// LeNet-like, [N, 1, H, W] -> [N, 2]. Pooling comes before PReLU: with a positive slope the two
// commute, and the activation then has a quarter of the work.
nn::Sequential make_network(int64_t height, int64_t width) {
  const nn::Conv2d::Options same{.padding = {1, 1}};
  const int64_t flat = 64 * (height / 8) * (width / 8);
  return nn::Sequential(
      nn::Conv2d(1, 16, 3, same), nn::MaxPool2d(2), nn::PReLU(16),              // [N, 16, H/2, W/2]
      nn::Conv2d(16, 32, 3, same), nn::MaxPool2d(2), nn::PReLU(32),             // [N, 32, H/4, W/4]
      nn::Conv2d(32, 64, 3, same), nn::MaxPool2d(2), nn::PReLU(64),             // [N, 64, H/8, W/8]
      nn::Flatten(), nn::Linear(flat, 64), nn::BatchNorm1d(64), nn::PReLU(64),  //
      nn::Linear(64, kFeatures));
}

// What turns features into a loss: a softmax classifier or a margin loss, and perhaps center loss.
struct Objective {
  std::string name;
  std::unique_ptr<nn::Linear> softmax;  // one of these two is set
  std::unique_ptr<MarginLoss> margin;
  std::unique_ptr<CenterLoss> center;  // may be null

  Variable loss(const Variable& features, const Tensor& labels) const {
    const Variable classification =
        margin ? (*margin)(features, labels) : cross_entropy((*softmax)(features), labels);
    return center ? classification + (*center)(features, labels) : classification;
  }
  // Without margin: what accuracy is measured on.
  Tensor scores(const Variable& features) const {
    return (margin ? margin->cosine_logits(features) : (*softmax)(features)).value();
  }
  const nn::Module& classifier() const {
    return margin ? static_cast<const nn::Module&>(*margin) : *softmax;
  }
  Variable class_weights() const { return margin ? margin->weight : softmax->weight; }
  // The network decays, the classifier and the centres do not: they learn faster, for they have
  // to keep up with features that move.
  std::vector<nn::ParameterGroup> groups(const nn::Module& network) const {
    std::vector<nn::ParameterGroup> groups{{network.named_parameters()}};
    groups.push_back({classifier().named_parameters(), margin ? 0.005 : 0.02, 0.0});
    if (center) groups.push_back({center->named_parameters(), 0.05, 0.0});
    return groups;
  }
};

// [C, 2]: vectors spread evenly over a circle. In the plane the rays of two classes can hardly pass
// each other while they train; random directions leave some classes on top of each other.
Tensor evenly_spread(int64_t classes, double radius) {
  std::vector<float> values;
  for (int64_t k = 0; k < classes; ++k) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(classes);
    values.push_back(static_cast<float>(radius * std::cos(angle)));
    values.push_back(static_cast<float>(radius * std::sin(angle)));
  }
  return Tensor::from(values, {classes, kFeatures});
}

// The margins fit the plane: with C classes ArcFace needs m < 2 pi / C there, and CosFace
// m <= 1 - cos(2 pi / C).
std::vector<Objective> make_objectives(int64_t classes) {
  const double scale = 10, count = static_cast<double>(classes);
  const double arc = std::min(0.2, 2 / count), cosine = std::min(0.1, 10 / (count * count));
  const auto softmax = [&] {
    return std::make_unique<nn::Linear>(kFeatures, classes, /*bias=*/false);
  };
  const auto arcface = [&] {
    return std::make_unique<ArcFaceLoss>(kFeatures, classes, scale, arc);
  };
  const auto center = [&] {
    return std::make_unique<CenterLoss>(classes, kFeatures, /*weight=*/0.1);
  };
  std::vector<Objective> all(5);
  all[0] = {"softmax", softmax(), nullptr, nullptr};
  all[1] = {"softmax + center", softmax(), nullptr, center()};
  all[2] = {"ArcFace", nullptr, arcface(), nullptr};
  all[3] = {"ArcFace + center", nullptr, arcface(), center()};
  all[4] = {"CosFace", nullptr, std::make_unique<CosFaceLoss>(kFeatures, classes, scale, cosine),
            nullptr};
  for (const Objective& objective : all) {
    objective.class_weights().set_value(evenly_spread(classes, objective.margin ? 1 : 3));
    if (objective.center) objective.center->centers.set_value(evenly_spread(classes, 3));
  }
  return all;
}

// The loop that everything else is about. Returns the loss after each step, by epoch.
LossCurve train(nn::Module& network, const Objective& objective, const Dataset& data,
                const Options& options) {
  nn::AdamW optimizer(objective.groups(network), {.lr = 5e-3, .weight_decay = 1e-3});
  nn::check_all_trained(optimizer, {&network, &objective.classifier()});
  if (objective.center) nn::check_all_trained(optimizer, {objective.center.get()});
  Generator shuffle(static_cast<uint64_t>(options.seed));
  // Batch norm cannot do with a rest of one image, so the rest of an epoch waits for the next one.
  const Batches batches(data, options.batch_size, shuffle, data.size() > options.batch_size);
  const int64_t steps = batches.size();
  const nn::Schedule schedule =
      nn::warm_up(50, nn::cosine(std::max<int64_t>(1, steps * options.epochs - 50)));
  Progress progress(options.epochs, steps);
  LossCurve curve;
  int64_t step = 0;
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    for (const Batch& batch : batches) {
      const Variable features = network(Variable(batch.images));
      const Variable loss = objective.loss(features, batch.labels);
      optimizer.zero_grad();
      loss.backward();
      nn::clip_grad_norm(network.named_parameters(), 5);
      optimizer.set_learning_rate_factor(schedule(step++));
      optimizer.step();

      const NoGrad no_grad;
      const double hits = accuracy(objective.scores(features.detach()), batch.labels);
      progress.update(batch.labels.numel(), loss.item(), hits);
      curve.push_back({static_cast<double>(step) / static_cast<double>(steps), loss.item()});
    }
  }
  progress.finish();
  return curve;
}

// [N, 2] features of all test images, in evaluation mode.
Tensor embed(nn::Module& network, const Dataset& data) {
  const NoGrad no_grad;
  network.eval();
  std::vector<Tensor> parts;
  for (const Batch& batch : Batches(data, 500))
    parts.push_back(network(Variable(batch.images)).value());
  network.train();
  return concat(parts, 0);
}

RunResult run(const Objective& objective, const DataSplit& data, const Options& options) {
  manual_seed(static_cast<uint64_t>(options.seed));  // every objective starts from one network
  nn::Sequential network = make_network(data.train.images.size(2), data.train.images.size(3));
  std::cout << '\n' << objective.name << '\n' << std::flush;
  const auto start = std::chrono::steady_clock::now();
  RunResult result;
  result.objective = objective.name;
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
      arguments.text("--data", "synthetic", "folder of IDX files, or \"synthetic\"");
  const std::filesystem::path out =
      arguments.text("--out", "build/report", "folder for report.html and results.json");
  options.epochs = arguments.integer("--epochs", 4, 1, 1000, "passes over the training images");
  options.train_samples = arguments.integer("--train-samples", 0, 0, 1 << 30,
                                            "use only the first N training images, 0: all");
  options.batch_size = arguments.integer("--batch-size", 128, 2, 1 << 20, "images a step");
  options.seed =
      arguments.integer("--seed", 1, 0, 1 << 30, "of initial weights, order and drawn images");
  const int64_t classes = arguments.integer("--classes", 10, 2, 1000, "of synthetic images");
  set_num_threads(static_cast<int>(
      arguments.integer("--threads", num_threads(), 1, 1024, "threads to compute with")));
  if (!arguments.complete()) return 0;

  const DataSplit data = load(source, options, classes);
  check(data.train.images.size(2) >= 8 && data.train.images.size(3) >= 8,
        "the network needs images of at least 8 x 8 pixels, got ", data.train.images.shape());
  const int64_t samples = data.train.size();
  Report report;
  report.title = "What five losses do to the features";
  report.dataset =
      text(data.name, ", ", samples, " training and ", data.test.size(), " test images");
  report.machine = machine_description();
  report.options = arguments.command();
  report.class_names = data.train.class_names;
  std::cout << report.dataset << '\n'
            << report.machine << '\n'
            << options.epochs << " epochs for each objective\n";

  manual_seed(static_cast<uint64_t>(options.seed));
  for (const Objective& objective : make_objectives(data.train.num_classes()))
    report.runs.push_back(run(objective, data, options));

  write_file(out / "report.html", render_html(report));
  write_file(out / "results.json", render_json(report));
  std::cout << '\n'
            << render_table(report) << "\nOpen " << (out / "report.html").string()
            << " for the plots.\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "compare_losses: " << error.what() << '\n';
    return 1;
  }
}
