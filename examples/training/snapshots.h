// How the features of a few images move while a network trains: what a report shows as a moving
// picture. Where they are drawn is not known here.
#pragma once

#include <cstdint>
#include <vector>

#include "examples/training/objective.h"
#include "nn/checkpoint.h"

namespace gradian::examples {

struct Snapshots {
  std::vector<int64_t> steps;  // that were done when each was taken, ascending
  Tensor features;             // [S, N, d] of the images, by the network in evaluation mode
  Tensor weights;              // [S, C, d] of the classifier
};

constexpr int64_t kSnapshots = 24;

// At most `count` numbers of steps from 0 to `steps`, both of them among these and closer to each
// other in the beginning, when features move most: steps * (i / (count - 1))^2.
std::vector<int64_t> snapshot_steps(int64_t steps, int64_t count = kSnapshots);

// Takes the snapshots of one training.
class Watch {
 public:
  // Of images [N, C, H, W] while a training of so many steps goes on; undefined images: none.
  // Puts what it keeps into the training's checkpoint, which is not to be used after it.
  Watch(nn::Module& network, const Objective& objective, const Tensor& images, int64_t steps,
        nn::Checkpoint& state);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Before the first step (0) and after each: takes a snapshot if it is time for one. The training
  // is the same to the last bit as without.
  void after_step(int64_t done);
  const Snapshots& snapshots() const { return snapshots_; }

 private:
  Tensor features() const;

  nn::Module& network_;
  const Objective& objective_;
  Tensor images_;
  Snapshots snapshots_;
};

}  // namespace gradian::examples
