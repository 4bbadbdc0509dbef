// The loop that trains a network under an objective: what a user of PyTorch would write, too. Which
// images, optimiser and schedules it is about is told by its callers.
#pragma once

#include <functional>
#include <iostream>
#include <string>

#include "examples/data/dataset.h"
#include "examples/training/checkpoints.h"
#include "examples/training/curve.h"
#include "examples/training/snapshots.h"
#include "nn/schedule.h"
#include "tensor/profile.h"

namespace gradian::examples {

constexpr double kLargestGradientNorm = 5;  // of the network's; larger ones are scaled down to it

struct Training {
  TrainingCurve curve;  // a record each step
  Snapshots snapshots;  // of the images that the plan follows
  double seconds;       // of all parts, where it was stopped and went on
};

struct TrainingPlan {
  int64_t epochs, steps_per_epoch;
  std::function<Batch(int64_t step)> batch;
  nn::Schedule rate;                     // the factor of the optimiser's learning rates
  nn::Schedule margin = nn::constant();  // the factor of the objective's margin
  Tensor followed = {};                  // images whose features are kept as they move
  CheckpointOptions checkpoint = {};
  std::string run = {};        // what has to be the same where a training goes on
  Profile* profile = nullptr;  // that hears of the steps, if there is one
};

// Trains network and objective, whose parameters the optimiser has, and tells `out` how it goes. In
// training mode, whatever the network's mode was, which it has again in the end. A loss or a
// gradient that is not finite is an error that names the step, and the op that it comes from; the
// checkpoint of before is kept.
Training train(nn::Module& network, const Objective& objective, nn::Optimizer& optimizer,
               const TrainingPlan& plan, std::ostream& out = std::cout);

}  // namespace gradian::examples
