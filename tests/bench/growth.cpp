#include "tests/bench/growth.h"

#include <cstdio>
#include <functional>
#include <vector>

#include "tensor/conv/conv2d.h"
#include "tensor/error.h"
#include "tensor/files/json.h"
#include "tensor/runtime/memory.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/bench/measure.h"
#include "tests/bench/networks.h"
#include "tests/bench/workloads.h"

namespace gradian::bench {
namespace {

// What a step is made of; 0 where it has no such thing.
struct Sizes {
  int64_t batch, size = 0, channels = 0, classes = 0;
};

struct Cost {
  double one_us, all_us;   // for a sample, in one thread and in all
  double gflops, peak_mb;  // gflops: in one thread
};

Cost measure(const Workload& workload, int64_t batch, double seconds) {
  const int threads = num_threads();
  const auto with = [&](int count) {
    set_num_threads(count);
    workload.step();
  };
  release_cached_memory();
  reset_peak_memory();
  with(threads);  // warms up
  const double peak = static_cast<double>(memory_stats().peak) / 1e6;
  const auto times = time_in_turn({[&] { with(1); }, [&] { with(threads); }}, seconds);
  const double one = median(times[0]), all = median(times[1]), sample = 1e6 / double(batch);
  return {one * sample, all * sample, workload.flops / one * 1e-9, peak};
}

void print_heading(const char* title, const char* first, const char* last) {
  const std::string all = text(num_threads(), " threads");
  std::printf("\n%s\n%s %11s %11s %6s %8s %8s%s\n", title, first, "1 thread", all.c_str(), "times",
              "GFLOP/s", "peak MB", last);
}

std::string report(const std::string& label, const Sizes& sizes, const Workload& workload,
                   double seconds, const std::string& note = "") {
  const Cost cost = measure(workload, sizes.batch, seconds);
  std::printf("%s %11.1f %11.1f %6.2f %8.1f %8.1f%s\n", label.c_str(), cost.one_us, cost.all_us,
              cost.one_us / cost.all_us, cost.gflops, cost.peak_mb, note.c_str());
  std::fflush(stdout);
  using files::json_number;
  return text(
      "{\"batch\": ", sizes.batch, ", \"size\": ", sizes.size, ", \"channels\": ", sizes.channels,
      ", \"classes\": ", sizes.classes, ", \"one_us\": ", json_number(cost.one_us),
      ", \"all_us\": ", json_number(cost.all_us), ", \"gflops\": ", json_number(cost.gflops),
      ", \"peak_mb\": ", json_number(cost.peak_mb), "}");
}

std::string padded(std::initializer_list<int64_t> numbers) {
  std::string out;
  for (const int64_t number : numbers) {
    char cell[16];
    std::snprintf(cell, sizeof cell, "%8lld", static_cast<long long>(number));
    out += cell;
  }
  return out;
}

std::string report_network(const Sizes& s, double seconds) {
  const auto algorithm = conv2d_algorithm(DType::float32, {s.batch, s.channels, s.size, s.size},
                                          {s.channels, s.channels, 3, 3}, {.padding = 1});
  return report(padded({s.batch, s.size, s.channels}), s,
                training("", "", small_network(s.channels, s.size), s.batch), seconds,
                text("  ", name(algorithm)));
}

std::string report_head(const Sizes& s, double seconds) {
  return report(padded({s.batch, s.classes}), s, margin_head(s.classes, s.batch), seconds);
}

// Where one number grows the others stay as here.
constexpr Sizes kNetwork{.batch = 64, .size = 32, .channels = 32};
constexpr Sizes kHead{.batch = 128, .classes = 10'000};

struct Series {
  int64_t Sizes::*grows;
  std::vector<int64_t> values;
};
const std::vector<Series> kOfNetwork = {
    {&Sizes::batch, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}},
    {&Sizes::size, {4, 8, 12, 13, 16, 24, 28, 32, 33, 48, 64, 96, 128}},
    {&Sizes::channels, {4, 8, 12, 16, 24, 32, 33, 48, 64, 65, 96, 128, 192, 256}}};
const std::vector<Series> kOfHead = {
    {&Sizes::batch, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}},
    {&Sizes::classes, {10, 30, 100, 300, 1000, 3000, 10'000, 30'000, 100'000, 300'000}}};

std::string report_all(const std::vector<Series>& all, const Sizes& start,
                       std::string (*report_row)(const Sizes&, double), double seconds) {
  std::string rows;
  for (const Series& series : all) {
    if (!rows.empty()) std::printf("\n");
    for (const int64_t value : series.values) {
      Sizes sizes = start;
      sizes.*series.grows = value;
      rows += (rows.empty() ? "\n    " : ",\n    ") + report_row(sizes, seconds);
    }
  }
  return "[" + rows + "]";
}

}  // namespace

std::string report_growth(double seconds) {
  print_heading("us a sample: step of conv3x3 3->C, PReLU, conv3x3 C->C, PReLU, mean, linear",
                "   batch    size       C", "  C->C by");
  std::string out = "{\"network\": " + report_all(kOfNetwork, kNetwork, report_network, seconds);
  print_heading("us a sample: margin head, 512-d, loss and gradients", "   batch classes", "");
  out += ",\n   \"head\": " + report_all(kOfHead, kHead, report_head, seconds) + "}";
  std::printf("GFLOP/s: of one thread, convolutions counted as direct; peak MB: all threads'\n");
  return out;
}

}  // namespace gradian::bench
