// Times the workloads and prints one table: median time, rate, share of this machine's large-sgemm
// rate measured in the same run, and peak memory.
//   build/bench/bench [--only NAME] [--seconds N] [--threads N] [--out FILE.json]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "examples/command_line/arguments.h"
#include "tensor/allocator.h"
#include "tensor/error.h"
#include "tensor/thread_pool.h"
#include "tests/bench/workloads.h"

using namespace gradian;
using namespace gradian::bench;

namespace {

struct Measurement {
  std::string name, description;
  double first_value = 0;  // what the first step returned
  double median_ms = 0, best_ms = 0, gflops = 0, peak_mb = 0;
  int64_t runs = 0;
};

double now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

// Repeats the step for about `seconds`, at least five times, after one step to warm up.
Measurement measure(const WorkloadMaker& maker, double seconds) {
  const Workload workload = maker.make();
  release_cached_memory();
  reset_peak_memory();
  Measurement result{workload.name, workload.description};
  result.first_value = workload.step();
  std::vector<double> times;
  for (const double start = now(); times.size() < 5 || now() - start < seconds;) {
    const double begin = now();
    workload.step();
    times.push_back(now() - begin);
  }
  std::sort(times.begin(), times.end());
  result.runs = static_cast<int64_t>(times.size());
  result.median_ms = times[times.size() / 2] * 1e3;
  result.best_ms = times.front() * 1e3;
  result.gflops = workload.flops / times[times.size() / 2] * 1e-9;
  result.peak_mb = static_cast<double>(memory_stats().peak) / 1e6;
  return result;
}

void write_json(const std::string& path, const std::string& machine,
                const std::vector<Measurement>& all) {
  std::ofstream out(path);
  check(out.good(), "bench: cannot write ", path);
  out << "{\n  \"machine\": \"" << machine << "\",\n  \"threads\": " << num_threads()
      << ",\n  \"workloads\": [\n";
  for (size_t i = 0; i < all.size(); ++i) {
    const Measurement& m = all[i];
    out << text("    {\"name\": \"", m.name, "\", \"first_value\": ");
    out.precision(9);
    out << m.first_value
        << text(", \"median_ms\": ", m.median_ms, ", \"best_ms\": ", m.best_ms,
                ", \"gflops\": ", m.gflops, ", \"peak_mb\": ", m.peak_mb, ", \"runs\": ", m.runs,
                i + 1 < all.size() ? "},\n" : "}\n");
  }
  out << "  ]\n}\n";
}

int run(int argc, char** argv) {
  examples::Arguments arguments(argc, argv, "Times Gradian's workloads on this machine.");
  const std::string only = arguments.text("--only", "", "the workload of this name alone");
  const int64_t seconds = arguments.integer("--seconds", 2, 0, 600, "time for each workload");
  const std::string out = arguments.text("--out", "build/bench.json", "file for the results");
  set_num_threads(
      static_cast<int>(arguments.integer("--threads", num_threads(), 1, 1024, "threads to use")));
  if (!arguments.complete()) return 0;

  const std::string machine = examples::machine_description();
  std::printf("%s\n\n%-30s %10s %10s %9s %9s %9s\n", machine.c_str(), "workload", "median ms",
              "best ms", "GFLOP/s", "of sgemm", "peak MB");
  std::vector<Measurement> all;
  double sgemm = 0;
  for (const WorkloadMaker& maker : workloads()) {
    if (!only.empty() && maker.name != only) continue;
    all.push_back(measure(maker, static_cast<double>(seconds)));
    const Measurement& m = all.back();
    if (sgemm == 0 && m.name == "sgemm_2000x2000x2000") sgemm = m.gflops;
    const bool arithmetic = m.name.rfind("overhead", 0) != 0;
    std::printf("%-30s %10.3f %10.3f ", m.description.c_str(), m.median_ms, m.best_ms);
    if (arithmetic)
      std::printf("%9.1f ", m.gflops);
    else
      std::printf("%9s ", "");
    if (arithmetic && sgemm > 0)
      std::printf("%7.0f %% ", 100 * m.gflops / sgemm);
    else
      std::printf("%9s ", "");
    std::printf("%9.1f\n", m.peak_mb);
    std::fflush(stdout);
  }
  check(!all.empty(), "bench: there is no workload '", only, "'");
  write_json(out, machine, all);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
