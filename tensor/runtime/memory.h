// A caching allocator: freed blocks are kept by size and handed out again.
//
// Why: a training step allocates the same large buffers over and over. Giving multi-megabyte
// buffers back to the operating system costs a page fault for each 4 KiB when they come back,
// which takes longer than the arithmetic on them. Does not know of dtypes or shapes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace gradian {

namespace runtime {

// A block of memory aligned to 64 bytes (one cache line, one AVX-512 register). As many bytes
// behind it may be read, not written: vectors may reach past its last element.
class Storage {
 public:
  // Throws std::bad_alloc when the memory is not there beside the cached blocks.
  explicit Storage(size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  std::byte* data() const { return data_; }

  // Counts writes, so that backward can refuse to use a value that changed after the forward pass.
  // It starts at a number of its own: another storage may have lived at this address.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  // Threads that write to parts of one tensor count at the same time. An addition lost between them
  // leaves the version different from what it was before, which is all that is asked of it; so this
  // need not be the slow atomic addition.
  void count_write() { version_.store(version() + 1, std::memory_order_relaxed); }

 private:
  static inline std::atomic<uint64_t> next_storage{0};
  std::byte* data_;
  size_t bytes_;
  std::atomic<uint64_t> version_ = next_storage++ << 32;
};

}  // namespace runtime

struct MemoryStats {
  size_t in_use;  // bytes held by live tensors
  size_t peak;    // largest in_use since the start or reset_peak_memory()
  size_t cached;  // bytes kept for reuse
};

MemoryStats memory_stats();
// From here on the peak is a new one, at least `least`; returns what was before.
MemoryStats reset_peak_memory(size_t least = 0);

// Gives the cached blocks back to the operating system.
void release_cached_memory();

}  // namespace gradian
