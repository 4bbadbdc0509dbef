// The work that the benchmark times: training steps and products that PyTorch's peer script
// (peers.py) repeats with the same numbers. Times nothing itself: see bench.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nn/module.h"

namespace gradian::bench {

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

// The network of LeNet++, Wen et al. 2016, Table 1: 2-D features and their softmax classifier.
std::shared_ptr<nn::Module> lenet_network();

}  // namespace gradian::bench
