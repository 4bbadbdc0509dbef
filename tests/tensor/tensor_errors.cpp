// The texts of errors: shapes of too many elements, bad arguments.
#include <doctest/doctest.h>

#include <functional>

#include "autograd/ops.h"
#include "nn/init.h"
#include "tensor/conv/conv2d.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian {
namespace {

struct ErrorCase {
  std::function<void()> call;
  const char* text;
};

void check_errors(const std::vector<ErrorCase>& cases) {
  for (const auto& [call, text] : cases)
    CHECK_THROWS_WITH_AS(call(), doctest::Contains(text), Error);
}

// Whoever counts the elements of these shapes in 64 bits gets a small number.
TEST_CASE(
    "a shape of more elements than 64 bits count is refused by every function that makes it") {
  constexpr int64_t half = int64_t{1} << 32, large = int64_t{1} << 40;
  const Tensor one = Tensor::zeros({1}), none = Tensor::zeros({0}), four = Tensor::ones({4});
  const Tensor row = Tensor::zeros({1, 1}).expand({1, large}), column = row.transpose(0, 1);
  const Tensor flat = Tensor::zeros({0, 1, int64_t{1} << 51});
  check_errors({
      {[&] {
         one.expand({large, large});
       },
       "expand: too many elements in shape [1099511627776, 1099511627776]"},
      {[&] {
         one.expand({0, large, large, 1});
       },
       "expand: too many elements in shape [0, "},
      {[&] {
         four.reshape({4, 4611686018427387905});
       },
       "reshape: too many elements in shape [4, 4611686018427387905]"},
      {[&] {
         none.reshape({half, half});
       },
       "reshape: too many elements in shape [4294967296, 4294967296]"},
      {[&] {
         none.reshape({0, half, half});
       },
       "reshape: too many elements in shape [0, 4294967296, 4294967296]"},
      {[&] {
         four.reshape({half, half, -1});
       },
       "reshape: too many elements in shape"},
      {[&] {
         Tensor::zeros({0, half, half});
       },
       "zeros: too many elements in shape [0, 4294967296, 4294967296]"},
      {[&] {
         Tensor::from<float>({}, {0, half, half});
       },
       "from: too many elements in shape [0, "},
      {[&] {
         Tensor::from<float>({}, {half, half});
       },
       "from: too many elements in shape"},
      {[&] { Tensor::arange(int64_t{1} << 61); }, "arange: too many elements in shape"},
      {[&] { add(row, column); }, "add: too many elements in shape [1099511627776, "},
      {[&] { where(row, column, column); }, "where: too many elements in shape [1099511627776, "},
      {[&] { matmul(column, row); }, "matmul: too many elements in shape [1099511627776, "},
      {[&] { concat(std::vector<Tensor>(1 << 10, flat), 2); },
       "concat: too many elements in shape [0, 1, "},
      {[&] { one_hot(Tensor::arange(4), int64_t{1} << 62, DType::float32); },
       "one_hot: too many elements in shape [4, "},
      {[&] {
         scatter_add({large, large}, 0, Tensor::arange(1).reshape({1, 1}), row);
       },
       "scatter_add: too many elements in shape"},
      {[&] {
         pad(Variable(four), {INT64_MAX, INT64_MAX});
       },
       "pad: too many elements in shape"},
      {[&] { slice_adjoint(Variable(four), {8}, 0, 0, int64_t{1} << 62); },
       "slice_adjoint: 4 elements from 0 at step 4611686018427387904 do not fit axis 0 of shape "
       "[8]"},
      {[&] { slice_adjoint(Variable(four), {8}, 0, INT64_MAX); }, "slice_adjoint: 4 elements from"},
      {[&] { slice_adjoint(Variable(four), {8}, 0, 0, INT64_MIN); },
       "slice_adjoint: step must be positive, got -9223372036854775808"},
      {[&] {
         nn::fan_in({1, half, half});
       },
       "fan_in: too many elements in shape"},
  });
  CHECK(sum(Tensor::zeros({0, large}), {0, 1}).item() == 0);
  CHECK(Tensor::zeros({large, 0}).reshape({0, 1 << 19, large}).clone().numel() == 0);
}

TEST_CASE("a shape refuses places that it has not, and stays as it was") {
  const Shape full(std::vector<int64_t>(8, 1));
  Shape shape{2, 3}, none;
  check_errors({
      {[&] { none.pop_back(); }, "Shape: axis -1 is out of range for 0 axes"},
      {[&] { none.back(); }, "Shape: axis -1 is out of range for 0 axes"},
      {[&] { shape.erase(2); }, "Shape: axis 2 is out of range for 2 axes"},
      {[&] { shape.erase(-1); }, "Shape: axis -1 is out of range for 2 axes"},
      {[&] { shape.insert(3, 1); }, "Shape: no place for axis 3 among 2"},
      {[&] { shape.insert(-1, 1); }, "Shape: no place for axis -1 among 2"},
      {[&] { shape[2] = 1; }, "Shape: axis 2 is out of range for 2 axes"},
      {[&] { Tensor::zeros(shape).shape()[-1]; }, "Shape: axis -1 is out of range for 2 axes"},
      {[&] { Shape(full).push_back(1); }, "Shape: more than 8 axes"},
      {[&] { Shape(full).insert(0, 1); }, "Shape: more than 8 axes"},
      {[] {
         Axes({0, 1})[2] = 1;
       },
       "Shape: axis 2 is out of range for 2 axes"},
      {[] { Shape(std::vector<int64_t>(9, 1)); }, "Shape: more than 8 axes"},
      {[&] {
         numel({2, -1});
       },
       "numel: negative size in shape [2, -1]"},
      {[&] { normalize_axis(2, 2); }, "normalize_axis: axis 2 is out of range for 2 axes"},
      {[&] { broadcast_shapes({2}, {3}); },
       "broadcast_shapes: shapes [2] and [3] do not broadcast"},
  });
  CHECK(shape == Shape{2, 3});
  CHECK(none == Shape{});
}

TEST_CASE("a function that is made of others is the one that an error names") {
  const Tensor x = Tensor::zeros({2, 3}), labels = Tensor::arange(2);
  check_errors({
      {[] { Tensor::ones({-1}); }, "ones: negative size in shape [-1]"},
      {[] { Tensor::full({-1}, 0); }, "full: negative size in shape [-1]"},
      {[] { Tensor::empty({-1}); }, "empty: negative size in shape [-1]"},
      {[] { Tensor::eye(-1); }, "eye: negative size in shape [-1, -1]"},
      {[] { Tensor::eye(int64_t{1} << 32); }, "eye: too many elements in shape [4294967296, "},
      {[] { Tensor::linspace(0, 1, -1); }, "linspace: negative size in shape [-1]"},
      {[] { Tensor::linspace(0, 1, 2, DType::float32).at({2}); }, "at: index [2] is out of range"},
      {[] { Tensor::arange(0, INT64_MIN, -1); }, "arange: too many elements in shape [92"},
      {[] { Tensor::arange(0, 5, INT64_MIN); }, "arange: no way from 0 to 5 in steps of -92"},
      {[] { randperm(int64_t{1} << 61); }, "randperm: too many elements in shape [2305843"},
      {[&] { zeros_like(Tensor()); }, "zeros_like: the tensor is undefined"},
      {[&] { ones_like(Tensor()); }, "ones_like: the tensor is undefined"},
      {[&] { one_hot(labels, -1, DType::float32); }, "one_hot: negative size in shape [2, -1]"},
      {[&] { one_hot(labels, 1, DType::float32); }, "one_hot: index 1 is outside 0 to 0"},
      {[&] { one_hot(x, 3, DType::float32); }, "one_hot: the index must be int64, got float32"},
      {[&] { topk(x, 4); }, "topk: k 4 is outside axis -1 of shape [2, 3]"},
      {[&] { sort(x, 2); }, "sort: axis 2 is out of range for 2 axes"},
      {[&] { argmax(Tensor::zeros({0})); }, "argmax: axis 0 of shape [0] is empty"},
      {[&] { argmin(Tensor::zeros({0})); }, "argmin: axis 0 of shape [0] is empty"},
      {[&] { labels + 0.5; }, "add: an int64 array meets the number 0.5"},
      {[&] { add(labels, 0.5); }, "add: an int64 array meets the number 0.5"},
      {[&] { maximum(labels, 1e300); }, "maximum: an int64 array meets the number 1e+300"},
      {[&] { less(2, 3); }, "less: expected an array, got two numbers, 2 and 3"},
      {[&] { labels / 0; }, "div: int64 division by 0"},
      {[&] { x.squeeze(1); }, "squeeze: axis 1 of shape [2, 3] is not of size 1"},
      {[&] { set_num_threads(0); }, "set_num_threads: expected 1 to 1024 threads, got 0"},
      {[] { Generator().integer(0); }, "integer: bound must be positive, got 0"},
  });
  CHECK(Tensor::arange(-1, INT64_MIN, INT64_MIN).to_vector<int64_t>() == std::vector<int64_t>{-1});
}

TEST_CASE("bad arguments fail and the text says what came") {
  const Tensor x = Tensor::zeros({2, 3});
  Tensor y = Tensor::zeros({2, 3});
  const Shape full_shape{1, 1, 1, 1, 1, 1, 1, 1};
  check_errors({
      {[] {
         Tensor::zeros({2, -1});
       },
       "zeros: negative size in shape [2, -1]"},
      {[] { Tensor::arange(-1); }, "arange: no way from 0 to -1 in steps of 1"},
      {[] {
         Tensor::zeros({int64_t{1} << 40, int64_t{1} << 40});
       },
       "zeros: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { Tensor::zeros({int64_t{1} << 62}, DType::float64); },
       "zeros: too many elements in shape [4611686018427387904]"},
      {[] {
         Tensor::from<float>({1, 2, 3}, {2, 2});
       },
       "from: 3 values do not fit shape [2, 2]"},
      {[&] { x.data<double>(); }, "data: expected float64, got a tensor of float32"},
      {[&] { x.size(2); }, "size: axis 2 is out of range for 2 axes"},
      {[&] { x.size(-3); }, "size: axis -3 is out of range for 2 axes"},
      {[&] { x.at({0}); }, "at: index [0] for shape [2, 3]"},
      {[&] {
         x.at({0, 3});
       },
       "at: index [0, 3] is out of range for shape [2, 3]"},
      {[&] {
         x.at({-1, 0});
       },
       "at: index [-1, 0] is out of range for shape [2, 3]"},
      {[&] { x.item(); }, "item: expected one element, got shape [2, 3]"},
      {[&] {
         x.reshape({4, 2});
       },
       "reshape: 6 elements do not fit shape [4, 2]"},
      {[&] {
         x.reshape({4, -1});
       },
       "reshape: 6 elements do not fit shape [4, -1]"},
      {[&] {
         x.reshape({0, -1});
       },
       "reshape: 6 elements do not fit shape [0, -1]"},
      {[&] {
         x.reshape({-1, -1});
       },
       "reshape: at most one size may be -1, got [-1, -1]"},
      {[&] {
         x.reshape({-2, -3});
       },
       "reshape: at most one size may be -1, got [-2, -3]"},
      {[] {
         Tensor::zeros({0}).reshape({-1, 0});
       },
       "reshape: 0 elements do not fit shape [-1, 0]"},
      {[&] { x.permute({0}); }, "permute: axes [0] for shape [2, 3]"},
      {[&] {
         x.permute({0, 0});
       },
       "permute: axis 0 is given twice"},
      {[&] {
         x.permute({0, 2});
       },
       "permute: axis 2 is out of range for 2 axes"},
      {[&] { x.transpose(0, 2); }, "transpose: axis 2 is out of range for 2 axes"},
      {[&] { x.slice(2, 0, 1); }, "slice: axis 2 is out of range for 2 axes"},
      {[&] { x.slice(1, 0, 4); }, "slice: range 0 to 4 is outside axis 1 of shape [2, 3]"},
      {[&] { x.slice(1, 2, 1); }, "slice: range 2 to 1 is outside axis 1 of shape [2, 3]"},
      {[&] { x.slice(1, -4, 3); }, "slice: range -1 to 3 is outside axis 1 of shape [2, 3]"},
      {[&] { x.slice(1, 0, 3, 0); }, "slice: step must be positive, got 0"},
      {[&] { x.select(0, 2); }, "select: index 2 is outside axis 0 of shape [2, 3]"},
      {[&] { x.select(0, -3); }, "select: index -3 is outside axis 0 of shape [2, 3]"},
      {[&] { x.expand({3}); }, "expand: shape [2, 3] does not broadcast to [3]"},
      {[&] {
         x.expand({3, 3});
       },
       "expand: shape [2, 3] does not broadcast to [3, 3]"},
      {[] {
         Tensor::zeros({1, 3}).expand({-1, 1, 3});
       },
       "expand: shape [1, 3] does not broadcast to [-1, 1, 3]"},
      {[] {
         Tensor::zeros({1, 3}).expand({-2, 3});
       },
       "expand: shape [1, 3] does not broadcast to [-2, 3]"},
      {[&] { x.unsqueeze(3); }, "unsqueeze: axis 3 is out of range for 3 axes"},
      {[&] { Tensor::zeros(full_shape).unsqueeze(0); }, "unsqueeze: more than 8 axes"},
      {[&] { x.squeeze(0); }, "squeeze: axis 0 of shape [2, 3] is not of size 1"},
      {[&] { x.flip(2); }, "flip: axis 2 is out of range for 2 axes"},
      {[&] {
         y.copy_from(Tensor::zeros({3, 2}));
       },
       "shape [3, 2] does not broadcast to [2, 3]"},
      {[] { Tensor::scalar(1).squeeze(0); }, "squeeze: axis 0 is out of range for 0 axes"},
  });
}

}  // namespace
}  // namespace gradian
