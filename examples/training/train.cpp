#include "examples/training/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "autograd/anomaly.h"
#include "examples/metrics/accuracy.h"
#include "examples/training/checkpoints.h"
#include "examples/training/progress.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::examples {
namespace {

constexpr double kLearningRate = 5e-3, kWeightDecay = 1e-3, kLargestNorm = 5;

// Ends the training where `what` is not finite. The step, which has changed no parameter yet, runs
// again, so that the op that makes the first NaN or infinity names itself.
[[noreturn]] void fail_not_finite(const std::string& what, const std::string& where,
                                  nn::Module& network, const Objective& objective,
                                  const Batch& batch) {
  std::string cause = "the learning rate is too large, or an input is not finite";
  try {
    const DetectAnomaly detect_anomaly;
    objective.loss(network(Variable(batch.images)), batch.labels).backward();
  } catch (const Error& error) {
    cause = error.what();
  }
  fail("train: ", what, " at ", where, ": ", cause);
}

struct StepResult {
  double loss, accuracy;
};

// One step of the optimiser; `where` names it in errors.
StepResult train_on(const Batch& batch, const std::string& where, nn::Module& network,
                    const Objective& objective, nn::Optimizer& optimizer) {
  const Variable features = network(Variable(batch.images));
  const Variable loss = objective.loss(features, batch.labels);
  const double value = loss.item();
  const auto stop = [&](const std::string& what) {
    fail_not_finite(what, where, network, objective, batch);
  };
  if (!std::isfinite(value))
    stop(std::isnan(value) ? "the loss is NaN" : text("the loss is ", value));
  optimizer.zero_grad();
  loss.backward();
  try {
    nn::clip_grad_norm(network.named_parameters(), kLargestNorm);
  } catch (const Error& not_finite) {
    stop(not_finite.what());
  }
  optimizer.step();
  const NoGrad no_grad;
  return {value, accuracy(objective.scores(features.detach()), batch.labels)};
}

}  // namespace

// Pooling comes before PReLU: with a positive slope the two commute, and the activation then has a
// quarter of the work.
nn::Sequential make_network(int64_t height, int64_t width) {
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
                        nn::Linear(64, kFeatures)};
}

std::string training_description(const TrainOptions& options) {
  return text(options.epochs, options.epochs == 1 ? " epoch" : " epochs", ", batches of ",
              options.batch_size, ", AdamW with learning rate ", kLearningRate, " (softmax ",
              kSoftmaxLearningRate, ", centres ", kCenterLearningRate,
              "), warm-up and cosine to 0, weight decay ", kWeightDecay,
              " and gradients cut to norm ", kLargestNorm, " for the network, seed ", options.seed);
}

nn::Schedule training_schedule(int64_t steps) {
  const int64_t rising = std::clamp<int64_t>(steps / 10, 1, 50);
  return nn::warm_up(rising, nn::cosine(std::max<int64_t>(1, steps - rising)));
}

Training train(nn::Module& network, const Objective& objective, const Dataset& data,
               const TrainOptions& options, std::ostream& out) {
  nn::AdamW optimizer(objective.groups(network),
                      {.lr = kLearningRate, .weight_decay = kWeightDecay});
  nn::check_all_trained(optimizer, {&network, &objective.classifier()});
  if (objective.center) nn::check_all_trained(optimizer, {objective.center.get()});
  ShuffledBatches batches(data, options.batch_size, options.seed);
  const int64_t steps_per_epoch = batches.per_epoch(), steps = steps_per_epoch * options.epochs;
  const nn::Schedule schedule = training_schedule(steps);

  // What changes from step to step, and is all that a training needs to go on.
  int64_t step = 0;
  double seconds = 0;
  Tensor losses = Tensor::zeros({steps}, DType::float64);
  nn::Checkpoint state;
  state.add("network", network);
  state.add("classifier", objective.classifier());
  if (objective.center) state.add("center", *objective.center);
  state.add("optimizer", optimizer);
  state.add("step", step);
  state.add("seconds", seconds);
  state.add("losses", losses);
  Checkpoints checkpoints(state, options.checkpoint, options.run(), steps);

  if (step > 0) out << "goes on after step " << step << " of " << steps << '\n';

  const nn::TrainingMode training(network);
  Progress progress(options.epochs, steps_per_epoch, step, out,
                    &out == &std::cout && writes_to_terminal());
  using Clock = std::chrono::steady_clock;
  const double seconds_before = seconds;
  const Clock::time_point start = Clock::now();
  while (step < steps) {
    const Batch batch = batches.at(step);
    const std::string where = text("epoch ", step / steps_per_epoch + 1, " of ", options.epochs,
                                   ", step ", step % steps_per_epoch + 1, " of ", steps_per_epoch);
    optimizer.set_lr_factor(schedule(step));
    const StepResult result = train_on(batch, where, network, objective, optimizer);
    progress.update(batch.labels.numel(), result.loss, result.accuracy);
    losses.mutable_data<double>()[step++] = result.loss;
    seconds = seconds_before + std::chrono::duration<double>(Clock::now() - start).count();
    checkpoints.after_step(step);
  }
  progress.finish();

  Training done{{}, seconds};
  for (int64_t i = 0; i < steps; ++i)
    done.curve.push_back(
        {static_cast<double>(i + 1) / static_cast<double>(steps_per_epoch), losses.at({i})});
  return done;
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
