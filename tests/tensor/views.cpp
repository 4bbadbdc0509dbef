// Tensor's handles: which calls share storage and which copy, what their elements are, scalars,
// tensors without elements, writes and the version counter, the texts of errors.
#include <doctest/doctest.h>

#include <functional>

#include "autograd/ops.h"
#include "nn/init.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::for_each_index;
using reference::identical;

bool share_storage(const Tensor& a, const Tensor& b) {
  return a.stamp().storage == b.stamp().storage;
}

// 0, 1, ... in row-major order.
Tensor counting(const Shape& shape, DType dtype = DType::float32) {
  return Tensor::arange(numel(shape), dtype).reshape(shape);
}

struct ErrorCase {
  std::function<void()> call;
  const char* text;
};

void check_errors(const std::vector<ErrorCase>& cases) {
  for (const auto& [call, text] : cases)
    CHECK_THROWS_WITH_AS(call(), doctest::Contains(text), Error);
}

// A view of x = counting({2, 3, 4}): its element at index i is number first + i . steps of x.
struct ViewCase {
  const char* name;
  Tensor view;
  Shape shape;
  int64_t first;
  Shape steps;
};

std::vector<ViewCase> views_of(const Tensor& x) {
  return {
      {"reshape", x.reshape({6, -1}), {6, 4}, 0, {4, 1}},
      {"permute", x.permute({2, 0, 1}), {4, 2, 3}, 0, {1, 12, 4}},
      {"permute, negative axes", x.permute({-1, 0, -2}), {4, 2, 3}, 0, {1, 12, 4}},
      {"transpose", x.transpose(0, -1), {4, 3, 2}, 0, {1, 4, 12}},
      {"slice", x.slice(1, 1, 3), {2, 2, 4}, 4, {12, 4, 1}},
      {"slice, step that ends early", x.slice(2, 0, 4, 3), {2, 3, 2}, 0, {12, 4, 3}},
      {"slice, counted from the end", x.slice(-1, -3, -1), {2, 3, 2}, 1, {12, 4, 1}},
      {"slice, to the end", x.slice(1, 1), {2, 2, 4}, 4, {12, 4, 1}},
      {"select", x.select(1, 2), {2, 4}, 8, {12, 1}},
      {"select, counted from the end", x.select(1, -1), {2, 4}, 8, {12, 1}},
      {"unsqueeze", x.unsqueeze(1), {2, 1, 3, 4}, 0, {12, 0, 4, 1}},
      {"unsqueeze, last", x.unsqueeze(-1), {2, 3, 4, 1}, 0, {12, 4, 1, 0}},
      {"squeeze", x.slice(0, 1, 2).squeeze(0), {3, 4}, 12, {4, 1}},
      {"squeeze, all axes", x.slice(0, 1, 2).squeeze(), {3, 4}, 12, {4, 1}},
      {"expand, -1 keeps a size",
       x.unsqueeze(0).expand({5, -1, 3, -1}),
       {5, 2, 3, 4},
       0,
       {0, 12, 4, 1}},
      {"flip", x.flip(-1), {2, 3, 4}, 3, {12, 4, -1}},
      {"flip of two axes", x.flip({0, 2}), {2, 3, 4}, 15, {-12, 4, -1}},
      {"flip twice", x.flip(0).flip(0), {2, 3, 4}, 0, {12, 4, 1}},
      {"flip, slice, transpose",
       x.flip(1).slice(1, 0, 3, 2).transpose(0, 1),
       {2, 2, 4},
       8,
       {-8, 12, 1}},
      {"transpose, reshape",
       x.transpose(0, 2).reshape({2, 2, 3, 2}),
       {2, 2, 3, 2},
       0,
       {2, 1, 4, 12}},
  };
}

int64_t number(const ViewCase& c, const Shape& index) {
  int64_t result = c.first;
  for (int axis = 0; axis < index.size(); ++axis) result += index[axis] * c.steps[axis];
  return result;
}

TEST_CASE("views share storage and show the elements of their tensor at the documented places") {
  const Tensor x = counting({2, 3, 4});
  for (const ViewCase& c : views_of(x)) {
    INFO(text(c.name));
    CHECK(share_storage(c.view, x));
    Array want(c.shape);
    for_each_index(c.shape, [&](const Shape& i) { want[i] = static_cast<double>(number(c, i)); });
    CHECK(identical(c.view, want));
  }
}

TEST_CASE("a write through a view changes those elements of the tensor and no others") {
  for (size_t i = 0; i < views_of(counting({2, 3, 4})).size(); ++i) {
    const Tensor x = counting({2, 3, 4});
    ViewCase c = views_of(x)[i];
    INFO(text(c.name));
    std::vector<double> want = x.to_vector<double>();
    for_each_index(
        c.shape, [&](const Shape& index) { want.at(static_cast<size_t>(number(c, index))) = -1; });
    c.view.copy_from(Tensor::full(c.shape, -1));
    CHECK(x.to_vector<double>() == want);
  }
}

TEST_CASE("expand repeats elements without copying them") {
  const Tensor x = counting({3, 1});
  const Tensor wide = x.expand({2, 3, 4});
  CHECK(share_storage(wide, x));
  CHECK(wide.strides() == Shape{0, 1, 0});
  Array want(wide.shape());
  for_each_index(want.shape, [&](const Shape& i) { want[i] = x.at({i[1], 0}); });
  CHECK(identical(wide, want));
}

TEST_CASE("reshape shares storage when strides can express the shape and copies when not") {
  struct Case {
    const char* name;
    Tensor x;
    Shape shape;
    bool shares;
  };
  const Tensor x = counting({4, 6});
  const std::vector<Case> cases{
      {"contiguous", x, {2, 12}, true},
      {"split both axes of a transposed matrix", x.transpose(0, 1), {2, 3, 2, 2}, true},
      {"join the axes of a transposed matrix", x.transpose(0, 1), {24}, false},
      {"join across the cut of a slice", x.slice(1, 0, 4), {16}, false},
      {"split a sliced axis", x.slice(1, 0, 4), {4, 2, 2}, true},
      {"split a stepped axis", x.slice(1, 0, 6, 3), {2, 2, 2, 1}, true},
      {"join rows of a column slice of full width", x.slice(0, 1, 3), {12}, true},
      {"split a flipped axis", x.flip(1), {4, 3, 2}, true},
      {"join flipped axes", x.flip(0).flip(1), {24}, true},
      {"join one flipped axis", x.flip(1), {24}, false},
      {"split an expanded axis", counting({1, 6}).expand({4, 6}), {2, 2, 6}, true},
      {"join an expanded axis", counting({1, 6}).expand({4, 6}), {24}, false},
      {"a single element far away", x.slice(0, 3, 4).slice(1, 5, 6), {1, 1, 1}, true},
      {"to no axes", x.slice(0, 3, 4).slice(1, 5, 6), {}, true},
      {"no elements", x.transpose(0, 1).slice(0, 2, 2), {3, 0, 7}, true},
  };
  for (const Case& c : cases) {
    INFO(text(c.name));
    const Tensor y = c.x.reshape(c.shape);
    REQUIRE(y.shape() == c.shape);
    CHECK(share_storage(y, c.x) == c.shares);
    CHECK(Array(y).values == Array(c.x).values);
  }
}

TEST_CASE("contiguous is the tensor itself when it can be and otherwise a row-major copy") {
  for (const reference::Layout& layout : reference::layouts()) {
    INFO(text(layout.name));
    for (const Shape& shape : {Shape{3, 4}, Shape{2, 3, 4}, Shape{5}, Shape{1, 1}, Shape{0, 3}}) {
      const Tensor x = layout.make(counting(shape));
      const Tensor y = x.contiguous();
      CHECK(y.is_contiguous());
      CHECK(share_storage(x, y) == x.is_contiguous());
      CHECK(identical(y, Array(x)));
      const float* const data = y.data<float>();
      CHECK(std::vector<double>(data, data + y.numel()) == Array(x).values);
    }
  }
  CHECK_FALSE(counting({2, 3}).transpose(0, 1).is_contiguous());
  CHECK_FALSE(counting({6}).flip(0).is_contiguous());
  CHECK(counting({6, 2}).slice(0, 2, 3).is_contiguous());
}

TEST_CASE("clone copies every layout") {
  for (const reference::Layout& layout : reference::layouts()) {
    INFO(text(layout.name));
    for (const DType dtype : {DType::float32, DType::float64, DType::int64}) {
      const Tensor x = layout.make(counting({3, 4, 5}, dtype));
      const Array before(x);
      Tensor y = x.clone();
      CHECK_FALSE(share_storage(x, y));
      CHECK(y.dtype() == dtype);
      CHECK(y.is_contiguous());
      CHECK(identical(y, before));
      y.fill(-1);
      CHECK(identical(x, before));
    }
  }
}

TEST_CASE("to converts as C++ does, and returns the tensor itself if there is nothing to convert") {
  const Tensor x = Tensor::from<double>({2.75, -2.75, 1e-50, 3e9, 0.1}, {5});
  CHECK(share_storage(x.to(DType::float64), x));
  CHECK(x.to(DType::int64).to_vector<int64_t>() == std::vector<int64_t>{2, -2, 0, 3000000000, 0});
  CHECK(x.to(DType::float32).to_vector<float>() ==
        std::vector<float>{2.75f, -2.75f, 0.0f, 3e9f, 0.1f});
  const Tensor big = Tensor::from<int64_t>({(int64_t{1} << 24) + 1, -7}, {2});
  CHECK(big.to(DType::float64).to_vector<double>() == std::vector<double>{16777217, -7});
  CHECK(big.to(DType::float32).to_vector<float>() == std::vector<float>{16777216, -7});
  CHECK(x.flip(0).slice(0, 0, 5, 2).to(DType::int64).to_vector<int64_t>() ==
        std::vector<int64_t>{0, 0, 2});
}

TEST_CASE("makers fill tensors of every dtype") {
  for (const DType dtype : {DType::float32, DType::float64, DType::int64}) {
    CHECK(Tensor::zeros({2, 2}, dtype).to_vector<double>() == std::vector<double>{0, 0, 0, 0});
    CHECK(Tensor::ones({3}, dtype).to_vector<double>() == std::vector<double>{1, 1, 1});
    CHECK(Tensor::full({2}, -3, dtype).to_vector<double>() == std::vector<double>{-3, -3});
    CHECK(Tensor::arange(4, dtype).to_vector<double>() == std::vector<double>{0, 1, 2, 3});
    CHECK(Tensor::scalar(5, dtype).dtype() == dtype);
  }
  CHECK(Tensor::from<int64_t>({1, 2, 3, 4}, {2, 2}).at({1, 0}) == 3);
  CHECK(Tensor::arange(3).dtype() == DType::int64);
  CHECK(Tensor::zeros({1}).dtype() == DType::float32);
}

TEST_CASE("copy_from broadcasts and converts its source into a strided view") {
  for (const DType to : {DType::float32, DType::float64, DType::int64})
    for (const DType from : {DType::float32, DType::float64, DType::int64}) {
      INFO(text(from, " into ", to));
      Tensor x = Tensor::full({4, 6}, -1, to);
      Tensor view = x.slice(1, 1, 6, 2).transpose(0, 1);  // x[j][1 + 2 i]
      view.copy_from(Tensor::from<int64_t>({10, 20, 30}, {3, 1}).to(from));
      Array want(x.shape());
      for_each_index(want.shape, [&](const Shape& i) {
        want[i] = i[1] % 2 == 1 ? 10.0 * static_cast<double>(i[1] / 2 + 1) : -1;
      });
      CHECK(identical(x, want));
    }
}

TEST_CASE("copy_from of an overlapping view acts as if the source were copied first") {
  Tensor x = counting({5});
  x.copy_from(x.flip(0));
  CHECK(x.to_vector<double>() == std::vector<double>{4, 3, 2, 1, 0});
  x = counting({5});
  x.slice(0, 1, 5).copy_from(x.slice(0, 0, 4));
  CHECK(x.to_vector<double>() == std::vector<double>{0, 0, 1, 2, 3});
  x = counting({2, 2});
  x.copy_from(x.transpose(0, 1));
  CHECK(x.to_vector<double>() == std::vector<double>{0, 2, 1, 3});
}

TEST_CASE("copies and fills keep to their view around the size of a parallel block") {
  for (const int64_t size : {16383, 16384, 16385, 100003}) {
    INFO(text(size, " elements"));
    const Tensor x = Tensor::zeros({size + 2}, DType::int64);
    Tensor middle = x.slice(0, 1, size + 1);
    middle.copy_from(Tensor::arange(size).flip(0));
    std::vector<int64_t> expected{0};
    for (int64_t i = size; i-- > 0;) expected.push_back(i);
    expected.push_back(0);
    CHECK(x.to_vector<int64_t>() == expected);
    middle.fill(0);
    CHECK(x.to_vector<int64_t>() == std::vector<int64_t>(expected.size(), 0));
  }
}

TEST_CASE("a scalar has no axes and one element") {
  const Tensor x = Tensor::scalar(2.5);
  CHECK(x.dim() == 0);
  CHECK(x.numel() == 1);
  CHECK(x.shape() == Shape{});
  CHECK(x.is_contiguous());
  CHECK(x.item() == 2.5);
  CHECK(x.at({}) == 2.5);
  CHECK(x.permute({}).item() == 2.5);
  CHECK(x.reshape({1, 1}).shape() == Shape{1, 1});
  CHECK(x.reshape({-1}).shape() == Shape{1});
  CHECK(x.unsqueeze(0).shape() == Shape{1});
  CHECK(x.unsqueeze(-1).squeeze(0).shape() == Shape{});
  CHECK(x.expand({2, 2}).to_vector<double>() == std::vector<double>{2.5, 2.5, 2.5, 2.5});
  CHECK(x.clone().item() == 2.5);
  CHECK(x.to(DType::int64).item() == 2);
  CHECK(counting({2, 3}).select(0, 1).select(0, 2).item() == 5);
  CHECK(counting({2, 3}).slice(0, 1, 2).slice(1, 1, 2).item() == 4);
}

TEST_CASE("a tensor without elements goes through every view and copy") {
  const Tensor x = Tensor::zeros({3, 0, 2});
  CHECK(x.numel() == 0);
  CHECK(x.is_contiguous());
  CHECK(x.to_vector<float>().empty());
  CHECK(x.reshape({0}).shape() == Shape{0});
  CHECK(x.reshape({-1, 2}).shape() == Shape{0, 2});
  CHECK(x.permute({1, 2, 0}).contiguous().shape() == Shape{0, 2, 3});
  CHECK(x.transpose(0, 1).clone().shape() == Shape{0, 3, 2});
  CHECK(x.flip(1).clone().shape() == Shape{3, 0, 2});
  CHECK(x.slice(1, 0, 0).shape() == Shape{3, 0, 2});
  CHECK(x.select(0, 2).shape() == Shape{0, 2});
  CHECK(x.unsqueeze(0).squeeze(0).shape() == Shape{3, 0, 2});
  CHECK(x.expand({5, 3, 0, 2}).clone().shape() == Shape{5, 3, 0, 2});
  CHECK(Tensor::zeros({3, 1, 2}).expand({3, 0, 2}).shape() == Shape{3, 0, 2});
  CHECK(x.to(DType::int64).dtype() == DType::int64);
  CHECK(counting({4}).slice(0, 4, 4).clone().shape() == Shape{0});
  CHECK(counting({4}).slice(0, 2, 2, 5).shape() == Shape{0});
  Tensor y = x.clone();
  y.fill(1);
  y.copy_from(Tensor::scalar(3));
  CHECK(Tensor::arange(0).shape() == Shape{0});
  CHECK(Tensor::from<float>({}, {0, 4}).shape() == Shape{0, 4});
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
      {[&] { sum(x); }, "sum: the tensor is undefined"},
      {[&] { argmax(x, 0); }, "argmax: the tensor is undefined"},
      {[&] { log_softmax(x, 0); }, "log_softmax: the tensor is undefined"},
      {[&] { add(x, y); }, "add: the tensor is undefined"},
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

TEST_CASE("steps and bounds of slices may be any numbers") {
  constexpr int64_t huge = int64_t{1} << 62;
  const Tensor x = counting({3, 4});
  CHECK(x.slice(1, 1, 4, huge).to_vector<double>() == std::vector<double>{1, 5, 9});
  CHECK(x.slice(1, 1, 4, INT64_MAX).slice(1, 0, 1, INT64_MAX).clone().shape() == Shape{3, 1});
  CHECK(x.slice(0, 1, 1, INT64_MAX).shape() == Shape{0, 4});
  CHECK(x.slice(1, 0, 4, 3).slice(1, 0, 2, huge).slice(1, 0, 1, huge).to_vector<double>() ==
        std::vector<double>{0, 4, 8});
  check_errors({{[&] { x.slice(0, INT64_MIN, 1); }, "slice: range"},
                {[&] { x.slice(0, 0, INT64_MAX - 1); }, "slice: range"},
                {[&] { x.slice(0, 4, kEnd); }, "slice: range 4 to 3 is outside axis 0"}});
  CHECK(x.slice(1, 3, kEnd).to_vector<double>() == std::vector<double>{3, 7, 11});
}

TEST_CASE("from takes integers of every type as int64, exactly") {
  const std::vector<int64_t> want{0, 1, 2};
  const auto check_from = [&](const auto& values) {
    const Tensor x = Tensor::from(values, {3});
    CHECK(x.dtype() == DType::int64);
    CHECK(x.to_vector<int64_t>() == want);
  };
  check_from(std::vector<int>{0, 1, 2});
  check_from(std::vector<unsigned>{0, 1, 2});
  check_from(std::vector<size_t>{0, 1, 2});
  check_from(std::vector<long long>{0, 1, 2});
  check_from(std::vector<int8_t>{0, 1, 2});
  check_from(std::vector<uint16_t>{0, 1, 2});
  check_from(std::vector<int64_t>{0, 1, 2});
  CHECK(Tensor::from({0, 1, 2}, {3}).to_vector<int64_t>() == want);
  CHECK(Tensor::from({0.5, 1.5}, {2}).dtype() == DType::float64);
  CHECK(Tensor::from({0.5f, 1.5f}, {2}).dtype() == DType::float32);
  CHECK(Tensor::from(std::vector<bool>{true, false}, {2}).to_vector<int64_t>() ==
        std::vector<int64_t>{1, 0});
  CHECK(Tensor::from({INT32_MIN, INT32_MAX}, {2}).to_vector<int64_t>() ==
        std::vector<int64_t>{INT32_MIN, INT32_MAX});
  CHECK_THROWS_WITH_AS(Tensor::from({uint64_t{1} << 63}, {1}),
                       "from: int64 cannot hold 9223372036854775808", Error);
}

TEST_CASE("an int64 tensor refuses numbers that it cannot hold, in one place as in all") {
  const double nan = std::nan("");
  const auto floats = [](double value) { return Tensor::from({1.0, value}, {2}); };
  Tensor whole = Tensor::zeros({2}, DType::int64);
  for (const auto& [value, name] : {std::pair{nan, "nan"},
                                    {1e300, "1e+300"},
                                    {-HUGE_VAL, "-inf"},
                                    {0x1p63, "9.22337e+18"},
                                    {-0x1.8p63, "-1.38351e+19"}}) {
    const std::string expected = text("int64 cannot hold ", name);
    const auto fails = [&](const char* op, const auto& call) {
      CHECK_THROWS_WITH_AS(call(), text(op, ": ", expected).c_str(), Error);
    };
    fails("full", [&, v = value] { Tensor::full({2}, v, DType::int64); });
    fails("full", [&, v = value] { Tensor::scalar(v, DType::int64); });
    fails("fill", [&, v = value] { whole.fill(v); });
    fails("to", [&, v = value] { floats(v).to(DType::int64); });
    fails("to", [&, v = value] { floats(v).to_vector<int64_t>(); });
    fails("copy_from", [&, v = value] { whole.copy_from(floats(v)); });
  }
  CHECK_THROWS_WITH_AS(Tensor::from({1e30f}, {1}).to(DType::int64), "to: int64 cannot hold 1e+30",
                       Error);
  check_errors({{[] { Tensor::full({2}, 0.5, DType::int64); }, "full: int64 cannot hold 0.5"},
                {[] { Tensor::scalar(-1.5, DType::int64); }, "full: int64 cannot hold -1.5"},
                {[&] { whole.fill(1e-300); }, "fill: int64 cannot hold 1e-300"}});
  CHECK(Tensor::scalar(-0x1p63, DType::int64).to_vector<int64_t>()[0] == INT64_MIN);
  CHECK(floats(0x1.fffffffffffffp62).to(DType::int64).to_vector<int64_t>()[1] == INT64_MAX - 1023);
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

TEST_CASE("the version counts writes, through any view, and nothing else") {
  Tensor x = counting({2, 3});
  Tensor view = x.transpose(0, 1).slice(0, 1, 2);
  const auto changes = [&](const std::function<void()>& action) {
    const Tensor::Stamp before = x.stamp();
    action();
    return !(x.stamp() == before);
  };
  CHECK(view.stamp() == x.stamp());
  CHECK(changes([&] { x.fill(1); }));
  CHECK(changes([&] { x.copy_from(Tensor::scalar(1)); }));
  CHECK(changes([&] { x.mutable_data<float>(); }));
  CHECK(changes([&] { view.fill(2); }));
  CHECK(view.stamp() == x.stamp());

  CHECK_FALSE(changes([&] { x.data<float>(); }));
  CHECK_FALSE(changes([&] { x.at({1, 1}); }));
  CHECK_FALSE(changes([&] { x.to_vector<double>(); }));
  CHECK_FALSE(changes([&] { x.clone().fill(7); }));
  CHECK_FALSE(changes([&] { x.contiguous(), x.reshape({6}), x.to(DType::float32), x.flip(0); }));
  CHECK_FALSE(changes([&] { add(x, x), sum(x), matmul(x, x.transpose(0, 1)); }));
  CHECK_FALSE(changes([&] { CHECK_THROWS_AS(x.mutable_data<double>(), Error); }));
  CHECK_FALSE(x.clone().stamp() == x.stamp());
}

}  // namespace
}  // namespace gradian
