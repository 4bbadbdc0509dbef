// What is written for other programs, given to them, and what they have written, where Python has
// their packages.
#include <cstdlib>

#include "examples/interop/samples.h"
#include "nn/state_dict.h"
#include "tensor/files/npy.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

// Whether Python could run that page of examples/interop/. It must not fail.
bool run_page(const std::string& page, const TemporaryFolder& folder) {
  const char* const python = std::getenv("GRADIAN_PYTHON");
  const std::string path = folder.path().string();
  const std::string command =
      text(python ? python : "python3", " ", GRADIAN_SOURCE_DIR, "/examples/interop/", page, ' ',
           path, " >", path, "/printed 2>&1");
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;  // not if a signal ended it
  const std::string printed = folder.read("printed");
  constexpr int kSkipped = 77, kNotFound = 127;
  const bool ran = code != kSkipped && code != kNotFound;
  if (ran)
    CHECK_MESSAGE(code == 0, printed);
  else
    MESSAGE("skipped, as Python has no packages for it: ", printed);
  return ran;
}

void write_all_samples(std::vector<examples::SampleNetwork>& networks,
                       const TemporaryFolder& folder) {
  for (examples::SampleNetwork& sample : networks) {
    examples::write_samples(folder.path(), sample, rand({7, 1, 28, 28}));
    const Tensor made = read_npy(folder.path() / (sample.name + ".7.output.npy"));
    const Tensor apart = abs(made.slice(0, 0, 1) - made.slice(0, 1, 2));
    CHECK(sum(apart).item() > 1e-3);  // what is compared depends on the input
  }
}

}  // namespace

TEST_CASE("interop: ONNX Runtime and PyTorch compute what LeNet and the residual network do") {
  manual_seed(1);
  const TemporaryFolder folder;
  std::vector<examples::SampleNetwork> networks = examples::sample_networks();
  for (auto& [name, network] : networks) {
    // Statistics and weights that are not the initial ones, as training leaves them.
    for (const auto& [buffer, values] : network.named_buffers()) {
      if (buffer.ends_with("running_mean"))
        values.set_value(rand(values.shape(), DType::float32, -0.2, 0.2));
      if (buffer.ends_with("running_var"))
        values.set_value(rand(values.shape(), DType::float32, 0.5, 2));
    }
    for (const Variable& parameter : network.parameters())
      parameter.set_value(parameter.value() + randn(parameter.shape(), parameter.dtype(), 0, 0.1));
    nn::save(network, folder.path() / (name + ".safetensors"));
  }
  write_all_samples(networks, folder);
  run_page("onnx_runtime.py", folder);
  run_page("to_pytorch.py", folder);
}

TEST_CASE("interop: weights that PyTorch has written compute here what they do there") {
  const TemporaryFolder folder;
  if (!run_page("from_pytorch.py", folder)) return;
  std::vector<examples::SampleNetwork> networks = examples::sample_networks();
  for (auto& [name, network] : networks) nn::load(network, folder.path() / (name + ".safetensors"));
  write_all_samples(networks, folder);
  run_page("to_pytorch.py", folder);
}

}  // namespace gradian::test
