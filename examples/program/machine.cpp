#include "examples/program/machine.h"

#include <fstream>

#include "tensor/error.h"
#include "tensor/runtime/gemm.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {

std::string machine_description() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    processor = line.substr(line.find(':') + 2);
    break;
  }
#if defined(__clang__)
  const std::string compiler = gradian::text("clang ", __clang_major__, '.', __clang_minor__);
#else
  const std::string compiler = gradian::text("g++ ", __GNUC__, '.', __GNUC_MINOR__);
#endif
  return gradian::text(processor, ", ", num_threads(),
                       num_threads() == 1 ? " thread, " : " threads, ", compiler, ", BLIS ",
                       blis_kernels());
}

}  // namespace gradian::examples
