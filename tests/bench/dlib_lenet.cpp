// dlib's side of the benchmark: the LeNet++ step of workloads.cpp, by the library that a C++ user
// finds in Debian. peers.py starts it; `make bench-peers` builds it where dlib/dnn.h is.
//   build/bench/dlib_lenet THREADS
// Prints the losses of four steps, then answers each line of stdin, a number of seconds, with what
// a step took, all as JSON. OpenBLAS, which multiplies dlib's matrices, has THREADS or one,
// whichever is faster: the matrices are those of single images. The rest of dlib has one thread
// anyway.
#include <cblas-openblas.h>
#include <dlib/dnn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/bench/pattern.h"

using namespace gradian::bench;

namespace {

constexpr long kBatch = 128, kSize = 28, kClasses = 10;

template <long filters, class Below>
using Convolution = dlib::prelu<dlib::con<filters, 5, 5, 1, 1, Below>>;  // padded by 2
template <long filters, class Below>
using Stage = dlib::max_pool<2, 2, 2, 2, Convolution<filters, Convolution<filters, Below>>>;
using Images = dlib::input<dlib::matrix<float>>;
using Features = dlib::prelu<dlib::fc<2, Stage<128, Stage<64, Stage<32, Images>>>>>;
using Network = dlib::loss_multiclass_log<dlib::fc_no_bias<kClasses, Features>>;

// Gives weights the values that set_weights() in workloads.cpp gives them. Biases start as zeros
// and slopes as 1/4 anyway. dlib visits the layers from the loss down; `salt`, a number for each
// parameter from the images up, therefore counts backwards.
struct SetWeights {
  int64_t& salt;

  template <long filters, long rows, long columns, int... rest>
  void operator()(dlib::con_<filters, rows, columns, rest...>& layer) {
    fill(layer.get_layer_params(), filters, /*bias=*/true, /*transposed=*/false);
  }
  template <unsigned long outputs, dlib::fc_bias_mode mode>
  void operator()(dlib::fc_<outputs, mode>& layer) {
    fill(layer.get_layer_params(), outputs, mode == dlib::FC_HAS_BIAS, /*transposed=*/true);
  }
  void operator()(dlib::prelu_&) { --salt; }

 private:
  // A row of weights for each output, or transposed a column; biases stand behind them.
  void fill(dlib::tensor& parameters, int64_t outputs, bool bias, bool transposed) {
    salt -= bias ? 2 : 1;
    const int64_t count = int64_t(parameters.size()) - (bias ? outputs : 0),
                  inputs = count / outputs;
    float* const values = parameters.host();
    for (int64_t i = 0; i < count; ++i)
      values[transposed ? i % inputs * outputs + i / inputs : i] =
          pattern_value(i, weight_scale(inputs), salt + 1);
  }
};

// One SGD step a call, which returns the loss.
class Training {
 public:
  Training() : solvers_(Network::num_computational_layers, dlib::sgd(/*weight_decay=*/0, 0.9f)) {
    std::vector<dlib::matrix<float>> images(kBatch, dlib::matrix<float>(kSize, kSize));
    for (int64_t i = 0; i < kBatch * kSize * kSize; ++i)
      images[i / (kSize * kSize)](i % (kSize * kSize)) = pattern_value(i, 1, 0);
    network_.to_tensor(images.begin(), images.end(), images_);
    for (int64_t i = 0; i < kBatch; ++i)
      labels_.push_back(static_cast<unsigned long>(label(i, kClasses)));
    network_.subnet().forward(images_);  // after which the layers have parameters
    int64_t salt = 22;
    dlib::visit_computational_layers(network_, SetWeights{salt});
    if (salt != 0) throw dlib::error("dlib has other parameters than Gradian");
  }

  double step() {
    const double loss = network_.compute_parameter_gradients(images_, labels_.begin());
    network_.update_parameters(solvers_, 1e-3);
    return loss;
  }

 private:
  Network network_;
  std::vector<dlib::sgd> solvers_;
  dlib::resizable_tensor images_;
  std::vector<unsigned long> labels_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: dlib_lenet THREADS\n"), 2;
  const double empty_mb = process_memory().now;
  Training training;
  reset_process_peak();
  std::vector<double> losses;
  const auto seconds_with = [&](int threads) {  // of the second of two steps
    openblas_set_num_threads(threads);
    losses.push_back(training.step());
    const double begin = now();
    losses.push_back(training.step());
    return now() - begin;
  };
  const int most = std::atoi(argv[1]);
  const double parallel = seconds_with(most), serial = seconds_with(1);
  const int threads = parallel < serial ? most : 1;
  openblas_set_num_threads(threads);
  std::printf("{\"threads\": %d, \"values\": [%.9g, %.9g, %.9g, %.9g]}\n", threads, losses[0],
              losses[1], losses[2], losses[3]);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto times = time_in_turn({[&] { training.step(); }}, std::stod(line)).front();
    std::printf("{\"ms\": %.6g, \"best_ms\": %.6g, \"peak_mb\": %.6g}\n", 1e3 * median(times),
                1e3 * *std::min_element(times.begin(), times.end()),
                process_memory().peak - empty_mb);
    std::fflush(stdout);
  }
  return 0;
}
