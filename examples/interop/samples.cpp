#include "examples/interop/samples.h"

#include "examples/training/residual_network.h"
#include "examples/training/train.h"
#include "nn/onnx/export.h"
#include "tensor/files/npy.h"

namespace gradian::examples {

std::vector<SampleNetwork> sample_networks() {
  constexpr int64_t kClasses = 10;
  std::vector<SampleNetwork> networks;
  networks.push_back({"lenet", make_network(28, 28)});
  networks.back().network.append(nn::Linear(kPlane, kClasses));
  networks.push_back({"residual", residual_network(kClasses)});
  return networks;
}

void write_samples(const std::filesystem::path& folder, SampleNetwork& sample,
                   const Tensor& inputs) {
  auto& [name, network] = sample;
  nn::export_onnx(network, inputs.slice(0, 0, 2), folder / (name + ".onnx"));
  const nn::EvalMode evaluation(network);
  for (const int64_t rows : {int64_t{1}, inputs.size(0)}) {
    const Tensor some = inputs.slice(0, 0, rows);
    write_npy(folder / text(name, '.', rows, ".input.npy"), some);
    write_npy(folder / text(name, '.', rows, ".output.npy"), network(some).value());
  }
}

}  // namespace gradian::examples
