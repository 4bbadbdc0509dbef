#include "tests/bench/convolutions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ios>
#include <vector>

#include "tensor/conv/conv2d.h"
#include "tensor/error.h"
#include "tests/bench/measure.h"
#include "tests/reference.h"

namespace gradian::bench {
namespace {

// im2col comes first: the others fall back to it where they do not apply.
constexpr ConvAlgorithm kAlgorithms[] = {ConvAlgorithm::im2col, ConvAlgorithm::direct,
                                         ConvAlgorithm::winograd6, ConvAlgorithm::winograd8};

// Padding that keeps the size where the stride is 1.
struct Layer {
  int64_t kernel, channels, filters, size, stride = 1;

  Conv2dOptions options() const {
    Conv2dOptions options;
    options.stride = stride;
    options.padding = kernel / 2;
    return options;
  }
  Shape weight() const { return {filters, channels, kernel, kernel}; }
  Shape input(int64_t batch) const { return {batch, channels, size, size}; }
  Shape output(int64_t batch) const { return conv2d_shape(input(batch), weight(), options()); }
  double flops(int64_t batch) const {
    return 2.0 * static_cast<double>(numel(output(batch)) * channels * kernel * kernel);
  }
  std::string name() const {
    return text(kernel, 'x', kernel, ' ', channels, "->", filters, ", ", size, 'x', size,
                stride > 1 ? text(" /", stride) : "");
  }
};
constexpr Layer kLayers[] = {{5, 1, 32, 28}, {5, 32, 32, 28}, {5, 64, 64, 14}, {5, 128, 128, 7},
                             {3, 3, 16, 32}, {3, 16, 16, 32}, {3, 64, 64, 8},  {3, 32, 32, 16, 2}};
constexpr int64_t kTimedBatch = 64;  // of which the float64 reference would take a minute
constexpr int64_t kCheckedBatch = 4;

struct Operands {
  Operands(const Layer& layer, int64_t batch)
      : x(reference::sample(layer.input(batch), DType::float32, -1, 1, 1)),
        w(reference::sample(layer.weight(), DType::float32, -1, 1, 2)),
        dy(reference::sample(layer.output(batch), DType::float32, -1, 1, 3)) {}
  Tensor x, w, dy;
};

// Forward, gradient by the input, gradient by the weight; in this order wherever there are three.
constexpr size_t kProducts = 3;
using Tensors = std::array<Tensor, kProducts>;
using Numbers = std::array<double, kProducts>;

std::array<std::function<Tensor()>, kProducts> products(const Operands& o, const Layer& layer) {
  return {[&] { return conv2d(o.x, o.w, layer.options()); },
          [&] { return conv2d_input_gradient(o.dy, o.w, o.x.shape(), layer.options()); },
          [&] { return conv2d_weight_gradient(o.dy, o.x, o.w.shape(), layer.options()); }};
}

Tensors run(const Operands& operands, const Layer& layer) {
  const auto tasks = products(operands, layer);
  return {tasks[0](), tasks[1](), tasks[2]()};
}

std::array<reference::Array, kProducts> float64_products(const Operands& o, const Layer& layer) {
  const reference::Array x(o.x), w(o.w), dy(o.dy);
  return {reference::conv2d(x, w, layer.options()),
          reference::conv2d_input_gradient(dy, w, x.shape, layer.options()),
          reference::conv2d_weight_gradient(dy, x, w.shape, layer.options())};
}

Numbers rates(const Operands& operands, const Layer& layer, double seconds) {
  Numbers gflops;
  const auto tasks = products(operands, layer);
  for (size_t i = 0; i < kProducts; ++i) {
    tasks[i]();  // warms up
    gflops[i] = layer.flops(kTimedBatch) / median(time_in_turn({tasks[i]}, seconds)[0]) * 1e-9;
  }
  return gflops;
}

// The largest difference over the largest entry.
double error(const Tensor& got, const reference::Array& want) {
  const std::vector<double> values = got.to_vector<double>();
  double difference = 0, largest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    difference = std::max(difference, std::abs(values[i] - want.values[i]));
    largest = std::max(largest, std::abs(want.values[i]));
  }
  return difference / largest;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.to_vector<float>() == b.to_vector<float>();
}

struct Row {
  std::string layer;
  ConvAlgorithm algorithm;
  Tensors results;  // at the batch that is timed
  Numbers gflops, errors;
  std::array<bool, kProducts> automatic{};  // what the library chooses by itself
};

void print(const Row& row, bool first_of_layer) {
  std::printf("%-21s %-10s", first_of_layer ? row.layer.c_str() : "", name(row.algorithm));
  for (size_t i = 0; i < kProducts; ++i)
    std::printf(" %5.0f%c", row.gflops[i], row.automatic[i] ? '*' : ' ');
  std::printf("  %8.1e %8.1e %8.1e\n", row.errors[0], row.errors[1], row.errors[2]);
}

std::string json(const Row& row) {
  const auto list = [](const auto& n) {
    return text(std::boolalpha, '[', n[0], ", ", n[1], ", ", n[2], ']');
  };
  return text("{\"layer\": \"", row.layer, "\", \"algorithm\": \"", name(row.algorithm),
              "\", \"gflops\": ", list(row.gflops), ", \"errors\": ", list(row.errors),
              ", \"automatic\": ", list(row.automatic), "}");
}

// Where two algorithms give the same bits the later one, the less general, is the one chosen.
void mark_automatic(std::vector<Row>& rows, const Tensors& chosen) {
  for (size_t i = 0; i < kProducts; ++i) {
    const auto row = std::find_if(rows.rbegin(), rows.rend(),
                                  [&](const Row& r) { return same_bits(r.results[i], chosen[i]); });
    if (row != rows.rend()) row->automatic[i] = true;
  }
}

// A row for each algorithm that applies, that is, whose results are not im2col's.
std::vector<Row> measure_layer(const Layer& layer, double seconds) {
  const Operands checked(layer, kCheckedBatch), timed(layer, kTimedBatch);
  const auto want = float64_products(checked, layer);
  std::vector<Row> rows;
  for (const ConvAlgorithm algorithm : kAlgorithms) {
    set_conv_algorithm(algorithm);
    Row row{layer.name(), algorithm, run(timed, layer), {}, {}};
    const auto same = [&](size_t i) { return same_bits(row.results[i], rows[0].results[i]); };
    if (!rows.empty() && same(0) && same(1) && same(2)) continue;
    row.gflops = rates(timed, layer, seconds);
    const Tensors got = run(checked, layer);
    for (size_t i = 0; i < kProducts; ++i) row.errors[i] = error(got[i], want[i]);
    rows.push_back(row);
  }
  set_conv_algorithm(ConvAlgorithm::automatic);
  mark_automatic(rows, run(timed, layer));
  return rows;
}

}  // namespace

std::string report_convolutions(double seconds) {
  std::printf(
      "\nconvolutions, float32           GFLOP/s, batch %d      error against float64, batch %d\n"
      "%-21s %-10s %5s  %5s  %5s   %8s %8s %8s\n",
      static_cast<int>(kTimedBatch), static_cast<int>(kCheckedBatch), "layer", "algorithm", "y",
      "dx", "dw", "y", "dx", "dw");
  std::string out = "[";
  for (const Layer& layer : kLayers) {
    const std::vector<Row> rows = measure_layer(layer, seconds);
    for (const Row& row : rows) {
      print(row, &row == &rows.front());
      out += (out == "[" ? "\n    " : ",\n    ") + json(row);
    }
    std::fflush(stdout);
  }
  std::printf(
      "* what the library takes by itself; the rates count the direct convolution's operations\n"
      "error: the largest difference from a direct convolution in float64, over the largest\n"
      "entry; y: result, dx and dw: gradients by input and weight; /2: stride 2\n");
  return out + "\n  ]";
}

}  // namespace gradian::bench
