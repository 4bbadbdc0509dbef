// `make bench`: times the workloads and prints them as tables: time, rate, share of this machine's
// large-sgemm rate in the same run, memory; then the limits, start-up and convolution algorithms.
//   build/bench/bench [--only NAME] [--seconds N] [--threads N] [--out FILE.json]
//   build/bench/bench --training 300 [--seeds N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "examples/program/arguments.h"
#include "examples/program/machine.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "tensor/error.h"
#include "tensor/files/file.h"
#include "tensor/files/json.h"
#include "tensor/runtime/memory.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/bench/convolutions.h"
#include "tests/bench/growth.h"
#include "tests/bench/limits.h"
#include "tests/bench/measure.h"
#include "tests/bench/startup.h"
#include "tests/bench/training.h"
#include "tests/bench/workloads.h"

using namespace gradian;
using namespace gradian::bench;

namespace {

using files::json_number, files::json_string;

std::string json_array(const std::vector<double>& values) {
  std::string out;
  for (const double value : values) out += (out.empty() ? "" : ", ") + json_number(value);
  return "[" + out + "]";
}

struct Measurement {
  std::string name, description;
  std::vector<double> values;  // what another program's run must agree with
  double median_ms = 0, best_ms = 0, gflops = 0;
  double peak_mb = 0;      // most memory that tensors held at once, model and data included
  int64_t operations = 0;  // as in Workload
  int64_t runs = 0;
};

Measurement measure(const WorkloadMaker& maker, double seconds) {
  const Workload workload = maker.make();
  release_cached_memory();
  reset_peak_memory();
  reset_process_peak();
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

std::string json(const Measurement& m) {
  return text("{\"name\": ", json_string(m.name), ", \"median_ms\": ", json_number(m.median_ms),
              ", \"best_ms\": ", json_number(m.best_ms),
              ", \"gflops\": ", json_number(m.operations ? 0 : m.gflops),
              ", \"operations\": ", m.operations, ", \"peak_mb\": ", json_number(m.peak_mb),
              ", \"runs\": ", m.runs, ", \"values\": ", json_array(m.values), "}");
}

// Prints the rows of both kinds as they come, each kind under its own heading.
class Table {
 public:
  void add(const Measurement& m) {
    m.operations ? overhead_row(m) : row(m);
    std::fflush(stdout);
  }

 private:
  void row(const Measurement& m) {
    if (!std::exchange(headed_, true))
      std::printf("%-28s %10s %10s %9s %9s %9s\n", "workload", "median ms", "best ms", "GFLOP/s",
                  "of sgemm", "peak MB");
    if (sgemm_ == 0 && m.name.starts_with("sgemm")) sgemm_ = m.gflops;
    char share[16] = "";
    if (sgemm_ > 0) std::snprintf(share, sizeof share, "%.0f %%", 100 * m.gflops / sgemm_);
    std::printf("%-28s %10.2f %10.2f %9.1f %9s %9.1f\n", m.description.c_str(), m.median_ms,
                m.best_ms, m.gflops, share, m.peak_mb);
  }

  void overhead_row(const Measurement& m) {
    const double ns = m.median_ms * 1e6 / static_cast<double>(m.operations);
    if (kernel_ns_ == 0) {
      std::printf("\n%-36s %10s %14s\n", "op overhead, one element", "ns an op", "above the first");
      std::printf("%-36s %10.0f\n", m.description.c_str(), kernel_ns_ = ns);
    } else {
      std::printf("%-36s %10.0f %+14.0f\n", m.description.c_str(), ns, ns - kernel_ns_);
    }
  }

  bool headed_ = false;
  double sgemm_ = 0, kernel_ns_ = 0;  // of the first row of each kind
};

// What else there is to time, under its name in the JSON.
struct Part {
  const char* name;
  std::string (*report)(double seconds);
  bool by_name_only = false;
};
const Part kParts[] = {{"limits", report_limits},
                       {"start_to_first_step", [](double) { return report_startup(); }},
                       {"convolutions", [](double s) { return report_convolutions(0.05 * s); }},
                       {"growth", [](double s) { return report_growth(0.2 * s); }, true}};

std::string report_workloads(const std::string& only, double seconds) {
  std::string out, names;
  for (const WorkloadMaker& maker : workloads()) names += ' ' + maker.name;
  for (const Part& part : kParts) names += text(' ', part.name);
  check(only.empty() || (names + ' ').find(' ' + only + ' ') != std::string::npos,
        "there is no workload '", only, "'; there are", names);
  Table table;
  for (const WorkloadMaker& maker : workloads()) {
    if (only.empty() ? maker.by_name_only : maker.name != only) continue;
    const Measurement m = measure(maker, seconds);
    table.add(m);
    out += (out.empty() ? "\n    " : ",\n    ") + json(m);
  }
  return "[" + out + "\n  ]";
}

struct Options {
  std::string only, out;
  double seconds;
};

void report_all(const Options& options) {
  const double empty_mb = process_memory().now;
  const std::string machine = examples::machine_description();
  std::printf("%s\n\n", machine.c_str());
  std::string out =
      text("{\n  \"machine\": ", json_string(machine), ",\n  \"threads\": ", num_threads());
  const auto add = [&](const char* name, const std::string& value) {
    out += text(",\n  \"", name, "\": ", value);
  };
  const auto named = [&](const Part& part) { return part.name == options.only; };
  if (std::none_of(std::begin(kParts), std::end(kParts), named))
    add("workloads", report_workloads(options.only, options.seconds));
  for (const Part& part : kParts)
    if (options.only.empty() ? !part.by_name_only : named(part))
      add(part.name, part.report(options.seconds));
  // Of the whole process: with --only, of one workload.
  add("process", text("{\"empty_mb\": ", empty_mb, ", \"peak_mb\": ", process_memory().peak, "}"));
  files::write_file(options.out, out + "\n}\n");
}

int run(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], kFirstStepOption) == 0) {
    set_num_threads(std::atoi(argv[3]));
    first_step(std::atoi(argv[2]));
    return 0;
  }
  examples::Arguments arguments(argc, argv, "Times Gradian's workloads on this machine.");
  Options options;
  options.only = arguments.text("--only", "", "this workload or part alone, such as growth");
  options.seconds =
      static_cast<double>(arguments.integer("--seconds", 2, 0, 600, "time for each workload"));
  options.out = arguments.path("--out", "build/bench.json", "file for the results");
  set_num_threads(
      static_cast<int>(arguments.integer("--threads", num_threads(), 1, 1024, "threads to use")));
  const int64_t steps = arguments.integer("--training", 0, 0, 1 << 20,
                                          "instead: compare algorithms by training N steps");
  const int64_t seeds = arguments.integer("--seeds", 3, 1, 1000, "runs of --training");
  if (!arguments.complete()) return 0;
  if (steps > 0) return report_training(steps, seeds) ? 0 : 1;
  files::check_writable(options.out);
  report_all(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return examples::run_main("bench", [&] { return run(argc, argv); });
}
