// The idea: x is cut into rows that share one slope, so that the inner loop has one factor and
// vectorises; the slope's gradient is a sum of row sums, taken while the row is in the cache.
#include "tensor/fused/prelu.h"

#include <algorithm>

#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/summation.h"

namespace gradian::fused {
namespace {

using namespace loops;
using namespace runtime;

// x as rows of one slope each: row r has the slope number r % slopes.
struct Rows {
  Rows(const Shape& x, const Shape& slope) : total(numel(x)), slopes(numel(slope)) {
    length = 4096;  // one slope for all: any cut will do
    if (slopes <= 1) return;
    length = 1;
    for (int axis = x.size() - 1, from_end = slope.size() - 1; slope[from_end] == 1; --axis)
      length *= x[axis], --from_end;
  }
  int64_t count() const { return length == 0 ? 0 : ceil_div(total, length); }
  // Calls row(r, begin, end) for all rows, in parallel.
  template <class Row>
  void for_each(const Row& row) const {
    parallel_ranges(count(), rows_per_block(length), [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r) row(r, r * length, std::min(total, (r + 1) * length));
    });
  }
  int64_t total, slopes, length;
};

}  // namespace

bool prelu_applies(const Shape& x, const Shape& slope) {
  if (numel(slope) == 1) return slope.size() <= x.size();
  if (slope.size() > x.size()) return false;
  int wide = 0;
  for (int axis = 0; axis < slope.size(); ++axis) {
    if (slope[axis] == 1) continue;
    ++wide;
    if (x[x.size() - slope.size() + axis] != slope[axis]) return false;
  }
  return wide == 1 && slope.back() == 1;
}

Tensor prelu(const Tensor& x_in, const Tensor& slope_in) {
  check_same_dtype(x_in, slope_in);
  const Tensor x = x_in.contiguous(), slope = slope_in.contiguous();
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  const Rows rows(x.shape(), slope.shape());
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *a = slope.data<T>();
    T* const to = out.mutable_data<T>();
    rows.for_each([&](int64_t r, int64_t begin, int64_t end) {
      const T factor = a[r % rows.slopes];
      for (int64_t i = begin; i < end; ++i) to[i] = from[i] > 0 ? from[i] : factor * from[i];
    });
  });
  return out;
}

PreluGradients prelu_gradients(const Tensor& grad, const Tensor& x_in, const Tensor& slope_in) {
  const Tensor dy = grad.contiguous(), x = x_in.contiguous(), slope = slope_in.contiguous();
  PreluGradients result{Tensor::empty(x.shape(), x.dtype()),
                        Tensor::zeros(slope.shape(), x.dtype())};
  const Rows rows(x.shape(), slope.shape());
  if (rows.count() == 0) return result;
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *a = slope.data<T>(), *g = dy.data<T>();
    T* const dx = result.x.mutable_data<T>();
    Tensor sums = Tensor::empty({rows.count() / rows.slopes, rows.slopes}, DType::float64);
    double* const row_sums = sums.mutable_data<double>();
    rows.for_each([&](int64_t r, int64_t begin, int64_t end) {
      constexpr int64_t kCached = 4096;  // elements
      const T factor = a[r % rows.slopes];
      // Everything is read before what counts is chosen: a read that depends would not vectorise.
      const auto term = [=](int64_t i) {
        const T product = from[i] * g[i];
        return from[i] > 0 ? T(0) : product;
      };
      double total = 0;
      for (int64_t stop; begin < end; begin = stop) {
        stop = std::min(end, begin + kCached);
        for (int64_t i = begin; i < stop; ++i) {
          const T grad_y = g[i], scaled = factor * grad_y;
          dx[i] = from[i] > 0 ? grad_y : scaled;
        }
        total += sum_of<double>(begin, stop, term);
      }
      row_sums[r] = total;
    });
    result.slope.copy_from(sum(sums, {0}).reshape(slope.shape()));
  });
  return result;
}

}  // namespace gradian::fused
