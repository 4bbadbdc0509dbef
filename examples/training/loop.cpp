#include "examples/training/loop.h"

#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "autograd/anomaly.h"
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

// One step of the optimiser; `where` names it in errors.
StepRecord train_on(const Batch& batch, const std::string& where, nn::Module& network,
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
  StepRecord record = [&] {
    const Span span("accuracy");
    return measure_step(objective, features.detach(), batch.labels);
  }();
  record.loss = value;
  record.rate = optimizer.lr();
  optimizer.step();
  return record;
}

// The records as a checkpoint keeps them, a row each; epochs are counted by the rows.
constexpr std::array kColumns{&StepRecord::loss, &StepRecord::accuracy,
                              &StepRecord::margin_accuracy, &StepRecord::target_degrees,
                              &StepRecord::rate};

void keep_record(const Tensor& records, int64_t row, const StepRecord& record) {
  Tensor rows = records;
  double* const values = rows.mutable_data<double>() + row * static_cast<int64_t>(kColumns.size());
  for (size_t i = 0; i < kColumns.size(); ++i) values[i] = record.*kColumns[i];
}

TrainingCurve curve_of(const Tensor& records, int64_t steps_per_epoch) {
  TrainingCurve curve(static_cast<size_t>(records.size(0)));
  const std::vector<double> values = records.to_vector<double>();
  for (size_t row = 0; row < curve.size(); ++row) {
    curve[row].epoch = static_cast<double>(row + 1) / static_cast<double>(steps_per_epoch);
    for (size_t i = 0; i < kColumns.size(); ++i)
      curve[row].*kColumns[i] = values[row * kColumns.size() + i];
  }
  return curve;
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
  Tensor records = Tensor::zeros({steps, static_cast<int64_t>(kColumns.size())}, DType::float64);
  nn::Checkpoint state;
  state.add("network", network);
  state.add("classifier", objective.classifier());
  if (objective.center) state.add("center", *objective.center);
  state.add("optimizer", optimizer);
  state.add("step", step);
  state.add("seconds", seconds);
  state.add("records", records);
  Watch watch(network, objective, plan.followed, steps, state);
  Checkpoints checkpoints(state, plan.checkpoint, plan.run, steps);

  if (step > 0) out << "goes on after step " << step << " of " << steps << '\n';

  const nn::TrainingMode training(network);
  Progress progress(plan.epochs, plan.steps_per_epoch, step, out,
                    &out == &std::cout && writes_to_terminal());
  using Clock = std::chrono::steady_clock;
  const double seconds_before = seconds;
  if (step == 0) watch.after_step(0);
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
    const StepRecord record = train_on(batch, where, network, objective, optimizer);
    progress.update(batch.labels.numel(), record.loss, record.accuracy);
    keep_record(records, step++, record);
    watch.after_step(step);
    seconds = seconds_before + std::chrono::duration<double>(Clock::now() - start).count();
    const Span span("checkpoint");
    checkpoints.after_step(step);
  }
  profiling.reset();
  progress.finish();

  return {curve_of(records, plan.steps_per_epoch), watch.snapshots(), seconds};
}

}  // namespace gradian::examples
