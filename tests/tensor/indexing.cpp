// gather, scatter_add, one_hot and concat against plain loops over their definitions.
#include <doctest/doctest.h>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::for_each_index;
using reference::identical;
using reference::sample;

constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64};

// `index` with its entry for `axis` replaced by what the index array says.
Shape redirected(Shape index, int axis, const Array& indices) {
  index[axis] = static_cast<int64_t>(indices[index]);
  return index;
}

Array gather_of(const Array& x, int axis, const Array& indices) {
  Array result(indices.shape);
  for_each_index(indices.shape,
                 [&](const Shape& i) { result[i] = x[redirected(i, axis, indices)]; });
  return result;
}

Array scatter_add_of(const Shape& shape, int axis, const Array& indices, const Array& source) {
  Array result(shape);
  for_each_index(indices.shape,
                 [&](const Shape& i) { result[redirected(i, axis, indices)] += source[i]; });
  return result;
}

// Shapes of x and, for each axis, of an index: as large as x, smaller, longer along the axis,
// empty.
struct Case {
  Shape x, index;
  int axis;
};

const Case kCases[] = {
    {{5}, {5}, 0},
    {{5}, {12}, 0},
    {{5}, {0}, 0},
    {{4, 5}, {4, 5}, 0},
    {{4, 5}, {9, 5}, 0},
    {{4, 5}, {2, 3}, 0},
    {{4, 5}, {4, 1}, 1},
    {{4, 5}, {3, 8}, 1},
    {{4, 5}, {4, 0}, 1},
    {{3, 4, 5}, {3, 4, 5}, 0},
    {{3, 4, 5}, {3, 6, 5}, 1},
    {{3, 4, 5}, {2, 3, 7}, 2},
    {{3, 4, 5}, {1, 4, 5}, 0},
    {{3, 4, 5}, {0, 4, 5}, 0},
    {{3, 4, 5}, {3, 0, 5}, 2},
    {{2, 3, 2, 4}, {2, 2, 5, 4}, 2},
    {{7, 3000}, {2, 3000}, 0},
    {{3000, 7}, {3000, 9}, 1},
};

TEST_CASE("gather picks along every axis, in every dtype and pair of layouts") {
  for (const Case& c : kCases)
    for (const DType dtype : kAll)
      for (const reference::Layout& layout_x : reference::layouts())
        for (const reference::Layout& layout_index : reference::layouts()) {
          if (numel(c.x) > 1000 && &layout_x != &layout_index) continue;
          INFO(text(c.x, ' ', c.index, " axis ", c.axis, ' ', dtype, ' ', layout_x.name, ", ",
                    layout_index.name));
          const Tensor x = layout_x.make(sample(c.x, dtype, -9, 9));
          const Tensor index = layout_index.make(
              sample(c.index, DType::int64, 0, static_cast<double>(c.x[c.axis]), 2));
          const Tensor result = gather(x, c.axis, index);
          CHECK(result.dtype() == dtype);
          CHECK(result.is_contiguous());
          CHECK(identical(result, gather_of(Array(x), c.axis, Array(index))));
          CHECK(identical(gather(x, c.axis - x.dim(), index), Array(result)));
        }
}

// Whole numbers, so that sums are exact in any order.
TEST_CASE("scatter_add accumulates along every axis, in every dtype and pair of layouts") {
  for (const Case& c : kCases)
    for (const DType dtype : kAll)
      for (const reference::Layout& layout_source : reference::layouts())
        for (const reference::Layout& layout_index : reference::layouts()) {
          if (numel(c.x) > 1000 && &layout_source != &layout_index) continue;
          INFO(text(c.x, ' ', c.index, " axis ", c.axis, ' ', dtype, ' ', layout_source.name, ", ",
                    layout_index.name));
          const Tensor source = layout_source.make(sample(c.index, DType::int64, -9, 9).to(dtype));
          const Tensor index = layout_index.make(
              sample(c.index, DType::int64, 0, static_cast<double>(c.x[c.axis]), 2));
          const Tensor result = scatter_add(c.x, c.axis, index, source);
          CHECK(result.dtype() == dtype);
          CHECK(result.is_contiguous());
          CHECK(identical(result, scatter_add_of(c.x, c.axis, Array(index), Array(source))));
        }
}

TEST_CASE("scatter_add adds up duplicates and leaves the rest 0") {
  const Tensor index = Tensor::from<int64_t>({1, 1, 3, 1}, {4});
  const Tensor source = Tensor::from<float>({1, 10, 5, 100}, {4});
  CHECK(scatter_add({5}, 0, index, source).to_vector<float>() ==
        std::vector<float>{0, 111, 0, 5, 0});
  CHECK(scatter_add({2, 3}, 0, Tensor::zeros({0, 3}, DType::int64), Tensor::zeros({0, 3}))
            .to_vector<float>() == std::vector<float>(6, 0));
}

TEST_CASE("scatter_add is the adjoint of gather") {
  for (const Case& c : kCases) {
    INFO(text(c.x, ' ', c.index, " axis ", c.axis));
    const Tensor x = sample(c.x, DType::int64, -9, 9, 1),
                 y = sample(c.index, DType::int64, -9, 9, 2);
    const Tensor index = sample(c.index, DType::int64, 0, static_cast<double>(c.x[c.axis]), 3);
    CHECK(reference::dot(Array(gather(x, c.axis, index)), Array(y)) ==
          reference::dot(Array(x), Array(scatter_add(c.x, c.axis, index, y))));
  }
}

TEST_CASE("an index expanded from one column moves whole rows") {
  const Tensor x = sample({4, 3}, DType::float32);
  const Tensor rows = Tensor::from<int64_t>({2, 0, 2}, {3, 1}).expand({3, 3});
  const Tensor picked = gather(x, 0, rows);
  for_each_index(picked.shape(), [&](const Shape& i) {
    CHECK(picked.at(i) == x.at({static_cast<int64_t>(rows.at({i[0], 0})), i[1]}));
  });
  const Tensor added = scatter_add({4, 3}, 0, rows, Tensor::ones({1, 1}).expand({3, 3}));
  CHECK(added.to_vector<float>() == std::vector<float>{1, 1, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0});
}

TEST_CASE("one_hot puts a 1 at each label, for labels of any shape") {
  for (const DType dtype : kAll)
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{0}, Shape{20000}}) {
      INFO(text(dtype, ' ', shape));
      const Tensor labels = sample(shape, DType::int64, 0, 4);
      const Tensor encoded = one_hot(labels, 4, dtype);
      CHECK(encoded.dtype() == dtype);
      Shape expected = shape;
      expected.push_back(4);
      Array want(expected);
      for_each_index(shape, [&](const Shape& i) {
        Shape at = i;
        at.push_back(static_cast<int64_t>(labels.at(i)));
        want[at] = 1;
      });
      CHECK(identical(encoded, want));
    }
}

TEST_CASE("concat joins along every axis, in every dtype and layout") {
  for (const DType dtype : kAll)
    for (const reference::Layout& layout : reference::layouts())
      for (int axis = 0; axis < 3; ++axis) {
        INFO(text(dtype, ' ', layout.name, ", axis ", axis));
        std::vector<Tensor> parts;
        Shape shape{2, 3, 4};
        for (const int64_t size : {2, 0, 1, 3}) {
          shape[axis] = size;
          parts.push_back(layout.make(sample(shape, dtype, -9, 9, static_cast<uint64_t>(size))));
        }
        const Tensor joined = concat(parts, axis - 3);
        CHECK(joined.is_contiguous());
        CHECK(joined.dtype() == dtype);
        shape[axis] = 6;
        REQUIRE(joined.shape() == shape);
        int64_t begin = 0;
        for (const Tensor& part : parts) {
          const int64_t end = begin + part.size(axis);
          CHECK(identical(joined.slice(axis, begin, end), Array(part)));
          begin = end;
        }
      }
  const Tensor x = Tensor::ones({2});
  CHECK(concat({x}, 0).stamp().storage != x.stamp().storage);
}

}  // namespace
}  // namespace gradian
