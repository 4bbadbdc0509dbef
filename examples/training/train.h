// The network of compare_losses, and how it is trained. The loop itself is in loop.h.
#pragma once

#include <iostream>

#include "examples/data/dataset.h"
#include "examples/training/loop.h"
#include "examples/training/options.h"

namespace gradian::examples {

// LeNet-like, [N, 1, H, W] -> [N, features].
nn::Sequential make_network(int64_t height, int64_t width, int64_t features = kPlane);

// How train() goes about it, for a report.
std::string training_description(const TrainOptions& options);

// A tenth of the steps of warm-up, 1 to 50 of them, then a cosine to zero.
nn::Schedule training_schedule(int64_t steps);

// Trains network and objective by AdamW under this schedule (loop.h); from
// options.checkpoint.resume on, if that is a checkpoint (checkpoints.h). Snapshots are taken of the
// images that are followed.
Training train(nn::Module& network, const Objective& objective, const Dataset& data,
               const TrainOptions& options, std::ostream& out = std::cout,
               const Tensor& followed = {});

// [N, d] that the network makes of all images, in evaluation mode, which ends with the call.
Tensor embed(nn::Module& network, const Dataset& data);

}  // namespace gradian::examples
