// The work that the benchmark times: training steps and products that PyTorch's peer script
// (peers.py) repeats with the same numbers. Times nothing itself: see bench.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/networks.h"

namespace gradian::bench {

constexpr int64_t kBatch = 128;  // of all that are in the list below

struct Workload {
  std::string name, description;
  double flops;                // multiply-adds count two; convolutions as the direct algorithm
  std::function<void()> step;  // does the work once
  // Steps a few times; the numbers that come out are the same in any right implementation.
  std::function<std::vector<double>()> values;
  int64_t operations = 0;  // ops in a step that does nothing but call ops, else 0
};

// Makers, by name; making one allocates its parameters and data.
struct WorkloadMaker {
  std::string name;
  std::function<Workload()> make;
  bool by_name_only = false;  // takes gigabytes, so not among all
};
std::vector<WorkloadMaker> workloads();

// One SGD training step of a network that classifies.
Workload training(std::string name, std::string description, const Network& network, int64_t batch);
// A margin head on given 512-d features, s (cos(theta) - m) as in the note (losses/README.md): loss
// and gradients of features and class weights. Other margins cost the same: they act on B numbers.
Workload margin_head(int64_t classes, int64_t batch);

}  // namespace gradian::bench
