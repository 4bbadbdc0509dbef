// Clocks and memory meters: times workloads, alone or in turn, and says what a process holds.
// Knows no workload and prints nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/workloads.h"

namespace gradian::bench {

double now();  // in seconds
double median(std::vector<double> values);

// Runs the tasks in turn for about `seconds`, each at least three times, so that all of them see
// the machine in the same mood. Returns the seconds of every run, a list a task.
using Task = std::function<void()>;
std::vector<std::vector<double>> time_in_turn(const std::vector<Task>& tasks, double seconds);

struct Measurement {
  std::string name, description;
  std::vector<double> values;  // what another program's run must agree with
  double median_ms = 0, best_ms = 0, gflops = 0;
  double peak_mb = 0;      // most memory that tensors held at once, model and data included
  int64_t operations = 0;  // as in Workload
  int64_t runs = 0;
};
Measurement measure(const WorkloadMaker& maker, double seconds);

// What the operating system counts for this process, in MB; 0 where there is no /proc.
struct ProcessMemory {
  double now, peak;
};
ProcessMemory process_memory();

}  // namespace gradian::bench
