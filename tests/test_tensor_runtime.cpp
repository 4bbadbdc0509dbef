// What runs beneath the kernels: the caching allocator and the thread pool.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <thread>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Threads;

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

// Sanitizers end the program at an allocation that cannot succeed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

TEST_CASE("an allocation that fails leaves the statistics as they were" *
          doctest::skip(kSanitized)) {
  const MemoryStats before = memory_stats();
  CHECK_THROWS_AS(Storage(size_t{1} << 62), std::bad_alloc);
  CHECK(memory_stats().in_use == before.in_use);
  CHECK(memory_stats().peak == before.peak);
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

TEST_CASE("parallel_for runs each block exactly once") {
  for (const int threads : {1, 2, 3, 7})
    for (const int64_t blocks : {0, 1, 2, 7, 1000}) {
      INFO(text(threads, " threads, ", blocks, " blocks"));
      Threads some(threads);
      std::vector<std::atomic<int>> runs(static_cast<size_t>(blocks));
      parallel_for(blocks, [&](int64_t block) { ++runs[static_cast<size_t>(block)]; });
      for (const std::atomic<int>& count : runs) CHECK(count == 1);
    }
}

TEST_CASE("parallel_for uses the threads that were asked for and the calling one") {
  Threads three(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> arrived{0};
  parallel_for(3, [&](int64_t) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();  // ends only when three threads are here
    std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  CHECK(ids.size() == 3);
  CHECK(ids.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("parallel_ranges covers its range once with blocks that depend on sizes alone") {
  using Ranges = std::set<std::pair<int64_t, int64_t>>;
  const auto ranges = [](int threads, int64_t size, int64_t grain) {
    Threads some(threads);
    std::mutex mutex;
    Ranges result;
    parallel_ranges(size, grain, [&](int64_t begin, int64_t end) {
      std::lock_guard lock(mutex);
      result.insert({begin, end});
    });
    return result;
  };
  for (const int threads : {1, 2, 5}) {
    CHECK(ranges(threads, 10, 4) == Ranges{{0, 4}, {4, 8}, {8, 10}});
    CHECK(ranges(threads, 8, 4) == Ranges{{0, 4}, {4, 8}});
    CHECK(ranges(threads, 4, 4) == Ranges{{0, 4}});
    CHECK(ranges(threads, 3, 4) == Ranges{{0, 3}});
    CHECK(ranges(threads, 0, 4).empty());
  }
}

TEST_CASE("a parallel_for inside another runs in the thread that calls it, in order") {
  Threads four(4);
  std::atomic<int> wrong{0}, runs{0};
  parallel_for(20, [&](int64_t) {
    const std::thread::id self = std::this_thread::get_id();
    int64_t expected = 0;
    parallel_for(50, [&](int64_t inner) {
      ++runs;
      wrong += std::this_thread::get_id() != self || inner != expected++;
    });
  });
  CHECK(runs == 1000);
  CHECK(wrong == 0);
}

TEST_CASE("parallel_for rethrows an exception and works again afterwards") {
  for (const int threads : {1, 2, 5}) {
    INFO(text(threads, " threads"));
    Threads some(threads);
    for (const int64_t thrower : {0, 57, 99})
      CHECK_THROWS_WITH_AS(
          parallel_for(100, [&](int64_t block) { check(block != thrower, "block ", block); }),
          text("block ", thrower).c_str(), Error);
    CHECK_THROWS_AS(parallel_for(100, [](int64_t) { throw 42; }), int);
    CHECK_THROWS_AS(
        parallel_for(
            8, [](int64_t) { parallel_for(8, [](int64_t block) { check(block < 5, "inner"); }); }),
        Error);
    std::atomic<int64_t> total{0};
    parallel_for(100, [&](int64_t block) { total += block; });
    CHECK(total == 99 * 100 / 2);
  }
}

TEST_CASE("threads of the user's own may run parallel_for at the same time") {
  Threads three(3);
  std::vector<std::thread> threads;
  std::vector<std::atomic<int64_t>> totals(4);
  for (size_t t = 0; t < totals.size(); ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round)
        parallel_for(50, [&](int64_t block) { totals[t] += block; });
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::atomic<int64_t>& total : totals) CHECK(total == 20 * (49 * 50 / 2));
}

TEST_CASE("the number of threads can be set and read, within bounds") {
  Threads four(4);
  CHECK(num_threads() == 4);
  for (const int bad : {0, -1, 1025})
    CHECK_THROWS_WITH_AS(set_num_threads(bad),
                         text("set_num_threads: expected 1 to 1024 threads, got ", bad).c_str(),
                         Error);
  CHECK(num_threads() == 4);
  set_num_threads(2);
  CHECK(num_threads() == 2);
}

TEST_CASE("changing the number of threads inside a parallel region is an error, not a deadlock") {
  Threads two(2);
  CHECK_THROWS_WITH_AS(parallel_for(4, [](int64_t) { set_num_threads(3); }),
                       "set_num_threads: called inside a parallel region", Error);
  CHECK(num_threads() == 2);
}

}  // namespace
}  // namespace gradian
