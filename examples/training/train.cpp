#include "examples/training/train.h"

#include <algorithm>

#include "nn/optimizer.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

constexpr double kLearningRate = 5e-3, kWeightDecay = 1e-3;

}  // namespace

// Pooling comes before PReLU: with a positive slope the two commute, and the activation then has a
// quarter of the work.
nn::Sequential make_network(int64_t height, int64_t width, int64_t features) {
  const nn::Conv2d::Options same{.padding = 1};
  const int64_t flat = 64 * (height / 8) * (width / 8);
  return nn::Sequential{nn::Conv2d(1, 16, 3, same),
                        nn::MaxPool2d(2),
                        nn::PReLU(16),  // [N, 16, H/2, W/2]
                        nn::Conv2d(16, 32, 3, same),
                        nn::MaxPool2d(2),
                        nn::PReLU(32),  // [N, 32, H/4, W/4]
                        nn::Conv2d(32, 64, 3, same),
                        nn::MaxPool2d(2),
                        nn::PReLU(64),  // [N, 64, H/8, W/8]
                        nn::Flatten(),
                        nn::Linear(flat, 64),
                        nn::BatchNorm1d(64),
                        nn::PReLU(64),
                        nn::Linear(64, features)};
}

std::string training_description(const TrainOptions& options) {
  return text(options.epochs, options.epochs == 1 ? " epoch" : " epochs", ", batches of ",
              options.batch_size, ", AdamW with learning rate ", kLearningRate, " (softmax ",
              kSoftmaxLearningRate, ", centres ", kCenterLearningRate,
              "), warm-up and cosine to 0, weight decay ", kWeightDecay,
              " and gradients cut to norm ", kLargestGradientNorm, " for the network, seed ",
              options.seed);
}

nn::Schedule training_schedule(int64_t steps) {
  const int64_t rising = std::clamp<int64_t>(steps / 10, 1, 50);
  return nn::warm_up(rising, nn::cosine(std::max<int64_t>(1, steps - rising)));
}

Training train(nn::Module& network, const Objective& objective, const Dataset& data,
               const TrainOptions& options, std::ostream& out, const Tensor& followed) {
  nn::AdamW optimizer(objective.groups(network),
                      {.lr = kLearningRate, .weight_decay = kWeightDecay});
  ShuffledBatches batches(data, options.batch_size, options.seed);
  return train(network, objective, optimizer,
               {.epochs = options.epochs,
                .steps_per_epoch = batches.per_epoch(),
                .batch = [&](int64_t step) { return batches.at(step); },
                .rate = training_schedule(options.epochs * batches.per_epoch()),
                .followed = followed,
                .checkpoint = options.checkpoint,
                .run = options.run(),
                .profile = options.profile},
               out);
}

Tensor embed(nn::Module& network, const Dataset& data) {
  const NoGrad no_grad;
  const nn::EvalMode evaluation(network);
  check(data.size() > 0, "embed: expected at least 1 image, got 0");
  std::vector<Tensor> parts;
  for (const Batch& batch : Batches(data, 500))
    parts.push_back(network(Variable(batch.images)).value());
  return concat(parts, 0);
}

}  // namespace gradian::examples
