// The pairs of numbers that the options of convolution and pooling are made of.
#include <doctest/doctest.h>

#include "tensor/conv/conv2d.h"
#include "tensor/conv/pooling.h"

namespace gradian {
namespace {

TEST_CASE("a Pair is made of one number for both directions, or of two") {
  const Conv2dOptions one{.stride = 2, .padding = 1, .dilation = 3};
  CHECK(one.stride == Pair{2, 2});
  CHECK(one.padding == Pair{1, 1});
  CHECK(one.dilation == Pair{3, 3});
  const Conv2dOptions two{.stride = {2, 3}, .padding = {0, 1}, .dilation = {1, 4}};
  CHECK(two.stride == Pair{2, 3});
  CHECK(two.padding == Pair{0, 1});
  CHECK(two.dilation == Pair{1, 4});
  const Pool2dOptions pool{.kernel = {2, 3}};
  CHECK(pool.kernel == Pair{2, 3});
  CHECK(pool.stride == Pair{2, 3});  // the kernel's, unless given
  CHECK(Pool2dOptions{.kernel = 3, .stride = 2}.stride == Pair{2, 2});
  static_assert(std::is_convertible_v<int, Pair> && std::is_convertible_v<size_t, Pair>);
  static_assert(!std::is_convertible_v<double, Pair> && !std::is_convertible_v<bool, Pair>);
  static_assert(!std::is_constructible_v<Pair, double, int>);
}

}  // namespace
}  // namespace gradian
