// The caching allocator: what it hands out, keeps and counts, and what happens when there is no
// more.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <new>
#include <thread>

#include "tensor/kernels.h"
#include "tests/child_process.h"
#include "tests/helpers.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using namespace runtime;

TEST_CASE("storage of every size is aligned to 64 bytes") {
  for (const size_t bytes : {0, 1, 63, 64, 65, 100, 1000, 4097, 1 << 20, (1 << 20) + 1}) {
    INFO(text(bytes, " bytes"));
    const Storage storage(bytes);
    CHECK(reinterpret_cast<uintptr_t>(storage.data()) % 64 == 0);
    std::fill_n(storage.data(), bytes, std::byte{1});
  }
}

TEST_CASE("a freed block is handed out again to a request of its size") {
  for (const size_t bytes : {1, 64, 5000, 1 << 20}) {
    INFO(text(bytes, " bytes"));
    std::byte* first = nullptr;
    {
      const Storage storage(bytes);
      first = storage.data();
    }
    const size_t cached = memory_stats().cached;
    const Storage again(bytes), other(bytes);
    CHECK(again.data() == first);
    CHECK(other.data() != first);
    CHECK(memory_stats().cached < cached);
  }
}

TEST_CASE("the bytes in use go back to where they were, and the peak stays") {
  const MemoryStats start = memory_stats();
  reset_peak_memory();
  CHECK(memory_stats().peak == start.in_use);
  size_t most = 0;
  {
    const Storage a(1000);
    {
      const Storage b(1 << 20);
      most = memory_stats().in_use;
      CHECK(most >= start.in_use + 1000 + (1 << 20));
    }
    CHECK(memory_stats().in_use < most);
    CHECK(memory_stats().peak == most);
  }
  CHECK(memory_stats().in_use == start.in_use);
  CHECK(memory_stats().peak == most);
  reset_peak_memory();
  CHECK(memory_stats().peak == start.in_use);
}

TEST_CASE("tensors and kernels give their memory back") {
  const size_t before = memory_stats().in_use;
  {
    const Tensor x = reference::sample({50, 60}, DType::float32);
    const Tensor y = log_softmax(matmul(x, x.transpose(0, 1)), 1);
    CHECK(memory_stats().in_use > before);
    CHECK_THROWS_AS(add(x, y), Error);
  }
  CHECK(memory_stats().in_use == before);
}

TEST_CASE("a view keeps the memory of its tensor alive") {
  const size_t before = memory_stats().in_use;
  Tensor view = Tensor::ones({1000}).slice(0, 10, 12);
  CHECK(memory_stats().in_use >= before + 4000);
  CHECK(view.to_vector<float>() == std::vector<float>{1, 1});
  view = Tensor();
  CHECK(memory_stats().in_use == before);
}

TEST_CASE("release_cached_memory empties the cache and leaves live tensors alone") {
  const Tensor x = Tensor::ones({1000});
  { const Storage freed(1 << 20); }
  const MemoryStats before = memory_stats();
  CHECK(before.cached >= 1 << 20);
  release_cached_memory();
  CHECK(memory_stats().cached == 0);
  CHECK(memory_stats().in_use == before.in_use);
  CHECK(sum(x).item() == 1000);
}

TEST_CASE(
    "what does not fit the memory is an error that names size and shape, and changes nothing") {
  const MemoryStats before = memory_stats();
  CHECK_THROWS_WITH_AS(Tensor::zeros({int64_t{1} << 30, int64_t{1} << 20}),
                       "zeros: no memory for 4.5036e+06 GB, float32 [1073741824, 1048576]", Error);
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2, SIZE_MAX / 4 + 1})
    CHECK_THROWS_AS(Storage{bytes}, std::bad_alloc);
  CHECK(memory_stats().in_use == before.in_use);
  CHECK(memory_stats().peak == before.peak);
}

// In a new process, whose heap has no room left over from other tests.
TEST_CASE("limit the memory of this process" * doctest::skip()) {
  constexpr size_t kMega = size_t{1} << 20;
  const Tensor x = Tensor::ones({10 << 20});
  const std::vector<int8_t> bytes(8 << 20);
  release_cached_memory();
  { const Storage freed(64 * kMega); }
  std::ifstream status("/proc/self/statm");
  size_t pages = 0;
  check(bool(status >> pages), "no /proc/self/statm");
  const size_t used = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const rlimit limit{used + 32 * kMega, used + 32 * kMega};
  check(setrlimit(RLIMIT_AS, &limit) == 0, "no limit");
  check(x.to_vector<float>().back() == 1, "wrong value");  // 40 MB, with the 64 MB given back
  check(memory_stats().cached == 0, "still cached: ", memory_stats().cached);
  { const Storage freed(64 * kMega); }
  const Tensor other = Tensor::ones({20 << 20});  // fits in the place of the 64 MB alone
  check(memory_stats().cached == 0, "still cached: ", memory_stats().cached);
  const size_t in_use = memory_stats().in_use;
  test::check_errors({
      {[] {
         Tensor::ones({256, 1 << 20});
       },
       "ones: no memory for 1.07374 GB, float32 [256, 1048576]"},
      {[&] { x.to_vector<float>(); }, "to_vector: no memory for 0.041943 GB, float32 [10485760]"},
      {[&] { Tensor::from(bytes, {8 << 20}); },
       "from: no memory for 0.0671089 GB, int64 [8388608]"},
  });
  check(memory_stats().in_use == in_use, "in use: ", memory_stats().in_use);
  check(sum(other).item() == 20 << 20, "wrong sum");
}

TEST_CASE("the cache is given back to the system before memory is said to be missing") {
  // Sanitizers need address space of their own, and an emulator gives its program no limit.
  if (test::kSanitized || test::emulator()) return;
  const test::Ended ended = test::run_case_in_new_process("limit the memory of this process");
  INFO(ended.output);
  CHECK(ended.how == "exit 0");
}

TEST_CASE("64 bytes behind every storage belong to its block") {
  for (const size_t bytes : {size_t{1}, size_t{64}, size_t{65}, size_t{1} << 20, size_t{4} << 20}) {
    const size_t before = memory_stats().in_use;
    const Storage storage(bytes);
    CHECK(memory_stats().in_use >= before + bytes + 64);
    // An address sanitizer sees a byte that is not the block's.
    const volatile std::byte last = storage.data()[bytes + 63];
    (void)last;
  }
}

TEST_CASE("in the tests a write behind the end of a tensor ends the program") {
  for (const int64_t size : {0, 3, 1000})
    for (const int64_t beyond : {-1, 0, 7}) {
      if (size + beyond < 0) continue;
      INFO(text(size, ' ', beyond));
      const test::Ended ended = test::run_in_child(
          [=] { Tensor::zeros({size}).mutable_data<float>()[size + beyond] = 1; });
      const bool guarded = ended.output.starts_with("memory: something was written behind the end");
      CHECK(guarded == (beyond >= 0));
      CHECK(ended.how == (guarded ? "signal 6" : "exit 0"));
    }
}

TEST_CASE("a child that is forked while another thread allocates can allocate") {
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) const Storage storage(1000);
  });
  for (int i = 0; i < 30; ++i) {
    const test::Ended ended = test::run_in_child([] { const Storage storage(1000); }, 10);
    REQUIRE(ended.how == "exit 0");
  }
  done = true;
  other.join();
}

TEST_CASE("the allocator serves many threads at once") {
  const size_t before = memory_stats().in_use;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&wrong, t] {
      for (int i = 0; i < 200; ++i) {
        const Tensor x = Tensor::full({100 + i % 7}, t);  // the threads share these sizes
        for (const float value : x.to_vector<float>()) wrong += value != static_cast<float>(t);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(memory_stats().in_use == before);
}

}  // namespace
}  // namespace gradian
