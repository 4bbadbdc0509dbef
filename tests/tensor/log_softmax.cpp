// log_softmax against its definition in long double: every axis and layout, extreme logits,
// infinities and NaN.
#include <doctest/doctest.h>

#include <cmath>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::error_over_bound;
using reference::for_each_index;
using reference::sample;

constexpr DType kFloating[] = {DType::float32, DType::float64};

Array log_softmax_of(const Array& x, int axis) {
  Array y(x.shape);
  for_each_index(x.shape, [&](const Shape& index) {
    Shape i = index;
    long double largest = -HUGE_VALL, total = 0;
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      largest = std::max<long double>(largest, x[i]);
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis]) total += std::exp(x[i] - largest);
    y[index] = static_cast<double>(x[index] - largest - std::log(total));
  });
  return y;
}

// x - shift and its difference with the log round relative to themselves; the sum of `terms`
// exponentials, at least 1, rounds relative to itself and so moves the log by that much.
void check_log_softmax(const Tensor& x, int axis) {
  const Array want = log_softmax_of(Array(x), axis);
  const double terms = static_cast<double>(x.size(axis));
  Array bound = reference::absolute(want);
  for (double& value : bound.values)
    value = (2 * value + terms + 4 + 2 * std::log(terms)) * reference::epsilon(x.dtype());
  CHECK(error_over_bound(log_softmax(x, axis), want, bound) <= 1);
}

TEST_CASE("log_softmax matches its definition along every axis, in every layout, up to +-1000") {
  for (const DType dtype : kFloating)
    for (const reference::Layout& layout : reference::layouts())
      for (const double range : {1.0, 20.0, 1000.0})
        for (int axis = 0; axis < 3; ++axis) {
          INFO(text(dtype, ' ', layout.name, ", axis ", axis, ", range ", range));
          const Tensor x = layout.make(sample({4, 5, 6}, dtype, -range, range));
          check_log_softmax(x, axis);
          CHECK(identical(log_softmax(x, axis - 3), Array(log_softmax(x, axis))));
        }
  for (int64_t classes = 1; classes < 40; ++classes)
    check_log_softmax(sample({5, classes}, DType::float32, -5, 5), 1);
  check_log_softmax(sample({3, 1000}, DType::float32, -5, 5), 1);
  check_log_softmax(sample({17000, 2}, DType::float32, -5, 5), 1);
}

TEST_CASE("log_softmax of equal logits is -log of their number, in rows of every length") {
  for (const DType dtype : kFloating)
    for (const int64_t length : {1, 63, 64, 65, 130})
      check_log_softmax(Tensor::ones({2, length}, dtype), 1);
}

TEST_CASE("log_softmax stays finite for equal extreme logits and takes -inf for no chance") {
  for (const DType dtype : kFloating) {
    for (const double logit : {1000.0, -1000.0, 0.0, 1e30}) {
      const Tensor y = log_softmax(Tensor::full({4}, logit, dtype), 0);
      CHECK(error_over_bound(y, Array(Tensor::full({4}, -std::log(4.0), DType::float64)),
                             2 * reference::epsilon(dtype)) <= 1);
    }
    const Tensor y = log_softmax(Tensor::from<double>({0, -HUGE_VAL, 0}, {3}).to(dtype), 0);
    CHECK(y.at({1}) == -HUGE_VAL);
    CHECK(std::abs(y.at({0}) + std::log(2.0)) <= reference::epsilon(dtype));
    CHECK(log_softmax(Tensor::scalar(7, dtype).unsqueeze(0), 0).item() == 0);
  }
  CHECK(log_softmax(Tensor::zeros({3, 0}), 1).shape() == Shape{3, 0});
  CHECK(log_softmax(Tensor::zeros({0, 3}), 1).shape() == Shape{0, 3});
}

TEST_CASE("log_softmax is NaN in a row with NaN, +inf or only -inf, and only there") {
  for (const DType dtype : kFloating)
    for (const int64_t classes : {1, 10, 16, 37})
      for (const int64_t place : {int64_t{0}, classes - 1})
        for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
          INFO(text(dtype, ' ', classes, " classes, ", bad, " at ", place));
          const Tensor x = sample({3, classes}, dtype);
          const Array clean(log_softmax(x, 1));
          Tensor row = x.slice(0, 1, 2);
          if (bad != -HUGE_VAL) row = row.slice(1, place, place + 1);
          row.fill(bad);
          const Array y(log_softmax(x, 1));
          for_each_index(y.shape, [&](const Shape& i) {
            CHECK((i[0] == 1 ? std::isnan(y[i]) : y[i] == clean[i]));
          });
        }
}

}  // namespace
}  // namespace gradian
