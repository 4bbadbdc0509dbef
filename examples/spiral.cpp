// An MLP learns to tell three interleaved spirals in the plane apart, and the terminal shows the
// regions that it has drawn. A first training loop in full; takes about a second.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <numbers>

#include "examples/metrics/accuracy.h"
#include "examples/program/run_main.h"
#include "examples/training/checkpoints.h"
#include "losses/cross_entropy.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr int64_t kClasses = 3, kPointsPerClass = 200;

struct Points {
  Tensor x;       // [N, 2]
  Tensor labels;  // [N]
};

// Arm k winds 1.25 turns outwards from angle 2 pi k / 3, with a little noise.
Points make_spirals() {
  std::vector<float> coordinates;
  std::vector<int64_t> labels;
  for (int64_t k = 0; k < kClasses; ++k)
    for (int64_t i = 0; i < kPointsPerClass; ++i) {
      const double radius = static_cast<double>(i + 1) / kPointsPerClass;
      const double turns = static_cast<double>(k) / kClasses + 1.25 * radius;
      const double angle = 2 * std::numbers::pi * turns + 0.15 * default_generator().normal();
      coordinates.push_back(static_cast<float>(radius * std::cos(angle)));
      coordinates.push_back(static_cast<float>(radius * std::sin(angle)));
      labels.push_back(k);
    }
  const int64_t n = kClasses * kPointsPerClass;
  return {Tensor::from(coordinates, {n, 2}), Tensor::from(labels, {n})};
}

// Draws the class that the model gives to each point of [-1.1, 1.1]^2.
void draw_regions(nn::Module& model) {
  constexpr int kRows = 23, kColumns = 52;
  std::vector<float> grid;
  for (int row = 0; row < kRows; ++row)
    for (int column = 0; column < kColumns; ++column) {
      grid.push_back(-1.1f + 2.2f * static_cast<float>(column) / (kColumns - 1));
      grid.push_back(1.1f - 2.2f * static_cast<float>(row) / (kRows - 1));
    }
  const NoGrad no_grad;
  const Variable logits = model(Variable(Tensor::from(grid, {kRows * kColumns, 2})));
  const auto classes = argmax(logits.value(), 1).to_vector<int64_t>();
  for (size_t i = 0; i < classes.size(); ++i)
    std::cout << ".o#"[classes[i]] << (i % kColumns == kColumns - 1 ? "\n" : "");
}

void train_and_draw(const CheckpointOptions& options) {
  manual_seed(1);
  const Points data = make_spirals();
  nn::Sequential model{nn::Linear(2, 64), nn::ReLU(), nn::Linear(64, 64), nn::ReLU(),
                       nn::Linear(64, kClasses)};
  std::cout << model.summary() << '\n';

  nn::Adam optimizer(model.named_parameters(), {.lr = 1e-2});
  constexpr int64_t kSteps = 401;
  int64_t step = 0;
  nn::Checkpoint state;  // all that --resume needs
  state.add("network", model);
  state.add("optimizer", optimizer);
  state.add("step", step);
  Checkpoints checkpoints(state, options, "three spirals", kSteps);
  while (step < kSteps) {
    const Variable logits = model(Variable(data.x));
    const Variable loss = cross_entropy(logits, data.labels);
    optimizer.zero_grad();
    loss.backward();
    // Limits nothing, but fails at a NaN, before weights and checkpoint have it.
    nn::clip_grad_norm(model.named_parameters(), HUGE_VAL);
    optimizer.step();
    if (step % 100 == 0)
      std::printf("step %3d  loss %.4f  accuracy %5.1f %%\n", static_cast<int>(step), loss.item(),
                  100 * accuracy(logits.value(), data.labels));
    checkpoints.after_step(++step);
  }
  std::cout << '\n';
  draw_regions(model);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("spiral", [&] {
    Arguments arguments(argc, argv, "Trains a small network to tell three spirals apart.");
    const CheckpointOptions options = checkpoint_options(arguments, "build/spiral.safetensors");
    if (!arguments.complete()) return 0;
    return run_interruptible(arguments, options.file, [&] {
      train_and_draw(options);
      return 0;
    });
  });
}
