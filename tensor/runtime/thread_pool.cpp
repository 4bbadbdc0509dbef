#include "tensor/runtime/thread_pool.h"

#include <pthread.h>

#include <atomic>
#include <bitset>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "tensor/error.h"
#include "tensor/runtime/processors.h"

namespace gradian {
namespace {

thread_local bool inside_parallel_region = false;

// One parallel_for in flight. Each thread claims the blocks of a share of its own, the same one in
// the next parallel_for of as many blocks, and so finds in its caches what it wrote in this one.
// Then it helps the others. To fetch a line that another processor holds can take longer than to
// read it from memory, and to write one that another has read, much longer.
struct Job {
  const std::function<void(int64_t)>& body;
  int64_t blocks;
  const char* caller;  // of parallel_for, for errors
  struct alignas(64) Share {
    std::atomic<int64_t> claimed{0};
  };
  std::vector<Share> shares;
  std::exception_ptr error{};
  std::mutex error_mutex{};

  void work(int64_t thread) {
    const Calling calling(caller);
    inside_parallel_region = true;
    const auto count = int64_t(shares.size()), size = blocks / count, longer = blocks % count;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t share = (thread + i) % count;
      const int64_t first = share * size + std::min(share, longer), own = size + (share < longer);
      std::atomic<int64_t>& claimed = shares[size_t(share)].claimed;
      for (int64_t block; claimed < own && (block = claimed++) < own;) {
        try {
          body(first + block);
        } catch (...) {
          std::lock_guard lock(error_mutex);
          if (!error) error = std::current_exception();
          for (Share& rest : shares) rest.claimed = size + 1;
        }
      }
    }
    inside_parallel_region = false;
  }
};

// Waking a sleeping thread takes as long as many a small kernel runs. So a thread looks out for
// this long before it sleeps.
constexpr std::chrono::microseconds kPatience{50};

constexpr int kMostThreads = 1024;

class Pool {
 public:
  // Runs the job with up to `workers` threads besides the calling one, or returns false and does
  // nothing when another thread has the pool.
  bool run(Job& job, int workers) {
    std::unique_lock turn(turn_, std::try_to_lock);
    if (!turn) return false;
    employ(workers);
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      ++generation_;
    }
    wake_.notify_all();
    job.work(0);
    std::unique_lock lock(mutex_);
    job_ = nullptr;  // no worker may join any more; wait for those that did
    look_out(lock, [this] { return active_ == 0; });
    done_.wait(lock, [this] { return active_ == 0; });
    return true;
  }

 private:
  // Starts the workers that are missing; those too many leave when they wake. When the system
  // refuses a thread, work goes on with those there are, until another number is asked for.
  void employ(int workers) {
    if (workers == wanted_) return;
    std::lock_guard lock(mutex_);
    wanted_ = workers;
    crowded_ = workers >= runtime::usable_processors();
    try {
      for (int number = 1; number <= wanted_; ++number) {
        if (employed_[size_t(number)]) continue;
        std::thread([=, this, seen = generation_.load()] { serve(number, seen); }).detach();
        employed_[size_t(number)] = true;
      }
    } catch (const std::exception&) {
    }
  }

  // A worker's life; `seen` is the last generation that it has nothing to do with.
  void serve(int number, uint64_t seen) {
    std::unique_lock lock(mutex_);
    while (true) {
      look_out(lock, [&] { return generation_ != seen; });
      wake_.wait(lock, [&] { return job_ && generation_ != seen; });
      if (number > wanted_) {
        employed_[size_t(number)] = false;
        return;
      }
      seen = generation_;
      Job* job = job_;
      ++active_;
      lock.unlock();
      job->work(number);
      lock.lock();
      if (--active_ == 0) done_.notify_all();
    }
  }

  // Waits without sleeping until something has happened or patience ends, the lock released.
  // Threads that share a processor would only keep each other from working.
  template <class Happened>
  void look_out(std::unique_lock<std::mutex>& lock, const Happened& happened) const {
    if (crowded_) return;
    lock.unlock();
    using Clock = std::chrono::steady_clock;
    for (const auto end = Clock::now() + kPatience; !happened() && Clock::now() < end;) {
    }
    lock.lock();
  }

  std::mutex turn_;   // held by the thread whose job the workers serve; guards `wanted_` too
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  int wanted_ = 0;
  std::bitset<kMostThreads> employed_;  // by number, from 1 on
  bool crowded_ = false;
  // Changed under the lock, and read without it by look_out.
  std::atomic<uint64_t> generation_ = 0;
  std::atomic<int> active_ = 0;
};

// Never destroyed: its threads wait in it until the program has ended, and what still computes
// then, such as the destructor of a static object, may use it.
Pool& pool() {
  alignas(Pool) static std::byte memory[sizeof(Pool)];
  static Pool* const instance = [] {
    // A forked child has only the thread that forked, and whatever state the others left behind.
    pthread_atfork(nullptr, nullptr, [] { new (memory) Pool; });
    return new (memory) Pool;
  }();
  return *instance;
}

int initial_threads() {
  if (const char* setting = std::getenv("GRADIAN_NUM_THREADS")) {
    char* end = nullptr;
    const long threads = std::strtol(setting, &end, 10);
    check(end != setting && *end == '\0' && threads > 0 && threads <= kMostThreads,
          "the environment's GRADIAN_NUM_THREADS must be a whole number from 1 to 1024, got '",
          setting, "'");
    return static_cast<int>(threads);
  }
  return std::min(runtime::usable_processors(), kMostThreads);
}

std::atomic<int>& thread_count() {
  static std::atomic<int> count{initial_threads()};
  return count;
}

}  // namespace

int num_threads() { return thread_count(); }

void set_num_threads(int threads) {
  const Calling calling("set_num_threads");
  check(threads >= 1 && threads <= kMostThreads, "expected 1 to 1024 threads, got ", threads);
  thread_count() = threads;
}

void runtime::parallel_for(int64_t blocks, const std::function<void(int64_t)>& body) {
  check_in("parallel_for", body != nullptr, "expected a function, got an empty one");
  check_in("parallel_for", blocks >= 0, "negative number of blocks ", blocks);
  const int threads = num_threads();
  if (!inside_parallel_region && blocks > 1 && threads > 1) {
    const auto shares = size_t(std::min<int64_t>(threads, blocks));
    Job job{body, blocks, Calling::current(), std::vector<Job::Share>(shares)};
    if (pool().run(job, threads - 1)) {
      if (job.error) std::rethrow_exception(job.error);
      return;
    }
  }
  for (int64_t block = 0; block < blocks; ++block) body(block);
}

}  // namespace gradian
