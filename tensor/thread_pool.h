// One pool of threads for the whole library.
//
// Rule for bit-identical results: work is cut into blocks whose bounds depend on the sizes alone,
// never on the number of threads; a reduction keeps one partial result a block and adds them in
// order. Which thread runs which block then does not matter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace gradian {

// Threads that parallel_for uses, the calling one included. Starts as GRADIAN_NUM_THREADS, or as
// the number of processors.
int num_threads();
void set_num_threads(int threads);

// Runs body(block) for block = 0 .. blocks-1, in any order, and returns when all are done. The
// first exception is rethrown. Called inside another parallel_for it runs serially.
void parallel_for(int64_t blocks, const std::function<void(int64_t)>& body);

// Cuts [0, size) into blocks of `grain` and runs body(begin, end) on each.
template <class Body>
void parallel_ranges(int64_t size, int64_t grain, const Body& body) {
  if (size <= grain) {
    if (size > 0) body(int64_t{0}, size);
    return;
  }
  parallel_for((size + grain - 1) / grain,
               [&](int64_t block) { body(block * grain, std::min(size, (block + 1) * grain)); });
}

}  // namespace gradian
