#include "tensor/thread_pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tensor/error.h"

namespace gradian {
namespace {

thread_local bool inside_parallel_region = false;

// One parallel_for in flight. Threads claim blocks from `next` until none is left.
struct Job {
  const std::function<void(int64_t)>& body;
  int64_t blocks;
  std::atomic<int64_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;

  void work() {
    inside_parallel_region = true;
    for (int64_t block; (block = next.fetch_add(1)) < blocks;) {
      try {
        body(block);
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
        next = blocks;
      }
    }
    inside_parallel_region = false;
  }
};

// Waking a sleeping thread takes as long as many a small kernel runs. So a thread looks out for
// this long before it sleeps.
constexpr std::chrono::microseconds kPatience{50};

class Pool {
 public:
  explicit Pool(int workers)
      : crowded_(workers >= static_cast<int>(std::thread::hardware_concurrency())) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { serve(); });
  }

  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Job& job) {
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      ++generation_;
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    job_ = nullptr;  // no worker may join any more; wait for those that did
    look_out(lock, [this] { return active_ == 0; });
    done_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  void serve() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      look_out(lock, [&] { return stopping_ || generation_ != seen; });
      wake_.wait(lock, [&] { return stopping_ || (job_ && generation_ != seen); });
      if (stopping_) return;
      seen = generation_;
      Job* job = job_;
      ++active_;
      lock.unlock();
      job->work();
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

  const bool crowded_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  // Changed under the lock, and read without it by look_out.
  std::atomic<uint64_t> generation_ = 0;
  std::atomic<int> active_ = 0;
  std::atomic<bool> stopping_ = false;
};

int initial_threads() {
  if (const char* setting = std::getenv("GRADIAN_NUM_THREADS")) {
    char* end = nullptr;
    const long threads = std::strtol(setting, &end, 10);
    check(end != setting && *end == '\0' && threads > 0 && threads <= 1024,
          "GRADIAN_NUM_THREADS: expected a whole number from 1 to 1024, got '", setting, "'");
    return static_cast<int>(threads);
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int& thread_count() {
  static int count = initial_threads();
  return count;
}

std::mutex pool_mutex;  // one parallel region at a time; also guards `pool`
std::unique_ptr<Pool> pool;

}  // namespace

int num_threads() { return thread_count(); }

void set_num_threads(int threads) {
  check(threads >= 1 && threads <= 1024, "set_num_threads: expected 1 to 1024 threads, got ",
        threads);
  check(!inside_parallel_region, "set_num_threads: called inside a parallel region");
  std::lock_guard lock(pool_mutex);
  pool.reset();
  thread_count() = threads;
}

void parallel_for(int64_t blocks, const std::function<void(int64_t)>& body) {
  if (inside_parallel_region || blocks <= 1 || num_threads() == 1) {
    for (int64_t block = 0; block < blocks; ++block) body(block);
    return;
  }
  Job job{body, blocks, {}, {}, {}};
  {
    std::lock_guard lock(pool_mutex);
    if (!pool) pool = std::make_unique<Pool>(num_threads() - 1);
    pool->run(job);
  }
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace gradian
