#include "tests/opinfo/layouts.h"

#include <limits>

#include "tensor/kernels.h"

namespace gradian::opinfo {
namespace {

Tensor transposed(const Tensor& x) {
  Axes reversed;
  for (int axis = x.dim() - 1; axis >= 0; --axis) reversed.push_back(axis);
  return x.permute(reversed).clone().permute(reversed);
}

Tensor sliced(const Tensor& x) {
  Shape larger;
  for (int64_t size : x.shape()) larger.push_back(2 * size + 1);
  // NaN, or as an index far outside
  const double strange = is_floating(x.dtype()) ? std::numeric_limits<double>::quiet_NaN() : 1e15;
  Tensor view = Tensor::full(larger, strange, x.dtype());
  for (int axis = 0; axis < x.dim(); ++axis) view = view.slice(axis, 1, 2 * x.size(axis) + 1, 2);
  view.copy_from(x);
  return view;
}

bool repeats_along(const Tensor& x, int axis) {
  return x.to_vector<double>() == x.slice(axis, 0, 1).expand(x.shape()).to_vector<double>();
}

Tensor flipped(Tensor x) {
  for (int axis = 0; axis < x.dim(); ++axis) x = x.flip(axis);
  return x;
}

Tensor expanded_or_flipped(const Tensor& x) {
  Tensor result = x;
  for (int axis = 0; axis < x.dim(); ++axis)
    if (x.size(axis) > 1 && repeats_along(x, axis)) result = result.slice(axis, 0, 1);
  return flipped(flipped(result).clone()).expand(x.shape());
}

}  // namespace

const char* name(Layout layout) {
  switch (layout) {
    case Layout::contiguous:
      return "contiguous";
    case Layout::transposed:
      return "transposed";
    case Layout::sliced:
      return "sliced";
    case Layout::expanded_or_flipped:
      return "expanded or flipped";
  }
  return "?";
}

Tensor laid_out(const Tensor& x, Layout layout) {
  switch (layout) {
    case Layout::contiguous:
      return x.clone();
    case Layout::transposed:
      return transposed(x);
    case Layout::sliced:
      return sliced(x);
    case Layout::expanded_or_flipped:
      return expanded_or_flipped(x);
  }
  fail("laid_out: unknown layout ", static_cast<int>(layout));
}

}  // namespace gradian::opinfo
