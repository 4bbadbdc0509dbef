// The work that the benchmark times: training steps and products that PyTorch's peer script
// (peers.py) repeats with the same numbers. Times nothing itself: see bench.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gradian::bench {

struct Workload {
  std::string name;
  std::string description;
  double flops;                  // multiply-adds count two; convolutions as the direct algorithm
  std::function<double()> step;  // does the work once; returns a number to compare, the loss
};

// Makers, by name; making one allocates its parameters and data.
struct WorkloadMaker {
  std::string name;
  std::function<Workload()> make;
};
std::vector<WorkloadMaker> workloads();

}  // namespace gradian::bench
