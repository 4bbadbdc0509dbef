// Views of a Tensor: which share storage and which copy, what their elements are, scalars, tensors
// without elements, and the version counter.
#include <doctest/doctest.h>

#include <functional>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::counting;
using reference::for_each_index;
using reference::identical;
using reference::share_storage;

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
    c.view.fill(-1);  // which an expanded view takes too
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

TEST_CASE("steps and bounds of slices may be any numbers") {
  constexpr int64_t huge = int64_t{1} << 62;
  const Tensor x = counting({3, 4});
  CHECK(x.slice(1, 1, 4, huge).to_vector<double>() == std::vector<double>{1, 5, 9});
  CHECK(x.slice(1, 1, 4, INT64_MAX).slice(1, 0, 1, INT64_MAX).clone().shape() == Shape{3, 1});
  CHECK(x.slice(0, 1, 1, INT64_MAX).shape() == Shape{0, 4});
  CHECK(x.slice(1, 0, 4, 3).slice(1, 0, 2, huge).slice(1, 0, 1, huge).to_vector<double>() ==
        std::vector<double>{0, 4, 8});
  CHECK(x.slice(1, 3, kEnd).to_vector<double>() == std::vector<double>{3, 7, 11});
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
