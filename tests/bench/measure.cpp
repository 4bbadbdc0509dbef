#include "tests/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

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

void reset_process_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace gradian::bench
