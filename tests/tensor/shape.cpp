// Shapes at the bounds of what they may be. What they refuse stands in the table of misuses.
#include <doctest/doctest.h>

#include "tensor/kernels.h"
#include "tests/helpers.h"

namespace gradian {
namespace {

TEST_CASE("a shape that refuses a place or a ninth axis stays as it was") {
  const Shape ones = Shape::filled(8, 1);
  Shape shape{2, 3}, none, full = ones;
  for (const std::function<void()>& refused : std::vector<std::function<void()>>{
           [&] { shape.erase(2); }, [&] { shape.erase(-1); }, [&] { shape.insert(3, 1); },
           [&] { shape.insert(-1, 1); }, [&] { shape[2] = 1; }, [&] { none.pop_back(); },
           [&] { full.push_back(2); }, [&] { full.insert(0, 2); }})
    CHECK_THROWS_AS(refused(), Error);
  CHECK(shape == Shape{2, 3});
  CHECK(none == Shape{});
  CHECK(full == ones);
}

TEST_CASE("sizes may be as large as 64 bits count, where another one is 0") {
  constexpr int64_t large = int64_t{1} << 40;
  CHECK(sum(Tensor::zeros({0, large}), {0, 1}).item() == 0);
  CHECK(Tensor::zeros({large, 0}).reshape({0, 1 << 19, large}).clone().numel() == 0);
}

TEST_CASE("arange steps by any int64") {
  CHECK(Tensor::arange(-1, INT64_MIN, INT64_MIN).to_vector<int64_t>() == std::vector<int64_t>{-1});
}

TEST_CASE("an undefined tensor is none of the others") {
  CHECK_FALSE(Tensor().defined());
  CHECK(Tensor::zeros({0}).defined());
  CHECK(Tensor().stamp() == Tensor().stamp());
}

}  // namespace
}  // namespace gradian
