#include "examples/training/snapshots.h"

#include <algorithm>
#include <cmath>

#include "tensor/profile.h"

namespace gradian::examples {

std::vector<int64_t> snapshot_steps(int64_t steps, int64_t count) {
  check(steps > 0 && count > 1, "snapshots: expected at least 1 step and 2 snapshots, got ", steps,
        " and ", count);
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(count - 1);
    const int64_t step = std::llround(static_cast<double>(steps) * part * part);
    if (taken.empty() || step > taken.back()) taken.push_back(step);
  }
  return taken;
}

Watch::Watch(nn::Module& network, const Objective& objective, const Tensor& images, int64_t steps,
             nn::Checkpoint& state)
    : network_(network), objective_(objective), images_(images) {
  if (!images.defined()) return;
  snapshots_.steps = snapshot_steps(steps);
  const int64_t count = static_cast<int64_t>(snapshots_.steps.size());
  const Tensor weights = objective.class_weights().value();
  snapshots_.features = Tensor::zeros({count, images.size(0), weights.size(1)}, images.dtype());
  snapshots_.weights = Tensor::zeros({count, weights.size(0), weights.size(1)}, weights.dtype());
  state.add("followed_features", snapshots_.features);
  state.add("followed_weights", snapshots_.weights);
}

void Watch::after_step(int64_t done) {
  const auto found = std::ranges::find(snapshots_.steps, done);
  if (found == snapshots_.steps.end()) return;
  const Span span("snapshot");
  const int64_t row = found - snapshots_.steps.begin();
  const auto keep = [&](const Tensor& all, const Tensor& now) {
    Tensor place = all.slice(0, row, row + 1).squeeze(0);
    place.copy_from(now);
  };
  keep(snapshots_.features, features());
  keep(snapshots_.weights, objective_.class_weights().value());
}

Tensor Watch::features() const {
  const NoGrad no_grad;
  const nn::EvalMode evaluation(network_);
  return network_(Variable(images_)).value();
}

}  // namespace gradian::examples
