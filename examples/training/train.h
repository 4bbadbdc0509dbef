// The network that is trained and the loop that trains it: what a user of PyTorch would write, too.
#pragma once

#include <iostream>
#include <vector>

#include "examples/data/dataset.h"
#include "examples/training/objective.h"
#include "examples/training/options.h"
#include "nn/schedule.h"

namespace gradian::examples {

struct LossPoint {
  double epoch;  // since the start, 1.5 is the middle of the second epoch
  double loss;
};
using LossCurve = std::vector<LossPoint>;

struct Training {
  LossCurve curve;  // the loss at each step
  double seconds;   // of all parts, where it was stopped and went on
};

// LeNet-like, [N, 1, H, W] -> [N, 2].
nn::Sequential make_network(int64_t height, int64_t width);

// How train() goes about it, for a report.
std::string training_description(const TrainOptions& options);

// A tenth of the steps of warm-up, 1 to 50 of them, then a cosine to zero.
nn::Schedule training_schedule(int64_t steps);

// Trains network and objective by AdamW under this schedule, and tells `out` how it goes; from
// options.resume on, if that is a checkpoint (checkpoints.h). In training mode, whatever the
// network's mode was, which it has again in the end. A loss or a gradient that is not finite is an
// error that names the step, and the op that it comes from; the checkpoint of before is kept.
Training train(nn::Module& network, const Objective& objective, const Dataset& data,
               const TrainOptions& options, std::ostream& out = std::cout);

// [N, d] that the network makes of all images, in evaluation mode, which ends with the call.
Tensor embed(nn::Module& network, const Dataset& data);

}  // namespace gradian::examples
