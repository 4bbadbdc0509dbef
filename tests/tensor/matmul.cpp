// Matrix products against three plain loops, over sizes, layouts, batches and dtypes.
#include <doctest/doctest.h>

#include "tensor/runtime/gemm.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::sample;

constexpr DType kFloating[] = {DType::float32, DType::float64};

// c = a x b for one matrix, within what rounding allows.
void check_product(const Tensor& c, const Tensor& a, const Tensor& b) {
  const Array left(a), right(b);
  const Array sums = reference::matmul(reference::absolute(left), reference::absolute(right));
  const Array bound = reference::rounding_bound(sums, a.size(1), a.dtype());
  CHECK(reference::error_over_bound(c, reference::matmul(left, right), bound) <= 1);
}

void check_matmul(const Tensor& a, const Tensor& b) {
  const Tensor c = matmul(a, b);
  CHECK(c.dtype() == a.dtype());
  CHECK(c.is_contiguous());
  check_product(c, a, b);
}

// The matrix of x that broadcasting puts at `batch`.
Tensor matrix_at(Tensor x, const Shape& batch) {
  const int axes = x.dim() - 2;
  for (int axis = 0; axis < axes; ++axis)
    x = x.select(0, x.size(0) == 1 ? 0 : batch[batch.size() - axes + axis]);
  return x;
}

TEST_CASE("matmul matches the three-loop reference for every layout of its operands") {
  struct Case {
    int64_t rows, inner, columns;
  };
  for (const Case& c : {Case{5, 7, 4}, Case{33, 17, 50}, Case{1, 6, 9}, Case{8, 1, 3}})
    for (const DType dtype : kFloating)
      for (const reference::Layout& layout_a : reference::layouts())
        for (const reference::Layout& layout_b : reference::layouts()) {
          INFO(text(dtype, ' ', c.rows, ' ', c.inner, ' ', c.columns, ' ', layout_a.name, ", ",
                    layout_b.name));
          check_matmul(layout_a.make(sample({c.rows, c.inner}, dtype)),
                       layout_b.make(sample({c.inner, c.columns}, dtype, -1, 1, 2)));
        }
}

TEST_CASE("matmul takes vectors made into matrices, whose new axis has stride 0") {
  const Tensor x = sample({9}, DType::float32), y = sample({9}, DType::float32, -1, 1, 2);
  check_matmul(x.unsqueeze(0), y.unsqueeze(1));
  check_matmul(x.unsqueeze(1), y.unsqueeze(0));
  check_matmul(x.flip(0).unsqueeze(1), y.unsqueeze(0).flip(0));
  check_matmul(sample({4, 9}, DType::float32), x.unsqueeze(1));
  check_matmul(x.unsqueeze(0).flip(0), sample({9, 4}, DType::float32));
}

TEST_CASE("matmul handles 0 and 1 in each size") {
  for (const DType dtype : kFloating)
    for (const int64_t rows : {0, 1, 2, 19})
      for (const int64_t inner : {0, 1, 2, 19})
        for (const int64_t columns : {0, 1, 2, 19}) {
          INFO(text(dtype, ' ', rows, ' ', inner, ' ', columns));
          const Tensor a = sample({rows, inner}, dtype), b = sample({inner, columns}, dtype);
          check_matmul(a, b);
          check_matmul(sample({inner, rows}, dtype).transpose(0, 1),
                       sample({columns, inner}, dtype).transpose(0, 1));
        }
  CHECK(matmul(Tensor::zeros({2, 0}), Tensor::zeros({0, 3})).to_vector<double>() ==
        std::vector<double>(6, 0.0));
}

TEST_CASE("matmul matches the reference for sizes that are cut into blocks for the threads") {
  struct Case {
    int64_t rows, inner, columns;
  };
  // At least 2 times 4 Mi multiply-adds make several blocks, of rows or of columns, the last
  // ragged.
  const Case cases[] = {{260, 300, 270}, {50, 700, 700},  {700, 700, 50},
                        {1700, 3, 1700}, {2, 3000, 1500}, {3001, 2900, 1}};
  for (const Case& c : cases) {
    INFO(text(c.rows, ' ', c.inner, ' ', c.columns));
    REQUIRE(c.rows * c.inner * c.columns >= int64_t{2} << 22);
    const Tensor a = sample({c.rows, c.inner}, DType::float32);
    const Tensor b = sample({c.inner, c.columns}, DType::float32, -1, 1, 2);
    check_matmul(a, b);
    check_matmul(reference::reversed_axes(reference::reversed_axes(a).clone()),
                 reference::embedded(b, 2));
  }
}

TEST_CASE("matmul broadcasts the axes before the matrices") {
  struct Case {
    Shape a, b, batch;
  };
  const Case cases[] = {
      {{2, 3, 4, 5}, {5, 6}, {2, 3}},
      {{4, 5}, {3, 5, 2}, {3}},
      {{2, 1, 3, 4}, {5, 4, 2}, {2, 5}},
      {{7, 3, 4}, {7, 4, 2}, {7}},
      {{1, 3, 4}, {6, 4, 2}, {6}},
      {{0, 3, 4}, {4, 2}, {0}},
      {{2, 3, 0}, {0, 4}, {2}},
      {{1, 1, 2, 3}, {3, 1}, {1, 1}},
      {{3000, 2, 3}, {3000, 3, 2}, {3000}},
      {{2, 120, 150}, {2, 150, 240}, {2}},
      {{2, 1, 2, 1, 3, 2}, {3, 1, 2, 2, 4}, {2, 3, 2, 2}},
  };
  for (const Case& c : cases)
    for (const DType dtype : kFloating)
      for (const reference::Layout& layout : reference::layouts()) {
        INFO(text(dtype, ' ', c.a, ' ', c.b, ' ', layout.name));
        const Tensor a = layout.make(sample(c.a, dtype));
        const Tensor b = layout.make(sample(c.b, dtype, -1, 1, 2));
        const Tensor product = matmul(a, b);
        Shape expected = c.batch;
        expected.push_back(a.size(-2));
        expected.push_back(b.size(-1));
        REQUIRE(product.shape() == expected);
        reference::for_each_index(c.batch, [&](const Shape& i) {
          if (i[0] < 3 || i[0] % 97 == 0)
            check_product(matrix_at(product, i), matrix_at(a, i), matrix_at(b, i));
        });
      }
}

TEST_CASE("matmul passes on infinity and NaN") {
  Tensor a = Tensor::ones({3, 40});
  a.slice(0, 1, 2).slice(1, 7, 8).fill(std::nan(""));
  a.slice(0, 2, 3).slice(1, 39, 40).fill(HUGE_VAL);
  const Tensor c = matmul(a, Tensor::ones({40, 2}));
  CHECK(reference::identical(
      c, Array(Tensor::from<double>({40, 40, std::nan(""), std::nan(""), HUGE_VAL, HUGE_VAL},
                                    {3, 2}))));
}

TEST_CASE("gemm adds to its result when asked to, through any positive strides") {
  for (const bool accumulate : {false, true})
    for (const int64_t inner : {0, 3}) {
      INFO(text(accumulate, ' ', inner));
      const Tensor a = sample({4, inner}, DType::float64), b = sample({inner, 5}, DType::float64);
      Tensor c = Tensor::full({9, 14}, 7, DType::float64);
      Array want = reference::matmul(Array(a), Array(b));
      for (double& value : want.values) value += accumulate ? 7 : 0;
      runtime::gemm(4, 5, inner, a.data<double>(), std::max<int64_t>(inner, 1), int64_t{1},
                    b.data<double>(), int64_t{5}, int64_t{1}, c.mutable_data<double>(), int64_t{28},
                    int64_t{3},
                    accumulate);  // into every second row and third column
      reference::for_each_index(c.shape(), [&](const Shape& i) {
        const bool written = i[0] % 2 == 0 && i[0] / 2 < 4 && i[1] % 3 == 0;
        CHECK(std::abs(c.at(i) - (written ? want(i[0] / 2, i[1] / 3) : 7.0)) < 1e-14);
      });
    }
}

TEST_CASE("linear is the product with the transposed weight, plus the bias of each column") {
  for (const DType dtype : kFloating)
    for (const reference::Layout& layout : reference::layouts()) {
      INFO(text(dtype, ' ', layout.name));
      const Tensor x = layout.make(sample({3, 70, 5}, dtype, -1, 1, 1));
      const Tensor w = layout.make(sample({4, 5}, dtype, -1, 1, 2));
      const Tensor bias = sample({4}, dtype, -1, 1, 3);
      const Tensor product = linear(x, w);
      CHECK(product.shape() == Shape{3, 70, 4});
      for (int64_t i = 0; i < 3; ++i)
        check_product(product.select(0, i), x.select(0, i), w.transpose(0, 1));
      const Tensor difference = sub(linear(x, w, bias), add(product, bias));
      for (const double d : difference.to_vector<double>())
        CHECK(std::abs(d) <= (dtype == DType::float32 ? 1e-6 : 1e-15));
    }
}

TEST_CASE("linear and its gradients go through without rows, inputs or outputs") {
  struct Case {
    Shape x, weight, y;
  };
  for (const Case& c : {Case{{2, 0}, {0, 0}, {2, 0}}, Case{{0, 0}, {0, 0}, {0, 0}},
                        Case{{0, 3}, {2, 3}, {0, 2}}, Case{{2, 0}, {3, 0}, {2, 3}},
                        Case{{2, 3}, {0, 3}, {2, 0}}, Case{{4, 0, 3}, {2, 3}, {4, 0, 2}}}) {
    INFO(text(c.x, ' ', c.weight));
    const Variable x(Tensor::zeros(c.x), true), weight(Tensor::zeros(c.weight), true);
    const Variable bias(Tensor::ones({c.weight[0]}), true);
    const Variable y = linear(x, weight, bias);
    CHECK(y.shape() == c.y);
    sum(y).backward();
    CHECK(sum(y.value()).item() == static_cast<double>(numel(c.y)));
    CHECK(x.grad().value().to_vector<float>() == Tensor::zeros(c.x).to_vector<float>());
    CHECK(weight.grad().value().to_vector<float>() == Tensor::zeros(c.weight).to_vector<float>());
    CHECK(sum(bias.grad().value()).item() == static_cast<double>(numel(c.y)));
  }
}

}  // namespace
}  // namespace gradian
