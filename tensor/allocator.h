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

// A block of memory aligned to 64 bytes (one cache line, one AVX-512 register).
class Storage {
 public:
  explicit Storage(size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  std::byte* data() const { return data_; }

  // Counts writes, so that backward can refuse to use a value that changed after the forward pass.
  // It starts at a number of its own: another storage may have lived at this address.
  uint64_t version = next_storage++ << 32;

 private:
  static inline std::atomic<uint64_t> next_storage{0};
  std::byte* data_;
  size_t bytes_;
};

struct MemoryStats {
  size_t in_use;  // bytes held by live tensors
  size_t peak;    // largest in_use since the start or reset_peak_memory()
  size_t cached;  // bytes kept for reuse
};

MemoryStats memory_stats();
void reset_peak_memory();

// Gives the cached blocks back to the operating system.
void release_cached_memory();

}  // namespace gradian
