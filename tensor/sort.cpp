// Order along an axis. The indices are sorted; values are what they lead to.
#include <algorithm>
#include <numeric>
#include <vector>

#include "tensor/kernels.h"
#include "tensor/loops.h"

namespace gradian {
namespace {

using namespace loops;

Tensor sorted_indices(const Tensor& x, int axis, bool descending) {
  check_defined(x);
  axis = normalize_axis(axis, x.dim());
  const int64_t length = x.size(axis);
  Tensor out = Tensor::empty(x.shape(), DType::int64);
  const int64_t step = out.strides()[axis];
  dispatch(x.dtype(), [&]<class T>() {
    for_each_line<T, int64_t>(x, out, axis, [=](const T* line, int64_t stride, int64_t* result) {
      const auto before = [](T a, T b) { return a < b || (b != b && a == a); };  // NaN comes last
      std::vector<int64_t> order(static_cast<size_t>(length));
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [=](int64_t a, int64_t b) {
        const T left = line[a * stride], right = line[b * stride];
        return descending ? before(right, left) : before(left, right);
      });
      for (int64_t i = 0; i < length; ++i) result[i * step] = order[static_cast<size_t>(i)];
    });
  });
  return out;
}

}  // namespace

Tensor argsort(const Tensor& x, int axis, bool descending) {
  const Calling calling("argsort");
  return sorted_indices(x, axis, descending);
}

ValuesAndIndices sort(const Tensor& x, int axis, bool descending) {
  const Calling calling("sort");
  const Tensor indices = sorted_indices(x, axis, descending);
  return {gather(x, axis, indices), indices};
}

ValuesAndIndices topk(const Tensor& x, int64_t k, int axis, bool largest) {
  const Calling calling("topk");
  const Tensor order = sorted_indices(x, axis, largest);
  check(k >= 0 && k <= x.size(axis), "k ", k, " is outside axis ", axis, " of shape ", x.shape());
  const Tensor indices = order.slice(axis, 0, k).contiguous();
  return {gather(x, axis, indices), indices};
}

}  // namespace gradian
