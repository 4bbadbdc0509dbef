// What goes along a line: sort, argsort, topk, argmin and cumsum, against plain loops; and in-place
// arithmetic through every layout.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::for_each_index;
using reference::identical;
using reference::sample;

constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64};

// Calls body(x, axis) for arrays of every dtype and layout, in which most lines have ties.
template <class Body>
void for_each_array(const Body& body) {
  for (const DType dtype : kAll)
    for (const reference::Layout& layout : reference::layouts())
      for (const Shape& shape : {Shape{4, 5, 6}, Shape{3, 0, 2}, Shape{2, 1, 7}})
        for (int axis = 0; axis < 3; ++axis) {
          INFO(text(dtype, ' ', layout.name, ' ', shape, ", axis ", axis));
          body(layout.make(sample(shape, DType::int64, -4, 4).to(dtype)), axis);
        }
}

// Replaces every line of x along `axis` by f(line).
template <class F>
Array by_lines(const Array& x, int axis, const F& f) {
  Array result(x.shape);
  Shape starts = x.shape;
  starts[axis] = std::min<int64_t>(1, starts[axis]);
  for_each_index(starts, [&](Shape i) {
    std::vector<double> line;
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis]) line.push_back(x[i]);
    line = f(line);
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      result[i] = line[static_cast<size_t>(i[axis])];
  });
  return result;
}

TEST_CASE("sort orders every line, and its indices lead to equal values in their old order") {
  for_each_array([](const Tensor& x, int axis) {
    for (const bool descending : {false, true}) {
      const auto before = [=](double a, double b) { return descending ? b < a : a < b; };
      const Array values = by_lines(Array(x), axis, [&](std::vector<double> line) {
        std::stable_sort(line.begin(), line.end(), before);
        return line;
      });
      const Array order = by_lines(Array(x), axis, [&](const std::vector<double>& line) {
        std::vector<double> indices(line.size());
        std::iota(indices.begin(), indices.end(), 0);
        std::stable_sort(indices.begin(), indices.end(), [&](double a, double b) {
          return before(line[static_cast<size_t>(a)], line[static_cast<size_t>(b)]);
        });
        return indices;
      });
      const ValuesAndIndices sorted = sort(x, axis - 3, descending);
      CHECK(sorted.values.dtype() == x.dtype());
      CHECK(sorted.indices.dtype() == DType::int64);
      CHECK(identical(sorted.values, values));
      CHECK(identical(sorted.indices, order));
      CHECK(identical(argsort(x, axis, descending), order));
      for (int64_t k = 0; k <= std::min<int64_t>(3, x.size(axis)); ++k) {
        const ValuesAndIndices top = topk(x, k, axis, descending);
        CHECK(identical(top.values, Array(sorted.values.slice(axis, 0, k))));
        CHECK(identical(top.indices, Array(sorted.indices.slice(axis, 0, k))));
      }
    }
  });
}

TEST_CASE("sort counts NaN as largest and keeps what int64 alone can tell apart") {
  const double nan = std::nan(""), inf = HUGE_VAL;
  const Tensor x = Tensor::from({nan, 1.0, -inf, nan, inf, 1.0});
  CHECK(argsort(x).to_vector<int64_t>() == std::vector<int64_t>{2, 1, 5, 4, 0, 3});
  CHECK(argsort(x, 0, true).to_vector<int64_t>() == std::vector<int64_t>{0, 3, 4, 1, 5, 2});
  const int64_t large = int64_t{1} << 60;
  CHECK(argsort(Tensor::from({large + 1, large})).to_vector<int64_t>() ==
        std::vector<int64_t>{1, 0});
}

TEST_CASE("argmin finds the first smallest element of every line, and NaN before it") {
  for_each_array([](const Tensor& x, int axis) {
    if (x.size(axis) == 0) return;
    const Tensor first = argsort(x, axis).slice(axis, 0, 1);
    CHECK(identical(argmin(x, axis, true), Array(first)));
    CHECK(identical(argmin(x, axis - 3), Array(first.squeeze(axis))));
  });
  CHECK(argmin(Tensor::from({1.0, std::nan(""), -HUGE_VAL})).item() == 1);
  CHECK(argmin(Tensor::from({1.0, -HUGE_VAL, -HUGE_VAL})).item() == 1);
}

TEST_CASE("argmax and argmin without an axis count in row-major order, whatever the layout") {
  for (const reference::Layout& layout : reference::layouts()) {
    const Tensor x = layout.make(sample({4, 5, 6}, DType::float32));
    INFO(text(layout.name));
    const std::vector<double> values = Array(x).values;
    const auto [smallest, largest] = std::pair{std::min_element(values.begin(), values.end()),
                                               std::max_element(values.begin(), values.end())};
    CHECK(argmin(x).item() == static_cast<double>(smallest - values.begin()));
    CHECK(argmax(x).item() == static_cast<double>(largest - values.begin()));
  }
}

TEST_CASE("cumsum adds up every line") {
  for_each_array([](const Tensor& x, int axis) {
    const Array want = by_lines(Array(x), axis, [](std::vector<double> line) {
      std::partial_sum(line.begin(), line.end(), line.begin());
      return line;
    });
    CHECK(cumsum(x, axis).dtype() == x.dtype());
    CHECK(identical(cumsum(x, axis), want));
    CHECK(identical(cumsum(x, axis - 3), want));
  });
}

TEST_CASE("cumsum of a million float32 numbers rounds each sum once") {
  const int64_t count = 1000000;
  const Tensor sums = cumsum(Tensor::full({count}, 0.1f), 0);
  CHECK(sums.at({count - 1}) == static_cast<double>(static_cast<float>(count * double(0.1f))));
}

TEST_CASE("in-place arithmetic writes to its view alone, in every dtype and layout") {
  for (const DType dtype : kAll)
    for (const reference::Layout& layout : reference::layouts()) {
      const Tensor x = layout.make(sample({4, 5, 6}, dtype, -9, 9));
      const Tensor y = sample({5, 1}, dtype, 1, 9, 2);
      INFO(text(dtype, ' ', layout.name));
      const auto check = [&](const Tensor& want, const auto& operation) {
        const Tensor around = Tensor::zeros({4, 7, 6}, dtype);
        Tensor view = around.slice(1, 1, 6);
        view.copy_from(x);
        operation(view);
        CHECK(identical(view, Array(want)));
        view.fill(0);
        CHECK(sum(abs(around)).item() == 0);
      };
      check(add(x, y), [&](Tensor& v) { v += y; });
      check(sub(x, y), [&](Tensor& v) { v -= y; });
      check(mul(x, y), [&](Tensor& v) { v *= y; });
      check(div(x, y), [&](Tensor& v) { v /= y; });
      check(add(x, x), [&](Tensor& v) { v += v; });
      check(add(x, x.flip(1)), [&](Tensor& v) { v += v.flip(1); });
    }
}

TEST_CASE("in-place arithmetic counts as a write") {
  Tensor x = Tensor::ones({2});
  const Tensor::Stamp before = x.stamp();
  x += 1;
  CHECK(x.stamp() != before);
}

}  // namespace
}  // namespace gradian
