// The loop under every elementwise kernel: walks one output and up to three inputs of one shape
// and of any strides, in parallel, with inner loops that the compiler can vectorise.
// Included by kernels only: templates stay behind the functions of the other headers. tensor.h
// stands above it, whose makers and copies are such loops.
#pragma once

#include <array>
#include <tuple>
#include <utility>

#include "tensor/runtime/thread_pool.h"
#include "tensor/shape.h"

namespace gradian::loops {

// Elements a block of elementwise work holds: large enough to pay for waking a thread, small
// enough that a block of each operand fits the second-level cache.
constexpr int64_t kElementwiseGrain = 16384;

// Rows of `length` elements that make such a block.
inline int64_t rows_per_block(int64_t length) {
  return std::max<int64_t>(1, kElementwiseGrain / std::max<int64_t>(1, length));
}

// Where element number `element`, in row-major order, lies from the first one.
inline int64_t offset_of(int64_t element, const Shape& shape, const Shape& strides) {
  int64_t offset = 0;
  for (int axis = shape.size() - 1; axis >= 0; --axis) {
    offset += element % shape[axis] * strides[axis];
    element /= shape[axis];
  }
  return offset;
}

template <size_t N>
struct StridedLoop {
  Shape shape;                   // never empty
  std::array<Shape, N> strides;  // one a operand
};

// Drops axes of size 1 and merges neighbours that every operand walks as one axis: contiguous
// operands of any shape become a single axis.
template <size_t N>
StridedLoop<N> coalesce(const Shape& shape, const std::array<Shape, N>& strides) {
  StridedLoop<N> loop;
  for (int axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    const int last = loop.shape.size() - 1;
    bool mergeable = last >= 0;
    for (size_t n = 0; n < N && mergeable; ++n)
      mergeable = loop.strides[n][last] == strides[n][axis] * shape[axis];
    if (mergeable) {
      loop.shape[last] *= shape[axis];
      for (size_t n = 0; n < N; ++n) loop.strides[n][last] = strides[n][axis];
    } else {
      loop.shape.push_back(shape[axis]);
      for (size_t n = 0; n < N; ++n) loop.strides[n].push_back(strides[n][axis]);
    }
  }
  if (loop.shape.empty()) {
    loop.shape.push_back(1);
    for (Shape& s : loop.strides) s.push_back(0);
  }
  return loop;
}

// Calls body(offsets) for the rows from `begin` to before `end`, in order: where each begins. A row
// is what lies along the last axis.
template <size_t N, class Body>
void walk_rows(const StridedLoop<N>& loop, int64_t begin, int64_t end, const Body& body) {
  const int last = loop.shape.size() - 1;
  // The position along each outer axis, advanced like an odometer.
  Shape index = loop.shape;
  std::array<int64_t, N> offsets{};
  int64_t rest = begin;
  for (int axis = last - 1; axis >= 0; --axis) {
    index[axis] = rest % loop.shape[axis];
    rest /= loop.shape[axis];
    for (size_t n = 0; n < N; ++n) offsets[n] += index[axis] * loop.strides[n][axis];
  }
  for (int64_t row = begin; row < end; ++row) {
    body(offsets);
    for (int axis = last - 1; axis >= 0; --axis) {
      for (size_t n = 0; n < N; ++n) offsets[n] += loop.strides[n][axis];
      if (++index[axis] < loop.shape[axis]) break;
      for (size_t n = 0; n < N; ++n) offsets[n] -= loop.shape[axis] * loop.strides[n][axis];
      index[axis] = 0;
    }
  }
}

// Calls row(offsets, length, strides) for runs along the last axis that together cover the loop, in
// parallel; an element of the loop stands for `work` elements.
template <size_t N, class Row>
void for_each_row(const StridedLoop<N>& loop, const Row& row, int64_t work = 1) {
  using Offsets = std::array<int64_t, N>;
  const int64_t length = loop.shape.back(), elements = numel(loop.shape);
  if (elements == 0) return;
  Offsets inner;
  for (size_t n = 0; n < N; ++n) inner[n] = loop.strides[n].back();

  if (loop.shape.size() == 1) {
    runtime::parallel_ranges(length, rows_per_block(work), [&](int64_t begin, int64_t end) {
      Offsets offsets;
      for (size_t n = 0; n < N; ++n) offsets[n] = begin * inner[n];
      row(offsets, end - begin, inner);
    });
    return;
  }
  runtime::parallel_ranges(
      elements / length, rows_per_block(length * work), [&](int64_t begin, int64_t end) {
        walk_rows(loop, begin, end, [&](const Offsets& offsets) { row(offsets, length, inner); });
      });
}

// How an inner loop reads one operand. Knowing the stride at compile time lets it vectorise.
template <class T>
struct UnitStride {
  const T* data;
  T operator[](int64_t i) const { return data[i]; }
};
template <class T>
struct Constant {
  T value;
  T operator[](int64_t) const { return value; }
};
template <class T>
struct AnyStride {
  const T* data;
  int64_t stride;
  T operator[](int64_t i) const { return data[i * stride]; }
};

// Calls body(accessor...) with a UnitStride or Constant in place of each operand. Those that are
// done go to the end, so that in the end they are in order again.
template <size_t left, class Body>
void with_accessors(const Body& body, const auto&... done) requires(left == 0) {
  body(done...);
}
template <size_t left, class Body, class T>
void with_accessors(const Body& body, const AnyStride<T>& first, const auto&... rest) {
  if (first.stride == 0)
    with_accessors<left - 1>(body, rest..., Constant<T>{*first.data});
  else
    with_accessors<left - 1>(body, rest..., UnitStride<T>{first.data});
}

// out[i] = f(in[i]...) for Tensors that broadcast to out's shape; Out and In are their element
// types.
template <class Out, class... In, class Target, class F, class... Sources>
void map_into(Target& out, const F& f, const Sources&... in) {
  static_assert(sizeof...(In) == sizeof...(Sources));
  constexpr size_t N = 1 + sizeof...(In);
  const StridedLoop<N> loop = coalesce<N>(
      out.shape(), {out.strides(), expand_strides(in.strides(), in.shape(), out.shape())...});
  Out* const out_data = out.template mutable_data<Out>();
  const std::tuple<const In*...> in_data{in.template data<In>()...};

  for_each_row(loop, [&](const auto& offsets, int64_t length, const auto& strides) {
    Out* const o = out_data + offsets[0];
    const int64_t out_stride = strides[0];
    const auto run = [&](const AnyStride<In>&... operand) {
      if (out_stride == 1 && ((operand.stride == 0 || operand.stride == 1) && ...))
        with_accessors<N - 1>(
            [&](const auto&... a) {
              for (int64_t i = 0; i < length; ++i) o[i] = f(a[i]...);
            },
            operand...);
      else
        for (int64_t i = 0; i < length; ++i) o[i * out_stride] = f(operand[i]...);
    };
    [&]<size_t... I>(std::index_sequence<I...>) {
      run(AnyStride<In>{std::get<I>(in_data) + offsets[I + 1], strides[I + 1]}...);
    }
    (std::index_sequence_for<In...>{});
  });
}

// Calls body(line, stride, result) for each line of x along `axis`, in parallel, where `result` is
// the first element of the line of `out` in the same place.
template <class In, class Out, class Body>
void for_each_line(const Tensor& x, Tensor& out, int axis, const Body& body) {
  Shape shape = x.shape(), in_strides = x.strides(), out_strides = out.strides();
  const int64_t stride = in_strides[axis], work = stride == 1 ? shape[axis] : 1;
  shape.erase(axis), in_strides.erase(axis), out_strides.erase(axis);
  const In* in_data = x.data<In>();
  Out* out_data = out.mutable_data<Out>();
  const auto lines = [&](const auto& offsets, int64_t count, const auto& strides) {
    for (int64_t i = 0; i < count; ++i)
      body(in_data + offsets[0] + i * strides[0], stride, out_data + offsets[1] + i * strides[1]);
  };
  for_each_row(coalesce<2>(shape, {in_strides, out_strides}), lines, work);
}

}  // namespace gradian::loops
