// Takes networks to other programs, and theirs in: trains two for a few steps, or loads the weights
// that PyTorch has written for them, and writes weights, ONNX, and samples of what they compute.
// The pages of Python in interop/ go on from there.
//   build/examples/interop --out build/interop
//   python3 examples/interop/to_pytorch.py build/interop
//   python3 examples/interop/onnx_runtime.py build/interop
#include <iostream>

#include "examples/data/synthetic.h"
#include "examples/interop/samples.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "losses/cross_entropy.h"
#include "nn/optimizer.h"
#include "nn/state_dict.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

// Enough steps for running statistics and weights that are not the initial ones.
void train_briefly(nn::Module& network, const Dataset& data) {
  nn::Adam optimizer(network.named_parameters(), {.lr = 1e-2});
  for (const Batch& batch : Batches(data, 32)) {
    optimizer.zero_grad();
    cross_entropy(network(Variable(batch.images)), batch.labels).backward();
    optimizer.step();
  }
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, "Takes networks to other programs, and theirs in.");
  const std::filesystem::path out = arguments.path("--out", "build/interop", "folder of results");
  const std::filesystem::path weights =
      arguments.path("--weights", "", "folder of weights to load instead of training");
  if (!arguments.complete()) return 0;
  const DataSplit data = synthetic(/*num_classes=*/10, /*train_samples=*/256, /*test_samples=*/7,
                                   /*seed=*/1);
  manual_seed(1);
  for (SampleNetwork& sample : sample_networks()) {
    const std::string file = sample.name + ".safetensors";
    if (weights.empty()) {
      train_briefly(sample.network, data.train);
      nn::save(sample.network, out / file);
    } else {
      nn::load(sample.network, weights / file);
    }
    write_samples(out, sample, data.test.images);
    std::cout << (out / sample.name).string() << ".onnx\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("interop", [&] { return run(argc, argv); });
}
