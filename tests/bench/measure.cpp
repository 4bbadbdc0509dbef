#include "tests/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "tensor/runtime/memory.h"

namespace gradian::bench {

double now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<std::vector<double>> time_in_turn(const std::vector<Task>& tasks, double seconds) {
  std::vector<std::vector<double>> times(tasks.size());
  for (const double start = now(); times.back().size() < 3 || now() - start < seconds;)
    for (size_t i = 0; i < tasks.size(); ++i) {
      const double begin = now();
      tasks[i]();
      times[i].push_back(now() - begin);
    }
  return times;
}

namespace {

// The peaks of memory start anew: drawing initial weights may have taken more than a step does.
// Where the system does not allow that for the process, its peak counts everything.
void reset_peaks() {
  release_cached_memory();
  reset_peak_memory();
  std::ofstream("/proc/self/clear_refs") << 5;
}

}  // namespace

Measurement measure(const WorkloadMaker& maker, double seconds) {
  const Workload workload = maker.make();
  reset_peaks();
  Measurement result;
  result.name = workload.name;
  result.description = workload.description;
  result.values = workload.values();  // warms up, too
  const std::vector<double> times = time_in_turn({[&] { workload.step(); }}, seconds).front();
  result.median_ms = median(times) * 1e3;
  result.best_ms = *std::min_element(times.begin(), times.end()) * 1e3;
  result.gflops = workload.flops / median(times) * 1e-9;
  result.peak_mb = static_cast<double>(memory_stats().peak) / 1e6;
  result.operations = workload.operations;
  result.runs = static_cast<int64_t>(times.size());
  return result;
}

ProcessMemory process_memory() {
  ProcessMemory memory{};
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key; status.ignore(1 << 20, '\n')) {
    if (key != "VmRSS:" && key != "VmHWM:") continue;
    double kib = 0;
    status >> kib;
    (key == "VmRSS:" ? memory.now : memory.peak) = kib * 1024 / 1e6;
  }
  return memory;
}

}  // namespace gradian::bench
