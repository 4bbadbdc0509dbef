// A backward that fails, by a rule that returns the wrong thing or by an array that was written to,
// changes no gradient and leaves recording on. What the engine refuses is in tests/misuse.
#include "tests/gradients/custom_rule.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("engine: a backward that failed has changed no gradient and left recording on") {
  const Variable x = leaf({1, 2}, {2}), w = leaf({3, 4}, {2});
  const Variable y = sum(proof::with_rule("test_op", {x, w}, doubles({5, 6}),
                                          [](const Context&, const Variable& grad) {
                                            return Gradients{grad, sum(grad)};
                                          }));
  check_errors({{[&] { (y + sum(x * w)).backward(); },
                 "test_op: the gradient of input 1 has shape [], the input has [2]"}});
  CHECK(!x.grad().defined());
  CHECK(!w.grad().defined());
  CHECK(grad_enabled());
}

TEST_CASE("engine: a backward inside of another function tells that function once") {
  const auto fails = [](auto&, auto&) -> Gradients { fail("any reason"); };
  const Variable y = proof::with_rule("test_op", {leaf(1)}, doubles({5}), fails);
  const Calling calling("outer");
  check_errors({{[&] { y.backward(); }, "backward of test_op: outer: any reason"}});
}

TEST_CASE("engine: an array that was written to before it was recorded is nobody's business") {
  const Variable x = leaf({1, 2}, {2});
  Tensor value = x.value();
  value.fill(7);
  const Variable y = sum(x * x);
  y.backward();
  check_values(x.grad(), {14, 14});
}

}  // namespace gradian::test
