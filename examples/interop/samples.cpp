#include "examples/interop/samples.h"

#include "nn/onnx/export.h"
#include "tensor/files/npy.h"

namespace gradian::examples {

void write_samples(const std::filesystem::path& folder, const std::string& name,
                   nn::Module& network, const Tensor& inputs) {
  std::filesystem::create_directories(folder);
  nn::export_onnx(network, inputs.slice(0, 0, 2), folder / (name + ".onnx"));
  const nn::EvalMode evaluation(network);
  for (const int64_t rows : {int64_t{1}, inputs.size(0)}) {
    const Tensor some = inputs.slice(0, 0, rows);
    write_npy(folder / text(name, '.', rows, ".input.npy"), some);
    write_npy(folder / text(name, '.', rows, ".output.npy"), network(some).value());
  }
}

}  // namespace gradian::examples
