#include "tensor/prelu.h"

#include <vector>

#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/micro_kernel.h"

namespace gradian {
namespace {

// x as rows of one slope each: row r has the slope number r % slopes.
struct Rows {
  Rows(const Shape& x, const Shape& slope) : total(numel(x)), slopes(numel(slope)) {
    length = 4096;  // one slope for all: any cut will do
    if (slopes <= 1) return;
    length = 1;
    for (int axis = x.size() - 1, from_end = slope.size() - 1; slope[from_end] == 1; --axis)
      length *= x[axis], --from_end;
  }
  int64_t count() const { return length == 0 ? 0 : (total + length - 1) / length; }
  // Calls row(r, begin, end) for all rows, in parallel.
  template <class Row>
  void for_each(const Row& row) const {
    const int64_t grain = std::max<int64_t>(1, kElementwiseGrain / std::max<int64_t>(1, length));
    parallel_ranges(count(), grain, [&](int64_t first, int64_t last) {
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
  check_same_dtype(x_in, slope_in, "prelu");
  const Tensor x = x_in.contiguous(), slope = slope_in.contiguous();
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  const Rows rows(x.shape(), slope.shape());
  dispatch_floating(x.dtype(), "prelu", [&]<class T>() {
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
  dispatch_floating(x.dtype(), "prelu_gradients", [&]<class T>() {
    using Vector = VectorOf<T>;
    const T *from = x.data<T>(), *a = slope.data<T>(), *g = dy.data<T>();
    T* const dx = result.x.mutable_data<T>();
    std::vector<T> row_sums(static_cast<size_t>(rows.count()));
    rows.for_each([&](int64_t r, int64_t begin, int64_t end) {
      const T factor = a[r % rows.slopes];
      Vector sums{};
      int64_t i = begin;
      for (; i + lanes_of<T> <= end; i += lanes_of<T>) {
        const Vector value = load<Vector>(from + i), grad_y = load<Vector>(g + i);
        const auto positive = value > T(0);
        store(dx + i, positive ? grad_y : factor * grad_y);
        sums += positive ? Vector{} : value * grad_y;
      }
      T total = 0;
      for (int64_t lane = 0; lane < lanes_of<T>; ++lane) total += sums[lane];
      for (; i < end; ++i) {
        dx[i] = from[i] > 0 ? g[i] : factor * g[i];
        if (!(from[i] > 0)) total += from[i] * g[i];
      }
      row_sums[static_cast<size_t>(r)] = total;
    });
    // In order, whatever thread had which row.
    T* const da = result.slope.mutable_data<T>();
    for (int64_t r = 0; r < rows.count(); ++r) da[r % rows.slopes] += row_sums[size_t(r)];
  });
  return result;
}

}  // namespace gradian
