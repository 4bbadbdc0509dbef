// Reductions over axes. Sums add fixed blocks in a fixed order, whatever the number of threads,
// so that the same input gives the same bits. How a block is added: see summation.h.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/summation.h"
#include "tensor/simd/vector_math.h"

namespace gradian {
namespace {

using namespace loops;
using namespace runtime;
using namespace simd;

// The axes of a tensor of `dim` axes, those to sum over first; no axes given means all.
struct Order {
  Axes axes;
  int summed = 0;  // how many of them
};

Order summed_first(const Axes& given, int dim) {
  const Axes summed = normalize_axes(given, dim);
  Order order;
  for (const bool wanted : {true, false})
    for (int axis = 0; axis < dim; ++axis)
      if ((given.empty() || summed.contains(axis)) == wanted) {
        order.axes.push_back(axis);
        order.summed += wanted;
      }
  return order;
}

// Sums over everything of one block: shape/strides are those of the reduced axes, coalesced.
template <class T>
Accumulator<T> sum_block(const T* data, const StridedLoop<1>& loop) {
  const int64_t length = loop.shape.back(), stride = loop.strides[0].back();
  if (loop.shape.size() == 1) return sum_row(data, length, stride);
  PairwiseSum<Accumulator<T>> total;
  walk_rows(loop, 0, numel(loop.shape) / length,
            [&](const auto& offsets) { total.add(sum_row(data + offsets[0], length, stride)); });
  return total.total();
}

// One output at a time, each the sum of its own rows: over the first `summed` axes of x.
template <class T>
void sum_each_output(const Tensor& x, int summed, T* out) {
  const Shape kept_shape = part(x.shape(), summed, x.dim());
  const Shape kept_strides = part(x.strides(), summed, x.dim());
  const StridedLoop<1> inner =
      coalesce<1>(part(x.shape(), 0, summed), {part(x.strides(), 0, summed)});
  const int64_t outputs = numel(kept_shape), length = numel(inner.shape);
  const T* data = x.data<T>();

  // Few outputs of many elements: cut the first reduced axis into blocks, add their sums in order.
  const int64_t blocks = std::min(inner.shape[0], ceil_div(length, kElementwiseGrain));
  const int64_t grain = ceil_div(inner.shape[0], std::max<int64_t>(1, blocks));
  const int64_t used = blocks > 0 ? ceil_div(inner.shape[0], grain) : 0;
  if (used > 1) {
    std::vector<Accumulator<T>> partial(static_cast<size_t>(outputs * used));
    parallel_for(outputs * used, [&](int64_t job) {
      const int64_t begin = job % used * grain;
      StridedLoop<1> block = inner;
      block.shape[0] = std::min(grain, inner.shape[0] - begin);
      const int64_t offset = offset_of(job / used, kept_shape, kept_strides);
      partial[static_cast<size_t>(job)] =
          sum_block(data + offset + begin * inner.strides[0][0], block);
    });
    for (int64_t o = 0; o < outputs; ++o)
      out[o] = static_cast<T>(sum_row(partial.data() + o * used, used, 1));
    return;
  }

  parallel_ranges(outputs, rows_per_block(length), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const int64_t offset = offset_of(o, kept_shape, kept_strides);
      out[o] = length == 0 ? T(0) : static_cast<T>(sum_block(data + offset, inner));
    }
  });
}

// Sums the rows of a matrix, [N] from [M, N], walking along rows, so that what a row leaves of a
// cache line is used by the next. Blocks of rows have partial sums of their own.
template <class T>
void sum_rows(const Tensor& matrix, T* out) {
  using A = Accumulator<T>;
  constexpr int64_t kColumns = 1024, kMostBlocks = 256;
  const int64_t rows = matrix.size(0), columns = matrix.size(1), stride = matrix.strides()[0];
  const int64_t width = std::min(columns, kColumns), slices = ceil_div(columns, width);
  const int64_t grain =
      std::max({kRowsAtOnce, 4 * kElementwiseGrain / width, ceil_div(rows, kMostBlocks)});
  const int64_t blocks = ceil_div(rows, grain);
  const T* const data = matrix.data<T>();

  // result[c] for the columns of a slice, from the rows first..last-1 of `from`.
  const auto add_up = [&](const auto* from, int64_t first, int64_t last, int64_t step,
                          int64_t slice, auto* result) {
    const int64_t begin = slice * width, count = std::min(width, columns - begin);
    std::vector<A> sums(static_cast<size_t>(count + columns_room(last - first, count)));
    sum_columns(from + first * step + begin, last - first, count, step, sums.data(),
                sums.data() + count);
    std::copy_n(sums.data(), count, result + begin);
  };
  if (blocks == 1) {
    parallel_for(slices, [&](int64_t slice) { add_up(data, 0, rows, stride, slice, out); });
    return;
  }
  std::vector<A> partial(static_cast<size_t>(blocks * columns));
  parallel_for(blocks * slices, [&](int64_t job) {
    const int64_t first = job / slices * grain;
    add_up(data, first, std::min(rows, first + grain), stride, job % slices,
           partial.data() + job / slices * columns);
  });
  parallel_for(slices, [&](int64_t slice) {
    add_up(std::as_const(partial).data(), 0, blocks, columns, slice, out);
  });
}

// The index of the first value of a line that no other one is better than: NaN, where there is one.
template <class T, class Better>
int64_t index_of_best(const T* in, int64_t stride, int64_t length, const Better& better) {
  int64_t best = 0;
  for (int64_t i = 1; i < length; ++i) {
    const T value = in[i * stride], leader = in[best * stride];
    if (better(value, leader) || (value != value && leader == leader)) best = i;
  }
  return best;
}

// The place of the first element that equals `value`, or `length`. In blocks, as they vectorise.
template <class T>
int64_t find_first(const T* row, int64_t length, T value) {
  constexpr int64_t kBlock = 64;
  int64_t begin = 0;
  for (; begin + kBlock <= length; begin += kBlock) {
    int hits = 0;
    for (int64_t i = begin; i < begin + kBlock; ++i) hits += row[i] == value;
    if (hits > 0) break;
  }
  return std::find(row + begin, row + length, value) - row;
}

template <class T>
T largest_of(const T* row, int64_t length) {
  return combine_in_lanes<T>(
      0, length, -std::numeric_limits<T>::infinity(), [row](int64_t i) { return row[i]; },
      [](T a, T b) { return b > a ? b : a; });
}

// One loop takes the exponentials of all rows: a row of ten classes alone would be too short for
// vector code. A NaN is in the sum, if not in the maximum, and so in every result of its row.
template <class T>
void log_softmax_rows(const T* in, T* out, int64_t rows, int64_t length) {
  std::vector<T> shifts(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    const T shift = largest_of(in + row * length, length);
    shifts[static_cast<size_t>(row)] = shift;
    for (int64_t i = row * length; i < (row + 1) * length; ++i) out[i] = in[i] - shift;
  }
  for (int64_t i = 0; i < rows * length; ++i) out[i] = vector_exp(out[i]);
  for (int64_t row = 0; row < rows; ++row) {
    const T shift = shifts[static_cast<size_t>(row)];
    // The largest one's exponential is 1 exactly: without it in the sum, a logarithm of a
    // probability next to 1 keeps its digits.
    T* const exponentials = out + row * length;
    const int64_t largest = find_first(exponentials, length, T(1));
    if (largest < length) exponentials[largest] = 0;
    const T normalizer = std::log1p(static_cast<T>(sum_row(exponentials, length, 1)));
    for (int64_t i = row * length; i < (row + 1) * length; ++i) out[i] = in[i] - shift - normalizer;
  }
}

// out = grad - exp(y) sum(grad) for rows of y and grad; but where exp(y) is the largest of a row
// and near 1, as (grad - sum(grad)) - (exp(y) - 1) sum(grad), which does not cancel.
template <class T>
void log_softmax_gradient_rows(const T* y, const T* grad, T* out, int64_t rows, int64_t length) {
  for (int64_t row = 0; row < rows; ++row, y += length, grad += length, out += length) {
    const T total = static_cast<T>(sum_row(grad, length, 1));
    for (int64_t i = 0; i < length; ++i) out[i] = grad[i] - vector_exp(y[i]) * total;
    const T top = largest_of(y, length);
    if (!(top > T(-0.5))) continue;
    const int64_t i = find_first(y, length, top);
    out[i] = (grad[i] - total) - std::expm1(y[i]) * total;
  }
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  const Calling calling("sum");
  check_defined(x);
  const auto [order, summed] = summed_first(axes, x.dim());
  const Tensor view = x.permute(order);
  Tensor out = Tensor::empty(part(view.shape(), summed, x.dim()), x.dtype());
  dispatch(x.dtype(), [&, summed = summed]<class T>() {
    if (out.numel() == 0) return;
    // Where neighbours in memory belong to different sums: whole rows, not one column at a time.
    if (out.dim() > 0 && x.numel() > 0 && view.is_contiguous())
      sum_rows(view.reshape({-1, out.numel()}), out.mutable_data<T>());
    else
      sum_each_output(view, summed, out.mutable_data<T>());
  });
  if (!keepdim) return out;
  Shape shape = x.shape();
  for (int i = 0; i < summed; ++i) shape[static_cast<int>(order[i])] = 1;
  return out.reshape(shape);
}

Tensor cumsum(const Tensor& x, int axis) {
  const Calling calling("cumsum");
  check_defined(x);
  axis = normalize_axis(axis, x.dim());
  const int64_t length = x.size(axis);
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  const int64_t step = out.strides()[axis];
  dispatch(x.dtype(), [&]<class T>() {
    for_each_line<T, T>(x, out, axis, [=](const T* line, int64_t stride, T* sums) {
      Accumulator<T> total = 0;
      for (int64_t i = 0; i < length; ++i) {
        total += line[i * stride];
        sums[i * step] = static_cast<T>(total);
      }
    });
  });
  return out;
}

namespace {

template <class Better>
Tensor arg_of_best(const Tensor& x, int axis, bool keepdim, const Better& better) {
  check_defined(x);
  axis = normalize_axis(axis, x.dim());
  const int64_t length = x.size(axis);
  check(length > 0, "axis ", axis, " of shape ", x.shape(), " is empty");
  Shape shape = x.shape();
  shape[axis] = 1;
  Tensor out = Tensor::empty(shape, DType::int64);
  dispatch(x.dtype(), [&]<class T>() {
    for_each_line<T, int64_t>(x, out, axis, [=](const T* line, int64_t stride, int64_t* result) {
      *result = index_of_best(line, stride, length, better);
    });
  });
  return keepdim ? out : out.squeeze(axis);
}

}  // namespace

Tensor argmax(const Tensor& x, int axis, bool keepdim) {
  const Calling calling("argmax");
  return arg_of_best(x, axis, keepdim, std::greater<>());
}
Tensor argmin(const Tensor& x, int axis, bool keepdim) {
  const Calling calling("argmin");
  return arg_of_best(x, axis, keepdim, std::less<>());
}
Tensor argmax(const Tensor& x) {
  const Calling calling("argmax");
  return argmax(x.reshape({x.numel()}), 0);
}
Tensor argmin(const Tensor& x) {
  const Calling calling("argmin");
  return argmin(x.reshape({x.numel()}), 0);
}

namespace {

// An array made of whole lines of the inputs along `axis`, all of one shape, by
// body(inputs, out, at, lines, length): lines of `length` elements that start at element `at`.
template <class Body>
Tensor by_lines(const std::vector<Tensor>& inputs, int axis, const Body& body) {
  for (const Tensor& input : inputs) check_defined(input);
  axis = normalize_axis(axis, inputs[0].dim());
  const int64_t length = inputs[0].size(axis);
  std::vector<Tensor> lines;
  for (const Tensor& input : inputs) lines.push_back(input.transpose(axis, -1).contiguous());
  Tensor out = Tensor::empty(lines[0].shape(), lines[0].dtype());
  dispatch_floating(out.dtype(), [&]<class T>() {
    if (out.numel() == 0) return;
    std::vector<const T*> in;
    for (const Tensor& input : lines) in.push_back(input.data<T>());
    T* const to = out.mutable_data<T>();
    parallel_ranges(out.numel() / length, rows_per_block(length), [&](int64_t begin, int64_t end) {
      body(in, to, begin * length, end - begin, length);
    });
  });
  return out.transpose(axis, -1).contiguous();
}

}  // namespace

Tensor log_softmax(const Tensor& x, int axis) {
  const Calling calling("log_softmax");
  return by_lines({x}, axis,
                  [](const auto& in, auto* out, int64_t at, int64_t lines, int64_t length) {
                    log_softmax_rows(in[0] + at, out + at, lines, length);
                  });
}

Tensor log_softmax_gradient(const Tensor& y, const Tensor& grad, int axis) {
  const Calling calling("log_softmax_gradient");
  check_same_dtype(y, grad);
  check(y.shape() == grad.shape(), "y ", y.shape(), " but grad ", grad.shape());
  return by_lines({y, grad}, axis,
                  [](const auto& in, auto* out, int64_t at, int64_t lines, int64_t length) {
                    log_softmax_gradient_rows(in[0] + at, in[1] + at, out + at, lines, length);
                  });
}

}  // namespace gradian
