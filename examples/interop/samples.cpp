#include "examples/interop/samples.h"

#include "examples/program/file.h"
#include "nn/onnx/export.h"
#include "tensor/files/protobuf.h"

namespace gradian::examples {

void write_samples(const std::filesystem::path& folder, const std::string& name,
                   nn::Module& network, const Tensor& inputs) {
  const auto write = [&](const std::string& file, const Tensor& values) {
    write_file(folder / file, std::string(files::bytes_of(values.contiguous())));
  };
  std::filesystem::create_directories(folder);
  nn::export_onnx(network, inputs.slice(0, 0, 2), folder / (name + ".onnx"));
  const nn::EvalMode evaluation(network);
  for (const int64_t rows : {int64_t{1}, inputs.size(0)}) {
    const Tensor some = inputs.slice(0, 0, rows);
    write(text(name, '.', rows, ".input"), some);
    write(text(name, '.', rows, ".output"), network(some).value());
  }
}

}  // namespace gradian::examples
