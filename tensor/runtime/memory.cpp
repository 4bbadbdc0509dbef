#include "tensor/runtime/memory.h"

#include <pthread.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "tensor/shape.h"

namespace gradian {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// Readable bytes behind those that were asked for: BLIS 0.9 reads up to 8 bytes past the matrices
// that gemm() hands it (tests/tensor/runtime/gemm.cpp measures it).
constexpr size_t kSlack = 64;

// Sizes are rounded up to four steps a power of two, so that near-equal requests share blocks
// and at most a fifth of a block is unused.
size_t rounded(size_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() / 4) throw std::bad_alloc();
  const size_t least = std::max(bytes, kAlignment);
  const size_t step = std::max(std::bit_floor(least) / 4, kAlignment);
  return static_cast<size_t>(round_up(int64_t(least), int64_t(step))) + kSlack;
}

#ifdef GRADIAN_ASSERTIONS
// In the tests what lies behind the bytes that were asked for is NaN, so that a read of it shows,
// and is looked at in the end, so that a write does. The last bytes of a block hold that number.
constexpr size_t kGuard = 32;
constexpr std::byte kUntouched{0xff};

void set_guard(std::byte* block, size_t bytes, size_t asked) {
  std::fill_n(block + asked, kGuard, kUntouched);
  std::memcpy(block + bytes - sizeof asked, &asked, sizeof asked);
}

void check_guard(const std::byte* block, size_t bytes) {
  size_t asked = 0;
  std::memcpy(&asked, block + bytes - sizeof asked, sizeof asked);
  if (std::count(block + asked, block + asked + kGuard, kUntouched) == kGuard) return;
  std::fputs("memory: something was written behind the end of a tensor\n", stderr);
  std::abort();
}
#endif

std::align_val_t alignment_of(size_t bytes) {
  return std::align_val_t(bytes >= kHugePage ? kHugePage : kAlignment);
}

// Null when the system has no such block. Asks for huge pages where a block has room for them: one
// page fault for 2 MiB instead of 512, and far fewer misses in the cache of addresses when a kernel
// strides through the block.
std::byte* fresh_block(size_t bytes) {
  void* const block = ::operator new(bytes, alignment_of(bytes), std::nothrow);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (block && bytes >= kHugePage) madvise(block, bytes, MADV_HUGEPAGE);  // a hint: may be refused
#endif
  return static_cast<std::byte*>(block);
}

class Cache {
 public:
  std::byte* take(size_t bytes) {
    std::byte* block = take_cached(bytes);
    if (!block) block = fresh_block(bytes);
    if (!block) throw std::bad_alloc();
    std::lock_guard lock(mutex_);
    in_use_ += bytes;
    peak_ = std::max(peak_, in_use_);
    return block;
  }

  void give_back(std::byte* block, size_t bytes) {
    std::lock_guard lock(mutex_);
    std::byte*& first = free_.find(bytes)->second;
    std::memcpy(block, &first, sizeof first);
    first = block;
    in_use_ -= bytes;
    cached_ += bytes;
  }

  void release() {
    std::lock_guard lock(mutex_);
    for (auto& [bytes, first] : free_)
      while (std::byte* block = pop(first)) ::operator delete(block, alignment_of(bytes));
    cached_ = 0;
  }

  // A child forked while another thread is in here would find it locked for ever, or half changed.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  MemoryStats stats() {
    std::lock_guard lock(mutex_);
    return {in_use_, peak_, cached_};
  }

  MemoryStats reset_peak(size_t least) {
    std::lock_guard lock(mutex_);
    return {in_use_, std::exchange(peak_, std::max(in_use_, least)), cached_};
  }

 private:
  static std::byte* pop(std::byte*& first) {
    std::byte* const block = first;
    if (block) std::memcpy(&first, block, sizeof first);
    return block;
  }

  // A freed block of that size, or null.
  std::byte* take_cached(size_t bytes) {
    std::lock_guard lock(mutex_);
    std::byte* const block = pop(free_[bytes]);
    if (block) cached_ -= bytes;
    return block;
  }

  std::mutex mutex_;
  // The first freed block of every size that was ever taken, or null. Each holds, in its first
  // bytes, the address of the next: so giving a block back asks for no memory and cannot fail.
  std::unordered_map<size_t, std::byte*> free_;
  size_t in_use_ = 0, peak_ = 0, cached_ = 0;
};

// Never destroyed: tensors in static variables may outlive any other static object.
Cache& cache() {
  static Cache* const instance = [] {
    static Cache* const made = new Cache;
    pthread_atfork([] { made->lock(); }, [] { made->unlock(); }, [] { made->unlock(); });
    return made;
  }();
  return *instance;
}

}  // namespace

runtime::Storage::Storage(size_t bytes) : bytes_(rounded(bytes)) {
  data_ = cache().take(bytes_);
#ifdef GRADIAN_ASSERTIONS
  set_guard(data_, bytes_, bytes);
#endif
}

runtime::Storage::~Storage() {
#ifdef GRADIAN_ASSERTIONS
  check_guard(data_, bytes_);
#endif
  cache().give_back(data_, bytes_);
}

MemoryStats memory_stats() { return cache().stats(); }
MemoryStats reset_peak_memory(size_t least) { return cache().reset_peak(least); }
void release_cached_memory() { cache().release(); }

}  // namespace gradian
