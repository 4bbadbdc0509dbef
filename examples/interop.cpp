// Takes trained networks elsewhere: trains two for a few steps, writes them as ONNX, and inputs of
// 1 and 7 images with what they make of them beside each, as plain float32. The pages of Python in
// interop/ go on from there.
//   build/examples/interop --out build/interop
//   python3 examples/interop/onnx_runtime.py build/interop
#include <iostream>
#include <map>

#include "examples/data/synthetic.h"
#include "examples/interop/samples.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "examples/training/residual_network.h"
#include "examples/training/train.h"
#include "losses/cross_entropy.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr int64_t kClasses = 10;

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
  Arguments arguments(argc, argv, "Writes trained networks for other programs to run.");
  const std::filesystem::path folder =
      arguments.path("--out", "build/interop", "folder of results");
  if (!arguments.complete()) return 0;
  const DataSplit data = synthetic(kClasses, 256, 7, /*seed=*/1);
  manual_seed(1);
  nn::Sequential lenet = make_network(28, 28), residual = residual_network(kClasses);
  lenet.append(nn::Linear(kFeatures, kClasses));
  for (auto& [name, network] :
       std::map<std::string, nn::Module&>{{"lenet", lenet}, {"residual", residual}}) {
    train_briefly(network, data.train);
    write_samples(folder, name, network, data.test.images);
    std::cout << (folder / name).string() << ".onnx\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("interop", [&] { return run(argc, argv); });
}
