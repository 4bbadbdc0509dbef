// The engine: how gradients add up, and what is recorded. What it refuses is in
// errors.cpp, how long a graph may be and when it goes away in
// memory.cpp.
#include <stdexcept>
#include <thread>

#include "autograd/node.h"
#include "tests/gradients/custom_rule.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using Strings = std::vector<std::string>;
using proof::with_rule;

}  // namespace

TEST_CASE("engine: a variable that is used twice gets the sum of both gradients") {
  const Variable x = leaf(3);
  (x * x).backward();
  check_values(x.grad(), {6});  // 2 x
}

TEST_CASE("engine: both arms of a diamond count") {
  // y = (2 x) (x x) = 2 x^3, dy/dx = 6 x^2 = 54
  const Variable x = leaf(3);
  (2.0 * x * (x * x)).backward();
  check_values(x.grad(), {54});
}

TEST_CASE("engine: a node runs its rule once, with the sum of its consumers' gradients") {
  const Variable x = leaf(3);
  std::vector<double> seen;
  const Variable h =
      with_rule("test_op", {x}, x.value(), [&](const Context&, const Variable& grad) {
        seen.push_back(grad.item());
        return Gradients{grad};
      });
  // A chain of diamonds hangs on h: dy/dh = 2 + 5 for one of them, (2 + 5)^3 for three.
  Variable y = h;
  for (int i = 0; i < 3; ++i) y = 2.0 * y + 5.0 * y;
  y.backward();
  CHECK(seen == std::vector<double>{343});
  check_values(x.grad(), {343});
}

TEST_CASE("engine: backward adds to grad, so two of them give exactly twice") {
  const Variable x = leaf({0.1, 0.7, -1.3}, {3});
  const Variable y = sum(exp(x) * sin(x));
  y.backward(true);
  const Tensor once = x.grad().value();
  y.backward();
  CHECK(identical(x.grad().value(), add(once, once)));
}

TEST_CASE("engine: gradients of two graphs add up in one leaf") {
  const Variable x = leaf(2);
  (3.0 * x).backward();
  (x * x).backward();
  check_values(x.grad(), {3 + 4});
  Variable handle = x;
  handle.zero_grad();
  CHECK(!x.grad().defined());
}

TEST_CASE("engine: backward of a leaf is 1") {
  const Variable x = leaf(5);
  x.backward();
  check_values(x.grad(), {1});
}

TEST_CASE("engine: grad() answers for leaves and for what was computed on the way") {
  // h = x^2, y = h x: dy/dh = x = 3 with x held, dy/dx = 3 x^2 = 27 through both
  const Variable x = leaf(3);
  const Variable h = x * x;
  const Variable y = h * x;
  const auto gradients = grad({y}, {h, x, y});
  check_values(gradients[0], {3});
  check_values(gradients[1], {27});
  check_values(gradients[2], {1});
  CHECK(!x.grad().defined());  // nothing is accumulated
}

TEST_CASE("engine: grad() of an input that the outputs do not depend on is undefined") {
  const Variable x = leaf(3), other = leaf(4);
  const Variable later = x * other;  // depends on x, but y does not depend on it
  const auto gradients = grad({x * x}, {other, x, later});
  CHECK(!gradients[0].defined());
  check_values(gradients[1], {6});
  CHECK(!gradients[2].defined());
}

TEST_CASE("engine: grad() sums over outputs, each weighted by its grad_output") {
  // sum(v1 x^2) + sum(v2 5 x): 2 v1 x + 5 v2 = {2 1 3 + 5 10, 2 2 4 + 5 20} = {56, 116}
  const Variable x = leaf({3, 4}, {2});
  const auto gradients = grad({x * x, 5.0 * x}, {x}, {leaf({1, 2}, {2}), leaf({10, 20}, {2})});
  check_values(gradients[0], {56, 116});
}

TEST_CASE(
    "engine: a number takes the dtype of the variable, or is refused where it would be cut off") {
  const Variable counts(integers({4, 7}));
  CHECK((counts * 2).dtype() == DType::int64);
  check_values(3 - counts, {-1, -4});
  const std::string text =
      ": an int64 array meets the number 0.5: convert it to float32 or float64 first";
  check_errors({{[&] { counts * 0.5; }, "mul" + text},
                {[&] { 0.5 / counts; }, "div" + text},
                {[&] { counts - 0.5; }, "sub" + text}});
}

TEST_CASE("engine: with create_graph gradients can be differentiated again and again") {
  // x^4 at 2: 4 x^3 = 32, 12 x^2 = 48, 24 x = 48, 24, 0
  const std::vector<double> expected = {32, 48, 48, 24};
  struct Quartic {
    const char* label;
    Variable (*f)(const Variable&);
  };
  const std::vector<Quartic> quartics = {
      {"products", [](const Variable& x) { return x * x * x * x; }},
      {"square of a square", [](const Variable& x) { return (x * x) * (x * x); }},
      {"pow", [](const Variable& x) { return pow(x, 4); }}};
  for (const Quartic& quartic : quartics) {
    CAPTURE(quartic.label);
    const Variable x = leaf(2);
    Variable y = quartic.f(x);
    for (const double value : expected) {
      y = grad({y}, {x}, {}, true)[0];
      check_values(y, {value});
    }
  }
}

TEST_CASE("engine: without create_graph gradients are constants") {
  const Variable x = leaf(2);
  CHECK(!grad({x * x}, {x})[0].requires_grad());
  (x * x).backward();
  CHECK(!x.grad().requires_grad());
}

TEST_CASE("engine: a gradient penalty reaches the leaf through backward") {
  // y = x^3, penalty (dy/dx)^2 = 9 x^4, its derivative 36 x^3 = 288 at 2
  const Variable x = leaf(2);
  const Variable slope = grad({x * x * x}, {x}, {}, true)[0];
  (slope * slope).backward();
  check_values(x.grad(), {288});
}

TEST_CASE("engine: under NoGrad nothing is recorded, and recording comes back") {
  const Variable x = leaf(2);
  {
    const NoGrad no_grad;
    CHECK(!(x * x).requires_grad());
    {
      const GradMode on(true);
      CHECK((x * x).requires_grad());
    }
    CHECK(!grad_enabled());
    std::thread([] { CHECK(grad_enabled()); }).join();  // the mode is the thread's own
  }
  CHECK((x * x).requires_grad());
  CHECK_THROWS([] {
    const NoGrad no_grad;
    throw std::runtime_error("any");
  }());
  CHECK(grad_enabled());
}

TEST_CASE("engine: detach cuts the graph and shares the value") {
  const Variable x = leaf(3);
  const Variable fixed = x.detach();
  (x * fixed).backward();
  check_values(x.grad(), {3});  // 6 without the cut
  CHECK(fixed.value().stamp() == x.value().stamp());
  CHECK(!fixed.requires_grad());
}

TEST_CASE("engine: constants record nothing and get no gradient") {
  const Variable x = leaf(3), constant(doubles({2}, {}));
  const int64_t before = live_nodes();
  const Variable none = constant * constant;
  CHECK(live_nodes() == before);
  (x * constant).backward();
  CHECK(!constant.grad().defined());
  CHECK(!none.requires_grad());
}

TEST_CASE("engine: an undefined gradient of a rule means zero") {
  const Variable x = leaf(3);
  const Variable cut = with_rule("test_op", {x}, x.value(),
                                 [](const Context&, const Variable&) { return Gradients(1); });
  CHECK(!grad({cut}, {x}, {}, false, true)[0].defined());
  check_values(grad({cut + 5.0 * x}, {x})[0], {5});
}

TEST_CASE("engine: a rule is told which gradients are asked for") {
  const Variable x = leaf(1), w = leaf(2), constant(doubles({3}, {}));
  std::vector<bool> needs;
  const auto y = [&] {
    return with_rule("test_op", {x, constant, w}, doubles({0}, {}),
                     [&](const Context& context, const Variable& g) {
                       needs = {context.needs(0), context.needs(1), context.needs(2)};
                       return Gradients{g, {}, g};
                     });
  };
  y().backward();
  CHECK(needs == std::vector<bool>{true, false, true});
  grad({y()}, {w});
  CHECK(needs == std::vector<bool>{false, false, true});
}

TEST_CASE("engine: rules of nodes that lead to no target do not run") {
  const Variable x = leaf(1), w = leaf(2);
  int runs = 0;
  const auto side = [&] {
    return with_rule("test_op", {x}, x.value(), [&](const Context&, const Variable& g) {
      ++runs;
      return Gradients{g};
    });
  };
  grad({side() * w}, {w});
  grad({w * w, side()}, {w});  // an output of its own, which does not depend on w
  const Variable target = side();
  grad({target * target}, {target});  // the walk ends here
  CHECK(runs == 0);
}

TEST_CASE("engine: gradients are summed over the axes that were broadcast") {
  // The cotangent is G = {{1, 2, 3}, {4, 5, 6}}; an addend's gradient is G summed to its shape.
  const Variable cotangent(doubles({1, 2, 3, 4, 5, 6}, {2, 3}));
  const Variable x(Tensor::zeros({2, 3}, DType::float64), true);
  struct Case {
    Shape shape;
    std::vector<double> gradient;
  };
  const std::vector<Case> cases = {{{2, 3}, {1, 2, 3, 4, 5, 6}},
                                   {{3}, {5, 7, 9}},
                                   {{1, 3}, {5, 7, 9}},
                                   {{2, 1}, {6, 15}},
                                   {{1, 1}, {21}},
                                   {{1}, {21}},
                                   {{}, {21}}};
  for (const auto& [shape, gradient] : cases) {
    const Variable b(Tensor::ones(shape, DType::float64), true);
    const auto gradients = grad({x + b}, {x, b}, {cotangent});
    CHECK(gradients[1].shape() == shape);
    check_values(gradients[1], gradient);
    check_values(gradients[0], {1, 2, 3, 4, 5, 6});
  }
  // Both operands broadcast: a [2, 1], b [3], y = a b; da = sum_j G b_j, db = sum_i G a_i.
  const Variable a = leaf({10, 20}, {2, 1}), b = leaf({1, 0, -1}, {3});
  const auto gradients = grad({a * b}, {a, b}, {cotangent});
  check_values(gradients[0], {1 - 3, 4 - 6});
  check_values(gradients[1], {10 + 80, 20 + 100, 30 + 120});
}

TEST_CASE("engine: the graph lists the ops that it is made of") {
  const Variable x = leaf(1);
  CHECK(recorded_ops(exp(x) * x + exp(x)) == Strings{"add", "exp", "mul"});
  CHECK(recorded_ops(x).empty());
}

}  // namespace gradian::test
