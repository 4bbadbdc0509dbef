// Reductions: sums over every choice of axes and how well they round, and argmax, against plain
// loops.
#include <doctest/doctest.h>

#include <bit>
#include <functional>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::error_over_bound;
using reference::for_each_index;
using reference::identical;
using reference::sample;

constexpr DType kFloating[] = {DType::float32, DType::float64};
constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64};

// Axis by axis: is it in the set whose bits are `set`?
bool contains(unsigned set, int axis) { return set >> axis & 1; }

Axes axes_of(unsigned set, int dim) {
  Axes axes;
  for (int axis = 0; axis < dim; ++axis)
    if (contains(set, axis)) axes.push_back(axis);
  return axes;
}

// `shape` with the axes in the set of size 1, or without them.
Shape reduced_shape(const Shape& shape, unsigned set, bool keepdim) {
  Shape result;
  for (int axis = 0; axis < shape.size(); ++axis) {
    if (!contains(set, axis))
      result.push_back(shape[axis]);
    else if (keepdim)
      result.push_back(1);
  }
  return result;
}

Array sum_of(const Array& x, unsigned set) {
  Array total(reduced_shape(x.shape, set, true));
  for_each_index(x.shape, [&](Shape i) {
    const double value = x[i];
    for (int axis = 0; axis < x.shape.size(); ++axis)
      if (contains(set, axis)) i[axis] = 0;
    total[i] += value;
  });
  return total;
}

void check_sum(const Tensor& x, unsigned set) {
  const unsigned all = (1u << x.dim()) - 1;
  const Axes axes = axes_of(set, x.dim());
  const unsigned reduced = axes.empty() ? all : set;  // no axes means all of them
  const Array values(x);
  const int64_t terms =
      x.numel() / std::max<int64_t>(1, numel(reduced_shape(x.shape(), reduced, false)));
  Array want = sum_of(values, reduced);
  Array bound =
      reference::rounding_bound(sum_of(reference::absolute(values), reduced), terms, x.dtype());

  const Tensor kept = sum(x, axes, true), removed = sum(x, axes);
  CHECK(kept.dtype() == x.dtype());
  CHECK(error_over_bound(kept, want, bound) <= 1);
  want.shape = bound.shape = reduced_shape(x.shape(), reduced, false);
  CHECK(error_over_bound(removed, want, bound) <= 1);
}

TEST_CASE("sum adds over every subset of axes, in every dtype and layout") {
  for (const DType dtype : kAll)
    for (const reference::Layout& layout : reference::layouts()) {
      const Tensor x = layout.make(sample({3, 4, 2, 5}, dtype, -9, 9));
      for (unsigned set = 0; set < 16; ++set) {
        INFO(text(dtype, ' ', layout.name, ", axes ", axes_of(set, 4)));
        check_sum(x, set);
        check_sum(x.permute({2, 0, 3, 1}), set);
      }
    }
}

TEST_CASE("sum adds large arrays, which it cuts into blocks, in every layout") {
  const Shape shapes[] = {{16384},    {16385},    {100003},     {3, 20000},    {20000, 3},
                          {1, 20000}, {20000, 1}, {70, 20, 15}, {2, 3, 17000}, {17000, 2, 3}};
  for (const Shape& shape : shapes)
    for (unsigned set = 1; set < 1u << shape.size(); ++set)
      for (const DType dtype : {DType::float32, DType::int64}) {
        INFO(text(dtype, ' ', shape, ", axes ", axes_of(set, shape.size())));
        const Tensor x = sample(shape, dtype, -9, 9);
        check_sum(x, set);
        if (dtype == DType::int64) continue;
        check_sum(reference::embedded(x, 2), set);
        check_sum(reference::reversed_axes(x), set);
        check_sum(reference::repeated(x, 0, 1), set);
      }
}

// The sum of non-negative numbers, rounded about once (Neumaier's compensated summation).
class ExactSum {
 public:
  void add(double value) {
    const double next = total_ + value;
    lost_ += total_ >= value ? (total_ - next) + value : (value - next) + total_;
    total_ = next;
  }
  double total() const { return total_ + lost_; }

 private:
  double total_ = 0, lost_ = 0;
};

std::vector<double> exact_sums(const Tensor& x, unsigned set) {
  std::vector<ExactSum> sums(static_cast<size_t>(numel(reduced_shape(x.shape(), set, false))));
  const std::vector<double> values = x.to_vector<double>();
  size_t next = 0;
  for_each_index(x.shape(), [&](const Shape& index) {
    int64_t at = 0;
    for (int axis = 0; axis < x.dim(); ++axis)
      if (!contains(set, axis)) at = at * x.size(axis) + index[axis];
    sums[static_cast<size_t>(at)].add(values[next++]);
  });
  std::vector<double> totals;
  for (const ExactSum& sum : sums) totals.push_back(sum.total());
  return totals;
}

// The largest error of sum over these axes, in ulp of the result.
double error_in_ulp(const Tensor& x, unsigned set) {
  const std::vector<double> want = exact_sums(x, set);
  const std::vector<double> got = sum(x, axes_of(set, x.dim())).to_vector<double>();
  REQUIRE(got.size() == want.size());
  double worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    int exponent = 0;
    std::frexp(want[i], &exponent);
    const double ulp = std::ldexp(reference::epsilon(x.dtype()), exponent - 1);
    worst = std::max(worst, std::abs(got[i] - want[i]) / ulp);
  }
  return worst;
}

// The bounds that summation.h states: a sum of positive numbers that is u times its size off is off
// by at most an ulp.
TEST_CASE("sums of many numbers are equally good in every direction") {
  struct Case {
    Shape shape;
    unsigned set;  // axes that are summed
  };
  const Case cases[] = {
      {{1000000}, 0b1},           {{125000, 8}, 0b01},           {{8, 125000}, 0b10},
      {{125000, 8}, 0b10},        {{3, 125000}, 0b01},           {{300000, 3}, 0b01},
      {{3000, 300}, 0b01},        {{40, 50, 300}, 0b101},        {{40, 300, 50}, 0b010},
      {{500, 3, 20, 20}, 0b1101}, {{16, 5, 16, 5, 16}, 0b10101}, {{32, 2, 32, 2, 32}, 0b11111},
      {{70000, 1, 3}, 0b001},     {{2, 100000, 2}, 0b010},
  };
  for (const Case& c : cases)
    for (const DType dtype : kFloating)
      for (const Tensor& x : {Tensor::full(c.shape, 0.1, dtype), sample(c.shape, dtype, 0, 1),
                              Tensor::scalar(0.1, dtype).expand(c.shape),
                              reference::reversed_axes(
                                  reference::reversed_axes(sample(c.shape, dtype, 0, 1)).clone()),
                              reference::embedded(sample(c.shape, dtype, 0, 1), 2)}) {
        INFO(text(dtype, ' ', c.shape, ", axes ", axes_of(c.set, x.dim()), ", strides ",
                  x.strides()));
        const double terms = static_cast<double>(x.numel());
        CHECK(error_in_ulp(x, c.set) <= (dtype == DType::float32 ? 2.5 : std::log2(terms) + 32));
      }
}

TEST_CASE("mean and var of columns of large numbers that differ little") {
  std::vector<float> values;
  for (int i = 0; i < 40000; ++i) values.push_back(1e6f + static_cast<float>(i / 2 % 2));
  const Variable x(Tensor::from(values, {20000, 2}));
  CHECK(mean(x, {0}).value().to_vector<double>() == std::vector<double>{1000000.5, 1000000.5});
  CHECK(var(x, {0}, 0).value().to_vector<double>() == std::vector<double>{0.25, 0.25});
  CHECK(var(transpose(x, 0, 1), {1}, 0).value().to_vector<double>() ==
        std::vector<double>{0.25, 0.25});
}

TEST_CASE("sum over axes without elements is 0") {
  for (const Shape& shape : {Shape{3, 0}, Shape{0, 3}, Shape{5, 0, 4}, Shape{0}, Shape{2, 0, 0, 3}})
    for (unsigned set = 0; set < 1u << shape.size(); ++set) {
      INFO(text(shape, ", axes ", axes_of(set, shape.size())));
      check_sum(Tensor::zeros(shape), set);
      check_sum(reference::reversed_axes(Tensor::zeros(shape)), set);
    }
  CHECK(sum(Tensor::zeros({5, 0})).item() == 0);
  CHECK(sum(Tensor::zeros({2, 0}), {1}).to_vector<double>() == std::vector<double>{0, 0});
}

TEST_CASE("sum takes negative axes and scalars, and passes on infinity and NaN") {
  const Tensor x = sample({2, 3, 4}, DType::float64);
  CHECK(identical(sum(x, {-1, 0}), Array(sum(x, {0, 2}))));
  CHECK(sum(Tensor::scalar(3)).item() == 3);
  CHECK(sum(Tensor::scalar(3), {}, true).shape() == Shape{});
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Tensor y = Tensor::zeros({3, 50});
    y.slice(0, 1, 2).slice(1, 33, 34).fill(bad);
    CHECK(identical(sum(y, {1}), Array(Tensor::from<double>({0, bad, 0}, {3}))));
  }
}

// Along the line of `axis` through `index`: the position that argmax must give.
int64_t first_largest(const Array& x, Shape index, int axis) {
  int64_t best = 0;
  const auto value = [&](int64_t position) {
    index[axis] = position;
    return x[index];
  };
  for (int64_t i = 1; i < x.shape[axis]; ++i)
    if (!std::isnan(value(best)) && (std::isnan(value(i)) || value(i) > value(best))) best = i;
  return best;
}

TEST_CASE("argmax finds the first largest element of every line") {
  for (const DType dtype : kAll)
    for (const reference::Layout& layout : reference::layouts())
      for (int axis = 0; axis < 3; ++axis) {
        INFO(text(dtype, ' ', layout.name, ", axis ", axis));
        // Whole numbers in a small range: most lines have ties.
        const Tensor x = layout.make(sample({4, 5, 6}, DType::int64, -4, 4).to(dtype));
        const Array values(x);
        Array position(reduced_shape(x.shape(), 1u << axis, true));
        for_each_index(position.shape, [&](const Shape& i) {
          position[i] = static_cast<double>(first_largest(values, i, axis));
        });
        CHECK(argmax(x, axis).dtype() == DType::int64);
        CHECK(identical(argmax(x, axis, true), position));
        position.shape = reduced_shape(x.shape(), 1u << axis, false);
        CHECK(identical(argmax(x, axis - 3), position));
      }
}

TEST_CASE("argmax takes the first of ties, NaN for the largest, and -inf for a number") {
  struct Case {
    std::vector<double> x;
    int64_t position;
  };
  const double nan = std::nan(""), inf = HUGE_VAL;
  const Case cases[] = {
      {{1, 3, 3, 2}, 1},   {{0, -0.0}, 0},          {{5}, 0},           {{-inf, -inf}, 0},
      {{1, nan, 3}, 1},    {{nan, inf}, 0},         {{1, nan, nan}, 1}, {{inf, 1, inf}, 0},
      {{-inf, -3, -9}, 1}, {{inf, nan, 1, nan}, 1},
  };
  for (const Case& c : cases)
    for (const DType dtype : kFloating) {
      const Tensor x = Tensor::from(c.x, {static_cast<int64_t>(c.x.size())}).to(dtype);
      INFO(x);
      CHECK(argmax(x, 0).item() == static_cast<double>(c.position));
    }
  const Tensor big = Tensor::from<int64_t>({(int64_t{1} << 60), (int64_t{1} << 60) + 1}, {2});
  CHECK(argmax(big, 0).item() == 1);
}

TEST_CASE("argmax of no lines is empty, whatever their length") {
  CHECK(argmax(Tensor::zeros({0, 3}), 1).shape() == Shape{0});
  CHECK(argmax(Tensor::zeros({0, 3}), 1, true).shape() == Shape{0, 1});
}

}  // namespace
}  // namespace gradian
