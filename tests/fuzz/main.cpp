// The program of `make fuzz`: libFuzzer, which makes up the inputs, and one of the targets.
//   build/fuzz/run --target=idx FILE         runs one input
//   build/fuzz/run --target=idx -help=1      what else it can be asked for
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensor/runtime/memory.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/fuzz/targets.h"

namespace {

const gradian::fuzz::Target* target = nullptr;

}  // namespace

// An allocation that is refused has to end in an Error, as without the sanitizer.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i)
    for (const gradian::fuzz::Target& known : gradian::fuzz::kTargets)
      if ((*argv)[i] == "--target=" + std::string(known.name)) target = &known;
  if (!target) {
    std::fputs("fuzz: --target= is missing, or names none of tests/fuzz/targets.h\n", stderr);
    std::exit(1);
  }
  gradian::set_num_threads(1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run({reinterpret_cast<const char*>(data), size});
  // Freed blocks are kept for their sizes, of which there are many here.
  if (gradian::memory_stats().cached > size_t{32} << 20) gradian::release_cached_memory();
  return 0;
}
