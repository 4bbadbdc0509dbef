// How a module of one's own is written: the block of He et al., "Deep Residual Learning for Image
// Recognition" (2016, arXiv 1512.03385), and a small network of three such blocks that learns to
// classify images. Children are registered by add_module, the members are references to them, and
// forward() says what is computed; gradients, parameter names and modes follow from that.
//   build/examples/residual --data build/data/fashion-mnist
#include <iostream>

#include "examples/metrics/accuracy.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/training/checkpoints.h"
#include "examples/training/progress.h"
#include "examples/training/train.h"
#include "losses/cross_entropy.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

// relu(f(x) + x), f two convolutions: [N, in, H, W] -> [N, out, H / stride, W / stride]. Where the
// two shapes differ, a 1x1 convolution takes x to that of f(x); elsewhere the shortcut is empty and
// gives x as it is.
struct ResidualBlock : nn::Module {
  nn::Conv2d& conv1;
  nn::BatchNorm2d& norm1;
  nn::Conv2d& conv2;
  nn::BatchNorm2d& norm2;
  nn::Sequential& shortcut;

  ResidualBlock(int64_t in, int64_t out, int64_t stride = 1)
      : conv1(add_module("conv1",
                         nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}))),
        norm1(add_module("norm1", nn::BatchNorm2d(out))),
        conv2(add_module("conv2", nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}))),
        norm2(add_module("norm2", nn::BatchNorm2d(out))),
        shortcut(add_module("shortcut", nn::Sequential())) {
    if (stride == 1 && in == out) return;
    shortcut.append(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}));
    shortcut.append(nn::BatchNorm2d(out));
  }

  Variable forward(const Variable& x) override {
    const Variable y = relu(norm1(conv1(x)));
    return relu(norm2(conv2(y)) + shortcut(x));
  }
};

// A block is a layer like any other. [N, 1, H, W] -> [N, classes].
nn::Sequential residual_network(int64_t classes) {
  return nn::Sequential{nn::Conv2d(1, 16, 3, {.padding = 1, .bias = false}),
                        nn::BatchNorm2d(16),
                        nn::ReLU(),
                        ResidualBlock(16, 16),
                        ResidualBlock(16, 32, 2),  // [N, 32, H/2, W/2]
                        ResidualBlock(32, 64, 2),  // [N, 64, H/4, W/4]
                        nn::AdaptiveAvgPool2d(1),
                        nn::Flatten(),
                        nn::Linear(64, classes)};
}

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
  while (step < steps) {
    const Batch batch = batches.at(step);
    const Variable logits = network(Variable(batch.images));
    const Variable loss = cross_entropy(logits, batch.labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    progress.update(batch.labels.numel(), loss.item(), accuracy(logits.value(), batch.labels));
    checkpoints.after_step(++step);
  }
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, "Trains a small residual network to classify images.");
  const TrainOptions options =
      train_options(arguments, {.epochs = 1, .checkpoint = {.file = "build/residual.safetensors"}});
  if (!arguments.complete()) return 0;
  const DataSplit data = load(options);
  manual_seed(options.seed);
  nn::Sequential network = residual_network(data.train.num_classes());
  std::cout << data.description() << "\n\n" << network.summary() << '\n';
  return run_interruptible(arguments, options.checkpoint.file, [&] {
    train_on(data.train, network, options);
    std::cout << "\nAccuracy on the test images: "
              << fixed(100 * accuracy(embed(network, data.test), data.test.labels), 2) << " %\n";
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("residual", [&] { return run(argc, argv); });
}
