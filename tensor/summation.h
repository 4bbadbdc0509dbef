// How the kernels add many numbers. One running sum would round once a number, and to the same side
// for equal ones: a million times 0.1f is off by hundreds of ulp. So four numbers are added as a
// tree, in their own type; these sums in eight lanes, float32 in double; blocks of lanes as a
// tree again. With u the unit roundoff, the error is at most
//   float32  2 u sum(|x|), and u times the result for its rounding
//   float64  (log2(n) + 32) u sum(|x|)
// What is a block depends on sizes alone, never on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace gradian::loops {

// What sums of T are added in.
template <class T>
using Accumulator = std::conditional_t<std::is_same_v<T, float>, double, T>;

// Combines f(begin), ..., f(end - 1) in eight lanes, which vectorises without reassociation by the
// compiler: four values of F's type at a time, then those in A. `neutral` changes no value that it
// is combined with.
template <class A, class F, class Combine>
A combine_in_lanes(int64_t begin, int64_t end, A neutral, const F& f, const Combine& combine) {
  constexpr int64_t kLanes = 8;
  A result = neutral, rest = neutral;
  int64_t i = begin;
  if (end - begin >= kLanes) {
    A lanes[kLanes], half[kLanes / 2];
    std::fill_n(lanes, kLanes, neutral);
    for (; i + 4 * kLanes <= end; i += 4 * kLanes)
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const int64_t at = i + lane;
        const auto four = combine(combine(f(at), f(at + kLanes)),
                                  combine(f(at + 2 * kLanes), f(at + 3 * kLanes)));
        lanes[lane] = combine(lanes[lane], static_cast<A>(four));
      }
    for (; i + kLanes <= end; i += kLanes)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        lanes[lane] = combine(lanes[lane], static_cast<A>(f(i + lane)));
    for (int64_t lane = 0; lane < kLanes / 2; ++lane)
      half[lane] = combine(lanes[lane], lanes[lane + kLanes / 2]);
    result = combine(combine(half[0], half[2]), combine(half[1], half[3]));
  }
  for (; i < end; ++i) rest = combine(rest, static_cast<A>(f(i)));
  return combine(result, rest);
}

// Adds numbers that come one at a time as a balanced tree of all of them would.
template <class A>
class PairwiseSum {
 public:
  void add(A value) {
    int level = 0;
    for (uint64_t bits = count_++; bits & 1; bits >>= 1) value = partial_[level++] + value;
    partial_[level] = value;
  }
  A total() const {
    A total = 0;
    int level = 0;
    for (uint64_t bits = count_; bits != 0; bits >>= 1, ++level)
      if (bits & 1) total += partial_[level];
    return total;
  }

 private:
  uint64_t count_ = 0;
  A partial_[64];  // [level]: the sum of 2^level numbers, where that bit of count_ is 1
};

constexpr int64_t kSumBlock = 1024;

template <class A, class F>
A sum_of_block(int64_t begin, int64_t end, const F& f) {
  return combine_in_lanes<A>(begin, end, A(0), f, [](auto a, auto b) { return a + b; });
}

// Apart, so that its array does not burden the loops over short runs.
template <class A, class F>
[[gnu::noinline]] A sum_of_blocks(int64_t begin, int64_t end, const F& f) {
  PairwiseSum<A> total;
  for (; begin < end; begin += kSumBlock)
    total.add(sum_of_block<A>(begin, std::min(end, begin + kSumBlock), f));
  return total.total();
}

// f(begin) + ... + f(end - 1).
template <class A, class F>
A sum_of(int64_t begin, int64_t end, const F& f) {
  return end - begin <= kSumBlock ? sum_of_block<A>(begin, end, f)
                                  : sum_of_blocks<A>(begin, end, f);
}

// The sum of `length` numbers that are `stride` apart.
template <class T>
Accumulator<T> sum_row(const T* data, int64_t length, int64_t stride) {
  using A = Accumulator<T>;
  if (stride == 1) return sum_of<A>(0, length, [data](int64_t i) { return data[i]; });
  return sum_of<A>(0, length, [=](int64_t i) { return data[i * stride]; });
}

// to[column] = the sum of the rows of a matrix [rows, columns], `stride` apart. `room` holds
// columns_room(rows, columns) numbers to work with.
constexpr int64_t kRowsAtOnce = 64;
inline int64_t columns_room(int64_t rows, int64_t columns) {
  int64_t levels = 0;
  for (; rows > kRowsAtOnce; rows = (rows + 1) / 2) ++levels;
  return levels * columns;
}
template <class T>
void sum_columns(const T* data, int64_t rows, int64_t columns, int64_t stride, Accumulator<T>* to,
                 Accumulator<T>* room) {
  if (rows <= kRowsAtOnce) {
    std::fill_n(to, columns, 0);
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4, data += 4 * stride)
      for (int64_t c = 0; c < columns; ++c)
        to[c] += (data[c] + data[c + stride]) + (data[c + 2 * stride] + data[c + 3 * stride]);
    for (; row < rows; ++row, data += stride)
      for (int64_t c = 0; c < columns; ++c) to[c] += data[c];
    return;
  }
  const int64_t half = (rows + 1) / 2;
  sum_columns(data, half, columns, stride, to, room + columns);
  sum_columns(data + half * stride, rows - half, columns, stride, room, room + columns);
  for (int64_t column = 0; column < columns; ++column) to[column] += room[column];
}

}  // namespace gradian::loops
