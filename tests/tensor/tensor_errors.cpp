// The texts of errors: undefined tensors, shapes of too many elements, bad arguments.
#include <doctest/doctest.h>

#include <functional>

#include "autograd/ops.h"
#include "nn/init.h"
#include "tensor/conv/conv2d.h"
#include "tensor/kernels.h"

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

TEST_CASE("an undefined tensor says so") {
  Tensor x;
  CHECK_FALSE(x.defined());
  CHECK(Tensor::zeros({0}).defined());
  CHECK(x.stamp() == Tensor().stamp());
  Tensor y = Tensor::zeros({1});
  check_errors({
      {[&] { x.data<float>(); }, "data: the tensor is undefined"},
      {[&] { x.mutable_data<float>(); }, "data: the tensor is undefined"},
      {[&] { x.size(0); }, "size: axis 0 is out of range for 0 axes"},
      {[&] { x.at({}); }, "at: the tensor is undefined"},
      {[&] { x.item(); }, "item: the tensor is undefined"},
      {[&] { x.to_vector<float>(); }, "to_vector: the tensor is undefined"},
      {[&] { x.reshape({1}); }, "reshape: the tensor is undefined"},
      {[&] { x.permute({}); }, "permute: the tensor is undefined"},
      {[&] { x.transpose(0, 1); }, "transpose: the tensor is undefined"},
      {[&] { x.slice(0, 0, 1); }, "slice: the tensor is undefined"},
      {[&] { x.select(0, 0); }, "select: the tensor is undefined"},
      {[&] { x.expand({2}); }, "expand: the tensor is undefined"},
      {[&] { x.unsqueeze(0); }, "unsqueeze: the tensor is undefined"},
      {[&] { x.squeeze(0); }, "squeeze: the tensor is undefined"},
      {[&] { x.flip(0); }, "flip: the tensor is undefined"},
      {[&] { x.contiguous(); }, "contiguous: the tensor is undefined"},
      {[&] { x.clone(); }, "clone: the tensor is undefined"},
      {[&] { x.to(DType::float32); }, "to: the tensor is undefined"},
      {[&] { x.fill(1); }, "fill: the tensor is undefined"},
      {[&] { x.copy_from(y); }, "copy_from: the tensor is undefined"},
      {[&] { y.copy_from(x); }, "copy_from: the tensor is undefined"},
      {[&] {
         Tensor::zeros({2}).expand({3, 2}).copy_from(y);
       },
       "copy_from: the tensor written to repeats its elements along axis 0: clone() it first"},
      {[&] { sum(x); }, "sum: the tensor is undefined"},
      {[&] { argmax(x, 0); }, "argmax: the tensor is undefined"},
      {[&] { log_softmax(x, 0); }, "log_softmax: the tensor is undefined"},
      {[&] { add(x, y); }, "add: the tensor is undefined"},
      {[&] { exp(x); }, "exp: the tensor is undefined"},
      {[&] { full_like(x, 1); }, "full_like: the tensor is undefined"},
      {[&] { mul(y, x); }, "mul: the tensor is undefined"},
      {[&] { matmul(y, x); }, "matmul: the tensor is undefined"},
      {[&] { linear(x, y); }, "linear: the tensor is undefined"},
      {[&] {
         concat({y, x}, 0);
       },
       "concat: the tensor is undefined"},
      {[&] { gather(x, 0, y); }, "gather: the tensor is undefined"},
      {[&] { one_hot(x, 3, DType::float32); }, "one_hot: the tensor is undefined"},
      {[&] { conv2d(x, y); }, "conv2d: the tensor is undefined"},
      {[&] { max_pool2d(x, {.kernel = 1}); }, "max_pool2d: the tensor is undefined"},
  });
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
       "tensor: too many elements in shape [0, 4294967296, 4294967296]"},
      {[&] {
         Tensor::from<float>({}, {0, half, half});
       },
       "from: too many elements in shape [0, "},
      {[&] {
         Tensor::from<float>({}, {half, half});
       },
       "from: too many elements in shape"},
      {[&] { Tensor::arange(int64_t{1} << 61); }, "tensor: too many elements in shape"},
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
      {[&] {
         nn::fan_in({1, half, half});
       },
       "fan_in: too many elements in shape"},
  });
  CHECK(sum(Tensor::zeros({0, large}), {0, 1}).item() == 0);
  CHECK(Tensor::zeros({large, 0}).reshape({0, 1 << 19, large}).clone().numel() == 0);
}

TEST_CASE("bad arguments fail and the text says what came") {
  const Tensor x = Tensor::zeros({2, 3});
  Tensor y = Tensor::zeros({2, 3});
  const Shape full_shape{1, 1, 1, 1, 1, 1, 1, 1};
  check_errors({
      {[] {
         Tensor::zeros({2, -1});
       },
       "tensor: negative size in shape [2, -1]"},
      {[] { Tensor::arange(-1); }, "arange: negative count -1"},
      {[] {
         Tensor::zeros({int64_t{1} << 40, int64_t{1} << 40});
       },
       "tensor: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { Tensor::zeros({int64_t{1} << 62}, DType::float64); },
       "tensor: too many elements in shape [4611686018427387904]"},
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
       "permute: axis 0 appears twice in [0, 0]"},
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
      {[&] { Tensor::zeros(full_shape).unsqueeze(0); }, "shape: more than 8 axes"},
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
