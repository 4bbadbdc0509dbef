#include "tests/bench/training.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "examples/data/synthetic.h"
#include "examples/metrics/accuracy.h"
#include "losses/cross_entropy.h"
#include "nn/init.h"
#include "nn/optimizer.h"
#include "tensor/conv/conv2d.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tests/bench/networks.h"

namespace gradian::bench {
namespace {

constexpr int64_t kBatch = 128, kTrainImages = 100 * kBatch, kTestImages = 2000;
constexpr size_t kAveragedSteps = 20;  // one step's loss is the loss of one batch: too noisy

struct Result {
  double loss, accuracy;
};

double test_accuracy(nn::Module& network, const examples::Dataset& data) {
  const NoGrad no_grad;
  std::vector<Tensor> logits;
  for (const examples::Batch& batch : examples::Batches(data, 500))
    logits.push_back(network(Variable(batch.images)).value());
  return examples::accuracy(concat(logits, 0), data.labels);
}

// He's initial values: with PyTorch's, nothing of the images is left after eight layers, and the
// first hundreds of steps learn nothing.
void initialize(nn::Module& network) {
  for (nn::Parameter& p : network.named_parameters())
    if (p.variable.dim() >= 2)
      p.variable.set_value(nn::kaiming_normal(p.variable.shape(), /*negative_slope=*/0.25));
}

// The seed decides the initial weights and the order of the images, not the images.
Result train(const examples::DataSplit& data, ConvAlgorithm algorithm, int64_t seed,
             int64_t steps) {
  set_conv_algorithm(algorithm);
  manual_seed(static_cast<uint64_t>(seed));
  const std::shared_ptr<nn::Module> network = lenet_network().model;
  initialize(*network);
  nn::SGD optimizer(network->named_parameters(), {.lr = 0.01, .momentum = 0.9});
  std::vector<double> losses;
  examples::ShuffledBatches batches(data.train, kBatch, static_cast<uint64_t>(seed));
  for (int64_t step = 0; step < steps; ++step) {
    const examples::Batch batch = batches.at(step);
    const Variable loss = cross_entropy((*network)(Variable(batch.images)), batch.labels);
    optimizer.zero_grad();
    loss.backward();
    nn::clip_grad_norm(network->named_parameters(), 5);
    optimizer.step();
    losses.push_back(loss.item());
  }
  const size_t wanted = losses.size();
  const size_t last = std::min(kAveragedSteps, wanted);
  double sum = 0;
  for (size_t i = wanted - last; i < wanted; ++i) sum += losses[i];
  const Result result{sum / static_cast<double>(last), test_accuracy(*network, data.test)};
  set_conv_algorithm(ConvAlgorithm::automatic);
  return result;
}

}  // namespace

bool report_training(int64_t steps, int64_t seeds) {
  const examples::DataSplit data = examples::synthetic(10, kTrainImages, kTestImages, /*seed=*/1);
  std::printf(
      "LeNet++ with softmax on synthetic digits, SGD, batch %d, %d steps; loss: mean of the last "
      "%d\n\n            im2col            automatic            difference\n"
      "seed     loss  accuracy     loss  accuracy       loss  accuracy\n",
      static_cast<int>(kBatch), static_cast<int>(steps), static_cast<int>(kAveragedSteps));
  double largest_difference = 0, lowest = INFINITY, highest = -INFINITY;
  for (int64_t seed = 1; seed <= seeds; ++seed) {
    const Result a = train(data, ConvAlgorithm::im2col, seed, steps);
    const Result b = train(data, ConvAlgorithm::automatic, seed, steps);
    std::printf("%4d %8.5f %7.2f %% %8.5f %7.2f %%  %+9.1e %+7.2f %%\n", static_cast<int>(seed),
                a.loss, 100 * a.accuracy, b.loss, 100 * b.accuracy, b.loss - a.loss,
                100 * (b.accuracy - a.accuracy));
    std::fflush(stdout);
    largest_difference = std::max(largest_difference, std::abs(b.loss - a.loss));
    lowest = std::min(lowest, a.loss);
    highest = std::max(highest, a.loss);
  }
  if (seeds < 2) return true;
  const bool within = largest_difference <= highest - lowest;
  std::printf("\nlargest difference %.1e, losses of the seeds lie %.1e apart: %s\n",
              largest_difference, highest - lowest, within ? "within noise" : "MORE THAN NOISE");
  return within;
}

}  // namespace gradian::bench
