// The thread pool: who runs the blocks, what a body may do, and how many threads there are.
#include <doctest/doctest.h>
#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "tensor/runtime/processors.h"
#include "tests/child_process.h"
#include "tests/reference.h"
#include "tests/temporary_folder.h"

namespace gradian {
namespace {

using namespace runtime;

using reference::Threads;

// The threads that ran `blocks` which end only when all of them have begun.
std::set<std::thread::id> threads_at_once(int blocks) {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> arrived{0};
  parallel_for(blocks, [&](int64_t) {
    ++arrived;
    while (arrived < blocks) std::this_thread::yield();
    std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  return ids;
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
  const std::set<std::thread::id> ids = threads_at_once(3);
  CHECK(ids.size() == 3);
  CHECK(ids.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("a thread begins with the first block of a share that is the same each time") {
  Threads three(3);
  std::map<std::thread::id, std::set<int64_t>> begun;
  for (int time = 0; time < 20; ++time) {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::atomic<int> arrived{0};
    parallel_for(91, [&](int64_t block) {
      const std::thread::id id = std::this_thread::get_id();
      {
        std::lock_guard lock(mutex);
        if (!seen.insert(id).second) return;
        begun[id].insert(block);
      }
      ++arrived;
      while (arrived < 3) std::this_thread::yield();
    });
  }
  CHECK(begun.size() == 3);
  CHECK(begun[std::this_thread::get_id()] == std::set<int64_t>{0});
  std::set<int64_t> all;
  for (const auto& [id, firsts] : begun) all.insert(firsts.begin(), firsts.end());
  CHECK(all == std::set<int64_t>{0, 31, 61});  // of 31, 30 and 30 blocks
}

TEST_CASE("the first parallel_for of a process has all its threads") {
  for (const int threads : {2, 3}) {
    const test::Ended ended = test::run_in_child(
        [=] {
          Threads some(threads);
          check(threads_at_once(threads).size() == static_cast<size_t>(threads), "too few threads");
        },
        /*seconds=*/20);
    CHECK(ended.how == "exit 0");
  }
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
    CHECK(ranges(threads, -3, 4).empty());
    CHECK(ranges(threads, 2, 0) == Ranges{{0, 1}, {1, 2}});
    CHECK(ranges(threads, 2, -9) == Ranges{{0, 1}, {1, 2}});
    CHECK(ranges(threads, INT64_MAX, INT64_MAX - 1) ==
          Ranges{{0, INT64_MAX - 1}, {INT64_MAX - 1, INT64_MAX}});
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

TEST_CASE("a new number of threads holds from the next parallel_for on, wherever it is set") {
  Threads two(2);
  parallel_for(4, [](int64_t) { set_num_threads(3); });
  CHECK(num_threads() == 3);
  CHECK(threads_at_once(3).size() == 3);
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done)
      for (int threads = 1; threads < 5; ++threads) set_num_threads(threads);
  });
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> runs{0};
    parallel_for(20, [&](int64_t) { ++runs; });
    CHECK(runs == 20);
    CHECK(num_threads() < 5);
  }
  done = true;
  other.join();
}

// What would hang or end the process is tried in a child.

void check_child(const std::function<void()>& body, const std::string& how = "exit 0") {
  const test::Ended ended = test::run_in_child(body, 30);
  CHECK(ended.output == "");
  CHECK(ended.how == how);
}

int64_t sum_in_parallel(int64_t blocks) {
  std::atomic<int64_t> total{0};
  parallel_for(blocks, [&](int64_t block) { total += block; });
  return total;
}

void check_sum() { check(sum_in_parallel(100) == 99 * 100 / 2, "wrong sum"); }

TEST_CASE("a body may wait for a thread that computes") {
  Threads three(3);
  check_child([] {
    parallel_for(3, [](int64_t) {
      std::thread other(check_sum);
      other.join();
    });
  });
}

TEST_CASE("exit() inside a body ends the program with its code") {
  Threads three(3);
  for (const int64_t caller : {0, 1, 2})
    check_child(
        [caller] {
          std::atomic<int> arrived{0};
          parallel_for(3, [&](int64_t block) {
            ++arrived;
            while (arrived < 3) std::this_thread::yield();
            if (block == caller) std::exit(3);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          });
        },
        "exit 3");
}

TEST_CASE("a forked child computes with threads of its own and ends by exit") {
  Threads three(3);
  check_sum();  // the pool's threads run
  check_child([] { std::exit(0); });
  check_child([] {
    check_sum();
    check(threads_at_once(3).size() == 3, "not three threads");
    check_child(check_sum);  // a child of the child
    std::exit(0);
  });
  check_sum();
}

TEST_CASE("a child that is forked inside a body ends by exit") {
  Threads three(3);
  parallel_for(3, [](int64_t) {
    const test::Ended ended = test::run_in_child([] { std::exit(4); }, 30);
    check(ended.how == "exit 4", ended.how);
  });
}

struct AtEnd {
  bool compute = false;
  ~AtEnd() {
    if (compute) check_sum();
  }
} at_end;

TEST_CASE("what runs when the program ends may compute: exit handlers, static objects") {
  Threads three(3);
  check_child([] {
    check_sum();
    std::atexit(check_sum);
    at_end.compute = true;
    std::exit(0);
  });
}

#ifdef __GLIBC__
TEST_CASE("where the system refuses threads the calling one does the work") {
  Threads three(3);
  check_child([] {
    pthread_attr_t usual, huge;
    pthread_getattr_default_np(&usual);
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 47);  // as much as all addresses
    check(pthread_setattr_default_np(&huge) == 0, "no other stack size");
    set_num_threads(5);
    check_sum();
    pthread_setattr_default_np(&usual);
    set_num_threads(3);
    check(threads_at_once(3).size() == 3, "not three threads");
  });
}
#endif

// How many threads there are at the start.

TEST_CASE("print the number of threads" * doctest::skip()) {
  std::printf("%d threads\n", num_threads());
}

TEST_CASE("GRADIAN_NUM_THREADS is the number of threads at the start, or an error") {
  const auto started_with = [](const std::string& setting) {
    return test::run_case_in_new_process("print the number of threads",
                                         {{"GRADIAN_NUM_THREADS", setting}})
        .output;
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(started_with("7"), "7 threads"));
  for (const char* bad : {"0", "-1", "1025", "two", "2x", ""}) {
    CAPTURE(bad);
    CHECK(contains(started_with(bad), text("GRADIAN_NUM_THREADS must be a whole number from 1 to "
                                           "1024, got '",
                                           bad, "'")));
  }
}

#ifdef __linux__
TEST_CASE("a process that is bound to one processor starts with one thread") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const int usable = usable_processors();
  unsetenv("GRADIAN_NUM_THREADS");
  const test::Ended ended = test::run_case_in_new_process("print the number of threads");
  sched_setaffinity(0, sizeof before, &before);
  CHECK(usable == 1);
  CAPTURE(ended.output);
  CHECK(ended.output.find("1 threads") != std::string::npos);
}
#endif

TEST_CASE("the quota of control groups is that of the narrowest of all groups around") {
  const test::TemporaryFolder folder;
  folder.write("cpu.max", "max 100000\n");
  folder.write("half/cpu.max", "50000 100000\n");
  folder.write("wide/cpu.max", "450000 100000\n");
  folder.write("wide/narrow/cpu.max", "150001 50000\n");
  folder.write("wide/free/cpu.max", "max 100000\n");
  folder.write("broken/cpu.max", "");
  folder.write("huge/cpu.max", "9223372036854775807 1\n");
  struct Case {
    const char* membership;
    int processors;
  };
  const Case cases[] = {
      {"0::/\n", 0},
      {"0::/half\n", 1},
      {"0::/wide\n", 5},
      {"0::/wide/free\n", 5},
      {"0::/wide/narrow\n", 4},
      {"0::/wide/not/there\n", 5},
      {"0::/broken\n", 0},
      {"0::/huge\n", 1 << 20},
      {"4:cpu:/half\n", 0},
      {"4:cpu:/wide\n0::/half\n", 1},
      {"", 0},
      {"nonsense", 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.membership);
    std::istringstream membership(c.membership);
    CHECK(quota_of_control_groups(membership, folder.path()) == c.processors);
  }
}

}  // namespace
}  // namespace gradian
