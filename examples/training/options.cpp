#include "examples/training/options.h"

#include "examples/data/idx.h"
#include "examples/data/synthetic.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

constexpr char kSynthetic[] = "synthetic";

}  // namespace

std::filesystem::path profile_option(Arguments& arguments, const std::filesystem::path& out) {
  return arguments.optional_path("--profile", (out / "profile.json").string(),
                                 "tells where the time went, and writes profile.json");
}

TrainOptions train_options(Arguments& arguments, const TrainOptions& defaults) {
  TrainOptions options = defaults;
  options.data = arguments.path("--data", defaults.data, "folder of IDX files, or \"synthetic\"");
  if (!defaults.out.empty())
    options.out =
        arguments.path("--out", defaults.out.string(), "folder for report.html and results.json");
  options.epochs =
      arguments.integer("--epochs", defaults.epochs, 1, 1000, "passes over the training images");
  options.train_samples =
      arguments.integer("--train-samples", defaults.train_samples, 0, 1 << 30,
                        "the first N training images, 0: all (synthetic: 10000)");
  options.batch_size =
      arguments.integer("--batch-size", defaults.batch_size, 2, 1 << 20, "images a step");
  options.seed = static_cast<uint64_t>(
      arguments.integer("--seed", static_cast<int64_t>(defaults.seed), 0, 1 << 30,
                        "of initial weights, order and drawn images"));
  options.classes =
      arguments.integer("--classes", defaults.classes, 2, 1000, "of synthetic images");
  options.checkpoint = checkpoint_options(arguments, defaults.checkpoint.file);
  options.trace = profile_option(arguments, options.out.empty() ? "build" : options.out);
  set_num_threads(static_cast<int>(
      arguments.integer("--threads", num_threads(), 1, 1024, "threads to compute with")));
  check(options.data == kSynthetic || options.classes == defaults.classes,
        "--classes is for synthetic images, not for ", options.data);
  check(options.train_samples != 1, "--train-samples: batch norm needs at least 2 images, got 1");
  return options;
}

std::string TrainOptions::run() const {
  return text("data ", data, ", epochs ", epochs, ", training images ", train_samples,
              ", batch size ", batch_size, ", seed ", seed, ", drawn classes ", classes);
}

DataSplit load(const TrainOptions& options) {
  const int64_t samples = options.train_samples > 0 ? options.train_samples : 10000;
  DataSplit data =
      options.data == kSynthetic
          ? synthetic(options.classes, samples, std::max(ceil_div(samples, 5), 2 * options.classes),
                      options.seed)
          : read_idx(options.data);
  if (options.train_samples > 0) data.train = take(data.train, options.train_samples);
  return data;
}

}  // namespace gradian::examples
