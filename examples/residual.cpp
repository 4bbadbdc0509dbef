// Trains a small network of residual blocks to classify images. How such a module is written:
// training/residual_network.h.
//   build/examples/residual --data build/data/fashion-mnist
#include <cmath>
#include <iostream>
#include <optional>

#include "examples/metrics/accuracy.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/report/profile.h"
#include "examples/training/checkpoints.h"
#include "examples/training/progress.h"
#include "examples/training/residual_network.h"
#include "examples/training/train.h"
#include "losses/cross_entropy.h"
#include "nn/optimizer.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

void train_on(const Dataset& data, nn::Module& network, const TrainOptions& options) {
  nn::Adam optimizer(network.named_parameters(), {.lr = 2e-3});
  ShuffledBatches batches(data, options.batch_size, options.seed);
  const int64_t steps = options.epochs * batches.per_epoch();
  int64_t step = 0;
  nn::Checkpoint state;
  state.add("network", network);
  state.add("optimizer", optimizer);
  state.add("step", step);
  Checkpoints checkpoints(state, options.checkpoint, options.run(), steps);
  Progress progress(options.epochs, batches.per_epoch(), step);
  std::optional<Profiling> profiling;
  if (options.profile) profiling.emplace(*options.profile);
  while (step < steps) {
    const Batch batch = [&] {
      const Span span("batch");
      return batches.at(step);
    }();
    const Variable logits = network(Variable(batch.images));
    const Variable loss = cross_entropy(logits, batch.labels);
    optimizer.zero_grad();
    loss.backward();
    // Limits nothing, but fails at a NaN, before weights and checkpoint have it.
    nn::clip_grad_norm(network.named_parameters(), HUGE_VAL);
    optimizer.step();
    const Span span("accuracy, checkpoint");
    progress.update(batch.labels.numel(), loss.item(), accuracy(logits.value(), batch.labels));
    checkpoints.after_step(++step);
  }
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, "Trains a small residual network to classify images.");
  TrainOptions options =
      train_options(arguments, {.epochs = 1, .checkpoint = {.file = "build/residual.safetensors"}});
  if (!arguments.complete()) return 0;
  Profile profile;
  options.profile = profile_for(options.trace, profile);
  const DataSplit data = load(options);
  manual_seed(options.seed);
  nn::Sequential network = residual_network(data.train.num_classes());
  std::cout << data.description() << "\n\n" << network.summary() << '\n';
  return run_interruptible(arguments, options.checkpoint.file, [&] {
    train_on(data.train, network, options);
    std::cout << "\nAccuracy on the test images: "
              << fixed(100 * accuracy(embed(network, data.test), data.test.labels), 2) << " %\n";
    if (options.profile) show_profile(profile, options.trace);
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("residual", [&] { return run(argc, argv); });
}
