// What is written for other programs, given to them, where Python has their packages.
#include <cstdlib>

#include "examples/interop/samples.h"
#include "examples/training/residual_network.h"
#include "examples/training/train.h"
#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

// With statistics and weights that are not the initial ones, as training leaves them.
void write_trained(const std::filesystem::path& folder, const std::string& name,
                   nn::Sequential network) {
  for (const auto& [_, buffer] : network.named_buffers())
    if (buffer.dtype() == DType::float32)
      buffer.set_value(rand(buffer.shape(), DType::float32, 0.5, 2));
  for (const Variable& parameter : network.parameters())
    parameter.set_value(parameter.value() + randn(parameter.shape(), parameter.dtype(), 0, 0.02));
  examples::write_samples(folder, name, network, rand({7, 1, 28, 28}));
}

}  // namespace

TEST_CASE("interop: ONNX Runtime computes what LeNet and the residual network do, to 1e-5") {
  manual_seed(1);
  const TemporaryFolder folder;
  write_trained(folder.path(), "lenet", examples::make_network(28, 28));
  write_trained(folder.path(), "residual", examples::residual_network(10));
  const char* const python = std::getenv("GRADIAN_PYTHON");
  const std::string command = text(python ? python : "python3", " ", GRADIAN_SOURCE_DIR,
                                   "/examples/interop/onnx_runtime.py ", folder.path().string(),
                                   " >", folder.path().string(), "/out 2>&1");
  const int status = std::system(command.c_str());
  CAPTURE(folder.read("out"));
  constexpr int kSkipped = 77, kNotFound = 127;
  const int code = WEXITSTATUS(status);
  if (code == kSkipped || code == kNotFound)
    MESSAGE("skipped, as Python has no packages for it: ", folder.read("out"));
  else
    CHECK(code == 0);
}

}  // namespace gradian::test
