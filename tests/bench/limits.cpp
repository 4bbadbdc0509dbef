#include "tests/bench/limits.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include "tensor/conv/conv2d.h"
#include "tensor/error.h"
#include "tensor/files/json.h"
#include "tensor/kernels.h"
#include "tensor/profile.h"
#include "tensor/runtime/processors.h"
#include "tensor/runtime/thread_pool.h"
#include "tensor/simd/micro_kernel.h"
#include "tests/bench/measure.h"
#include "tests/bench/networks.h"
#include "tests/bench/workloads.h"

namespace gradian::bench {
namespace {

using simd::Floats, simd::kLanes, simd::kPanel, simd::kRows;

// A number for each count of threads.
using Numbers = std::vector<double>;

struct Rates {
  double flops, copied, read;  // a second; copied: bytes read + bytes written
};

// What one call multiplies: one group of rows and one panel, which lie in the first-level cache.
constexpr int64_t kInner = 128, kCalls = 10000;
constexpr double kCallFlops = 2.0 * kRows * kPanel * kInner;

void multiply_in_cache() {
  alignas(64) float a[kRows * kInner] = {}, b[kInner * kPanel] = {}, c[kRows * kPanel];
  for (int64_t call = 0; call < kCalls; ++call) {
    simd::multiply_panel(kRows, kInner, a, kInner, b, c, kPanel, false);
    asm volatile("" : : "r"(c) : "memory");  // somebody might read c
  }
}

// Far more than any cache holds.
constexpr int64_t kStream = int64_t(1) << 26;

void copy(const float* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    simd::store(to + i, simd::load<Floats>(from + i));
    asm volatile("" : : : "memory");  // as our passes do it, not by memcpy
  }
}

void read(const float* from, int64_t count) {
  constexpr int kSums = 4;
  Floats sums[kSums] = {};
  for (int64_t i = 0; i < count; i += kSums * kLanes)
    for (int j = 0; j < kSums; ++j) sums[j] += simd::load<Floats>(from + i + j * kLanes);
  asm volatile("" : : "r"(sums) : "memory");
}

// The best of many short runs with so many threads at once.
std::vector<Rates> measure_machine(const std::vector<int>& counts, double seconds) {
  const Tensor source = Tensor::ones({kStream});
  Tensor target = Tensor::ones({kStream});
  const float* const from = source.data<float>();
  float* const to = target.mutable_data<float>();
  std::vector<Task> tasks;
  for (const int threads : counts) {
    const auto at_once = [=](const std::function<void(int64_t)>& body) {
      set_num_threads(threads);
      runtime::parallel_for(threads, body);
    };
    const int64_t part = kStream / threads / 64 * 64;
    tasks.push_back([=] { at_once([](int64_t) { multiply_in_cache(); }); });
    tasks.push_back(
        [=] { at_once([=](int64_t i) { copy(from + i * part, to + i * part, part); }); });
    tasks.push_back([=] { at_once([=](int64_t i) { read(from + i * part, part); }); });
  }
  const auto times = time_in_turn(tasks, seconds);
  std::vector<Rates> rates;
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto rate = [&](size_t task, double amount) {
      return amount / *std::min_element(times[3 * i + task].begin(), times[3 * i + task].end());
    };
    rates.push_back(
        {rate(0, counts[i] * kCalls * kCallFlops), rate(1, 8.0 * kStream), rate(2, 4.0 * kStream)});
  }
  return rates;
}

// Nanoseconds until a thread sees what another has written: some 25 between cores that share a
// cache, several times that between others, where it is also slow to write again what the other has
// read. A virtual machine's processors may be moved from the one to the other unasked.
double hand_over() {
  constexpr int kRounds = 20, kTurns = 1000;
  alignas(128) std::atomic<int> turn{0};
  const auto play = [&](int first, int last) {
    for (int mine = first; mine < last; mine += 2) {
      while (turn.load(std::memory_order_acquire) != mine) {
      }
      turn.store(mine + 1, std::memory_order_release);
    }
  };
  std::thread other(play, 1, kRounds * kTurns);
  Numbers times;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = now();
    play(round * kTurns, (round + 1) * kTurns);
    times.push_back((now() - begin) / kTurns * 1e9);
  }
  other.join();
  return median(times);
}

// Of one product, for a batch, as the algorithm multiplies that the library takes.
double multiplied(const Convolution& c, int64_t batch) {
  Conv2dOptions options;
  options.stride = c.stride;
  options.padding = c.kernel / 2;
  const ConvAlgorithm algorithm =
      conv2d_algorithm(DType::float32, {batch, c.in, c.size * c.stride, c.size * c.stride},
                       {c.out, c.in, c.kernel, c.kernel}, options);
  const int64_t tile = algorithm == ConvAlgorithm::winograd6   ? 6
                       : algorithm == ConvAlgorithm::winograd8 ? 8
                                                               : 0;
  if (tile == 0) return double(batch) * c.flops();
  const int64_t side = ceil_div(c.size, tile + 1 - c.kernel);
  return 2.0 * double(batch * side * side * tile * tile * c.in * c.out);
}

// Of a training step: all three products, but no gradient of the images.
double multiplied(const Network& network) {
  double sum = 0;
  for (const Convolution& c : network.convolutions)
    sum += (&c == &network.convolutions.front() ? 2 : 3) * multiplied(c, kBatch);
  return sum;
}

struct Step {
  double seconds, products, passes, rest;  // rest: between the ops
};

// The median step and how it is shared out, for each count of threads, in turn.
std::vector<Step> measure_step(const Workload& workload, const std::vector<int>& counts,
                               double seconds) {
  std::vector<Profile> profiles(counts.size());
  std::vector<Task> tasks;
  for (size_t i = 0; i < counts.size(); ++i)
    tasks.push_back([&, i] {
      set_num_threads(counts[i]);
      const Profiling profiling(profiles[i]);
      workload.step();
    });
  const auto times = time_in_turn(tasks, seconds);
  std::vector<Step> steps;
  for (size_t i = 0; i < counts.size(); ++i) {
    double products = 0, passes = 0;
    for (const auto& [what, row] : profiles[i].rows)
      (row.flops ? products : passes) += double(row.nanoseconds);
    const double all = double(profiles[i].nanoseconds), step = median(times[i]);
    steps.push_back(
        {step, step * products / all, step * passes / all, step * (all - products - passes) / all});
  }
  return steps;
}

// The losses of the first steps; their bits are the same for every number of threads.
void check_bits(const std::function<Workload()>& make, const std::vector<int>& counts) {
  std::vector<double> first;
  for (const int threads : counts) {
    set_num_threads(threads);
    const std::vector<double> losses = make().values();
    if (first.empty()) first = losses;
    check(losses == first, "the losses depend on the number of threads");
  }
}

enum class Kind { time, rate, other };  // what more threads make less, more, or neither

class Table {
 public:
  explicit Table(const std::vector<int>& counts) {
    std::printf("\n%-44s", "limits, and steps beside them");
    for (const int threads : counts)
      std::printf(" %11s", text(threads, threads == 1 ? " thread" : " threads").c_str());
    std::printf("%s\n", counts.size() > 1 ? "  times" : "");
  }
  void row(const char* name, const char* key, Kind kind, const Numbers& values) {
    std::printf("%-44s", name);
    std::string list;
    for (const double value : values) {
      std::printf(" %11.1f", value);
      list += (list.empty() ? "" : ", ") + files::json_number(value);
    }
    const double ratio = values.back() / values.front();
    if (values.size() > 1 && kind != Kind::other)
      std::printf(" %6.2f", kind == Kind::time ? 1 / ratio : ratio);
    std::printf("\n");
    std::fflush(stdout);
    json += text(json.empty() ? "" : ", ", "\"", key, "\": [", list, "]");
  }
  std::string json;
};

void report_step(const char* name, const char* key, Network (*network_of)(),
                 const std::vector<int>& counts, const std::vector<Rates>& machine, double seconds,
                 Table& table) {
  const Network network = network_of();
  const auto make = [&] { return training(key, name, network_of(), kBatch); };
  check_bits(make, counts);
  const Workload workload = make();
  const std::vector<Step> steps = measure_step(workload, counts, seconds);
  const double flops = multiplied(network), bytes = 4.0 * kBatch * network.passed;
  const auto add = [&](const char* row, const char* row_key, Kind kind, const auto& value) {
    Numbers values;
    for (size_t i = 0; i < steps.size(); ++i) values.push_back(value(steps[i], machine[i]));
    table.row(row, text(key, '_', row_key).c_str(), kind, values);
  };
  using S = const Step&;
  using R = const Rates&;
  std::printf("\n");
  add(name, "ms", Kind::time, [](S s, R) { return 1e3 * s.seconds; });
  add("  at both limits it would take", "limit_ms", Kind::time,
      [=](S, R r) { return 1e3 * (flops / r.flops + bytes / r.copied); });
  add("  products, ms", "products_ms", Kind::time, [](S s, R) { return 1e3 * s.products; });
  add("    % of the step", "products_share", Kind::other,
      [](S s, R) { return 100 * s.products / s.seconds; });
  add("    % of the micro-kernel's rate", "of_micro_kernel", Kind::other,
      [=](S s, R r) { return 100 * flops / s.products / r.flops; });
  add("    the same, if by the direct algorithm", "of_micro_kernel_direct", Kind::other,
      [&](S s, R r) { return 100 * workload.flops / s.products / r.flops; });
  add("  passes, ms", "passes_ms", Kind::time, [](S s, R) { return 1e3 * s.passes; });
  add("    % of the step", "passes_share", Kind::other,
      [](S s, R) { return 100 * s.passes / s.seconds; });
  add("    % of the copy's rate", "of_copy", Kind::other,
      [=](S s, R r) { return 100 * bytes / s.passes / r.copied; });
  add("  between them, ms", "rest_ms", Kind::time, [](S s, R) { return 1e3 * s.rest; });
}

}  // namespace

std::string report_limits(double seconds) {
  const int threads = num_threads();
  const std::vector<int> counts = threads > 1 ? std::vector<int>{1, threads} : std::vector<int>{1};
  Table table(counts);
  Numbers handed;
  const bool two_run = threads > 1 && runtime::usable_processors() > 1;
  const auto between_parts = [&] {
    if (two_run) handed.push_back(hand_over());
  };
  between_parts();
  const std::vector<Rates> machine = measure_machine(counts, seconds);
  const auto add = [&](const char* name, const char* key, double Rates::*rate) {
    Numbers values;
    for (const Rates& rates : machine) values.push_back(rates.*rate * 1e-9);
    table.row(name, key, Kind::rate, values);
  };
  add("micro-kernel in cache, GFLOP/s", "micro_kernel_gflops", &Rates::flops);
  add("copy of memory, GB/s read + written", "copy_gbs", &Rates::copied);
  add("read of memory, GB/s", "read_gbs", &Rates::read);
  between_parts();
  report_step("LeNet++ step, ms", "lenet", lenet_network, counts, machine, 2 * seconds, table);
  between_parts();
  report_step("IR-ResNet step, ms", "ir_resnet", ir_resnet_network, counts, machine, 2 * seconds,
              table);
  between_parts();
  if (two_run) {
    std::printf("\n");
    table.row("handing over, ns: before, between, after", "hand_over_ns", Kind::other, handed);
  }
  std::printf(
      "limits: the best runs, all threads at once; steps: medians, the losses' bits the same.\n"
      "handing over: a line from one thread to another; at 100 ns and more, as between cores that\n"
      "share no cache, what both use costs more than the limits say.\n"
      "products: what counts FLOPs, with transforms, packing, biases and padded copies; of the\n"
      "rate: what Winograd multiplies in whole tiles, with the gradients by the algorithm of\n"
      "the result (approximated). passes: other ops and the optimiser; of the rate: what these\n"
      "layers read and write by their definitions, in memory (approximated: large arrays alone;\n"
      "caches and fused passes may give more than 100 %%).\n");
  set_num_threads(threads);
  return "{" + table.json + "}";
}

}  // namespace gradian::bench
