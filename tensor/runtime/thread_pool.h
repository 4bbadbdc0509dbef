// One pool of threads for the whole library.
//
// Rule for bit-identical results: work is cut into blocks whose bounds depend on the sizes alone,
// never on the number of threads; a reduction keeps one partial result a block and adds them in
// order. Which thread runs which block then does not matter.
//
// The threads serve one parallel_for at a time; what cannot have them (a parallel_for inside
// another, or in a second thread of the user's, or where the system refuses threads) runs in the
// thread that calls it. A forked child starts with no threads of the pool and makes its own; one
// that is forked inside a body has to end in it, as the other threads' blocks are not run there.
// The threads are never waited for at the end of the program: exit() may be called anywhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "tensor/shape.h"

namespace gradian {

// Threads that parallel_for uses, the calling one included. Starts as GRADIAN_NUM_THREADS, or as
// the number of processors that the process may use.
int num_threads();
// From 1 to 1024; holds from the next parallel_for on.
void set_num_threads(int threads);

namespace runtime {

// Runs body(block) for block = 0 .. blocks-1, in any order, and returns when all are done. The
// first exception is rethrown, and blocks that have not begun are left out. A body must not wait
// for another block, which the same thread may have to run.
void parallel_for(int64_t blocks, const std::function<void(int64_t)>& body);

// Cuts [0, size) into blocks of `grain` (at least 1) and runs body(begin, end) on each.
template <class Body>
void parallel_ranges(int64_t size, int64_t grain, const Body& body) {
  grain = std::max<int64_t>(grain, 1);
  if (size <= grain) {
    if (size > 0) body(int64_t{0}, size);
    return;
  }
  parallel_for(ceil_div(size, grain), [&](int64_t block) {
    const int64_t begin = block * grain;
    body(begin, begin + std::min(grain, size - begin));
  });
}

}  // namespace runtime
}  // namespace gradian
