#include "examples/training/loop.h"

#include <chrono>
#include <cmath>
#include <optional>

#include "autograd/anomaly.h"
#include "examples/metrics/accuracy.h"
#include "examples/training/progress.h"

namespace gradian::examples {
namespace {

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
    nn::clip_grad_norm(network.named_parameters(), kLargestGradientNorm);
  } catch (const Error& not_finite) {
    stop(not_finite.what());
  }
  optimizer.step();
  const Span span("accuracy");
  const NoGrad no_grad;
  return {value, accuracy(objective.scores(features.detach()), batch.labels)};
}

}  // namespace

Training train(nn::Module& network, const Objective& objective, nn::Optimizer& optimizer,
               const TrainingPlan& plan, std::ostream& out) {
  nn::check_all_trained(optimizer, {&network, &objective.classifier()});
  if (objective.center) nn::check_all_trained(optimizer, {objective.center.get()});
  const int64_t steps = plan.epochs * plan.steps_per_epoch;

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
  Checkpoints checkpoints(state, plan.checkpoint, plan.run, steps);

  if (step > 0) out << "goes on after step " << step << " of " << steps << '\n';

  const nn::TrainingMode training(network);
  Progress progress(plan.epochs, plan.steps_per_epoch, step, out,
                    &out == &std::cout && writes_to_terminal());
  using Clock = std::chrono::steady_clock;
  const double seconds_before = seconds;
  const Clock::time_point start = Clock::now();
  std::optional<Profiling> profiling;
  if (plan.profile) profiling.emplace(*plan.profile);
  while (step < steps) {
    const Batch batch = [&] {
      const Span span("batch");
      return plan.batch(step);
    }();
    const std::string where =
        text("epoch ", step / plan.steps_per_epoch + 1, " of ", plan.epochs, ", step ",
             step % plan.steps_per_epoch + 1, " of ", plan.steps_per_epoch);
    optimizer.set_lr_factor(plan.rate(step));
    if (objective.margin) objective.margin->set_margin_factor(plan.margin(step));
    const StepResult result = train_on(batch, where, network, objective, optimizer);
    progress.update(batch.labels.numel(), result.loss, result.accuracy);
    losses.mutable_data<double>()[step++] = result.loss;
    seconds = seconds_before + std::chrono::duration<double>(Clock::now() - start).count();
    const Span span("checkpoint");
    checkpoints.after_step(step);
  }
  profiling.reset();
  progress.finish();

  Training done{{}, seconds};
  for (int64_t i = 0; i < steps; ++i)
    done.curve.push_back(
        {static_cast<double>(i + 1) / static_cast<double>(plan.steps_per_epoch), losses.at({i})});
  return done;
}

}  // namespace gradian::examples
