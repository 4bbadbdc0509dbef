// How an error gets the name of the function that the user called.
#include "tensor/error.h"

#include <doctest/doctest.h>

#include "tensor/runtime/thread_pool.h"

namespace gradian {
namespace {

void inner(int64_t size) {
  const Calling calling("inner");
  check(size >= 0, "the size must not be negative, got ", size);
}

void outer(int64_t size) {
  const Calling calling("outer");
  inner(size);
}

void spread_over_threads() {
  const Calling calling("spread_over_threads");
  runtime::parallel_for(64, [](int64_t block) { inner(-block - 1); });
}

TEST_CASE("an error names the function that was called, not one that it is made of") {
  CHECK_THROWS_WITH_AS(inner(-1), "inner: the size must not be negative, got -1", Error);
  CHECK_THROWS_WITH_AS(outer(-2), "outer: the size must not be negative, got -2", Error);
}

TEST_CASE("a name ends with its function, also when that fails") {
  CHECK_THROWS_AS(outer(-1), Error);
  CHECK(Calling::current() == nullptr);
  CHECK_THROWS_WITH_AS(fail("no function is called"), "no function is called", Error);
}

TEST_CASE("the threads of the pool name the function that waits for them") {
  for (int round = 0; round < 20; ++round)
    CHECK_THROWS_WITH_AS(spread_over_threads(),
                         doctest::Contains("spread_over_threads: the size must not be negative"),
                         Error);
}

}  // namespace
}  // namespace gradian
