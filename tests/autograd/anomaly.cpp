// DetectAnomaly: the op that makes the first NaN or infinity fails by its name, forward and
// backward, and none that was handed it.
#include "autograd/anomaly.h"

#include <cmath>
#include <limits>
#include <thread>

#include "tests/gradients/custom_rule.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("anomaly: the op that makes the first NaN or infinity is named, with its inputs") {
  const Variable x = leaf({-1, 0, 1000}, {3}), one = leaf(1);
  const DetectAnomaly detect_anomaly;
  check_errors({
      {[&] { exp(relu(log(x - 0.5))); },
       "log: the output has NaN at [0], although no input has one; input 0 is float64 [3] "
       "from sub, smallest -1.5, largest 999.5"},
      {[&] { log(relu(x)); },
       "log: the output has -infinity at [0], although no input has one; input 0 is "
       "float64 [3] from relu, smallest 0, largest 1000"},
      {[&] {
         exp(reshape(x, {3, 1}));
       },
       "exp: the output has infinity at [2, 0], although no input has one; input 0 is "
       "float64 [3, 1] from reshape, smallest -1, largest 1000"},
      {[&] { one / x; },
       "div: the output has infinity at [1], although no input has one; input 0 is "
       "float64 "
       "[], smallest 1, largest 1; input 1 is float64 [3], smallest -1, largest 1000"},
      {[&] {
         matmul(leaf({1e200, 1}, {1, 2}), leaf({-1e200, 1}, {2, 1}));
       },
       "matmul: the output has -infinity at [0, 0], although no input has one; input 0 is "
       "float64 [1, 2], smallest 1, largest 1e+200; input 1 is float64 [2, 1], smallest -1e+200, "
       "largest 1"},
  });
  const NoGrad no_grad;  // it does not depend on recording
  CHECK(error_of([&] { log(x); }).starts_with("log: the output has NaN at [0]"));
}

TEST_CASE("anomaly: inside of a composite or a fused op, both names are told") {
  const Variable x = leaf({1, 2, 3, 4}, {1, 2, 2}), rows = leaf({1, 0, 0, 1}, {2, 2});
  const Tensor labels = integers({0, 1});
  const auto head = [&](const MarginFunction& margin) {
    return [&, margin] { margin_cross_entropy(rows, rows, labels, 4, margin); };
  };
  const DetectAnomaly detect_anomaly;
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { var(leaf(1)); }, "var: the output of div has NaN at []"},
      {[&] { rsqrt(x - 1); }, "rsqrt: the output of pow has infinity at [0, 0, 0]"},
      {[&] { normalize(0 * rows, 1, 0.0); }, "normalize: the output of div has NaN at [0, 0]"},
      {[&] { batch_norm(0 * x, {}, {}, {}, {}, 0); },
       "batch_norm: the output has NaN at [0, 0, 0]"},
      {head([](const Variable& c) { return acos(2 * c); }),
       "margin_cross_entropy: the output of acos has NaN at [0]"},
  };
  for (const auto& [call, start] : cases) {
    const std::string error = error_of(call);
    CAPTURE(error);
    CHECK(error.starts_with(start));
  }
}

TEST_CASE("anomaly: who is handed a NaN or an infinity, or selects it away, is not blamed") {
  const Variable bad = leaf({kNaN, kInf, -kInf, 1}, {4}), tiny = leaf({0, 0}, {1, 2});
  const Variable large(Tensor::full({1, 2}, 1e25), true);  // its square is infinite in float32
  const Tensor mask = integers({1, 0, 1, 0}).to(DType::float64);
  const DetectAnomaly detect_anomaly;
  sum(exp(bad) * sigmoid(bad) + 1.0).backward();
  sum(softmax(where(mask, -kInf, leaf({1, 2, 3, 4}, {4})), 0)).backward();
  CHECK(logsumexp(Variable(doubles({-kInf, -kInf})), 0).item() == -kInf);
  for (const Variable& x : {large, Variable(Tensor::full({1, 2}, 1e-25), true)}) {
    sum(normalize(x)).backward();
    sum(norm(x)).backward();
    sum(cosine_similarity(x, x)).backward();
  }
  sum(normalize(tiny)).backward();
  sum(sqrt(tiny) + norm(tiny) + pow(tiny, 2)).backward();
  // Infinities that meet as NaN are another matter: that NaN is new.
  check_errors({{[&] { slice(bad, 0, 1, 2) + slice(bad, 0, 2, 3); },
                 "add: the output has NaN at [0], although no input has one; input 0 is "
                 "float64 [1] from slice, smallest inf, largest inf; input 1 is float64 [1] from "
                 "slice, smallest -inf, largest -inf"}});
}

TEST_CASE("anomaly: in backward, the op whose rule makes it is named, with what it was given") {
  const Variable x = leaf({4, 0}, {2}), image = leaf({1, 2, 3, 4}, {1, 2, 2});
  const DetectAnomaly detect_anomaly;
  check_errors({
      {[&] { sum(2 * pow(x, 0.5)).backward(); },
       "backward of pow: the gradient of input 0 has infinity at [1], although neither an "
       "input nor the gradient that came has one; that gradient is float64 [2], smallest 2, "
       "largest "
       "2; input 0 is float64 [2], smallest 0, largest 4; input 1 is float64 [], smallest 0.5, "
       "largest 0.5"},
      {[&] {
         const Variable y =
             proof::with_rule("test_op", {x}, x.value(),
                              [](const Context& c, auto&) { return Gradients{c.input(0) / 0}; });
         sum(sin(y)).backward();
       },
       "backward of test_op: the gradient of input 0 has NaN at [1], although neither an "
       "input nor the gradient that came has one; that gradient is float64 [2], smallest "
       "-0.653644, "
       "largest 1; input 0 is float64 [2], smallest 0, largest 4"},
  });
  CHECK(!x.grad().defined());  // a backward that failed has changed none

  // Through fused ops: with and without a graph of the gradient.
  const Variable huge(Tensor::full({2, 2}, -3e38), true), slope(Tensor::ones({1}), true);
  const Variable ones(Tensor::ones({2, 2}));
  for (const bool create_graph : {false, true}) {
    const std::string error =
        error_of([&] { grad({prelu(huge, slope)}, {slope}, {ones}, create_graph); });
    CAPTURE(error);
    CHECK(error.starts_with("backward of prelu: the gradient of input 1 has -infinity at [0]"));
  }
  // The gradient that comes has the fault.
  CHECK(std::isnan(grad({2 * x}, {x}, {leaf({kNaN, 1}, {2})})[0].value().at({0})));
}

TEST_CASE("anomaly: at second order, the op in the graph of the gradient is named") {
  const Variable x = leaf({4, 0}, {2});
  const DetectAnomaly detect_anomaly;
  const Variable first = grad({sum(pow(x, 1.5))}, {x}, {}, true)[0];
  check_values(first, {3, 0});
  CHECK(error_of([&] {
          sum(first).backward();
        }).starts_with("backward of pow: the gradient of input 0 has infinity at [1]"));
}

TEST_CASE("anomaly: log(0) that is selected away makes a NaN in backward, and may be let alone") {
  const Variable x = leaf({0, 1}, {2});
  const Tensor positive = x > 0;
  const DetectAnomaly detect_anomaly;
  CHECK(error_of([&] {
          where(positive, log(x), 0);
        }).starts_with("log: the output has -infinity at [0]"));
  const Variable masked = [&] {
    const DetectAnomaly off(false);
    return where(positive, log(x), 0);
  }();
  CHECK(error_of([&] {
          sum(masked).backward();
        }).starts_with("backward of log: the gradient of input 0 has NaN at [0]"));
  sum(where(positive, log(where(positive, x, 1)), 0)).backward();  // the way to write it
  check_values(x.grad(), {0, 1});
}

TEST_CASE("anomaly: an op that no function has called is named, too") {
  check_errors({{[] {
                   check_output("my_op", {leaf(1)}, doubles({1, kNaN}));
                 },
                 "the output of my_op has NaN at [1], although no input has one; input 0 is "
                 "float64 [], smallest 1, largest 1"}});
}

TEST_CASE("anomaly: detection is off by default, ends with its guard, and is the thread's own") {
  const Variable minus_one = leaf(-1);
  CHECK(!DetectAnomaly::enabled());
  CHECK(std::isnan(log(minus_one).item()));
  {
    const DetectAnomaly detect_anomaly;
    CHECK_THROWS_AS(log(minus_one), Error);
    {
      const DetectAnomaly off(false);
      CHECK(std::isnan(log(minus_one).item()));
    }
    CHECK_THROWS_AS(log(minus_one), Error);  // on again, also after an error
    std::thread([&] { CHECK(std::isnan(log(minus_one).item())); }).join();
    // A rule that fails leaves it on.
    const Variable y = proof::with_rule("test_op", {minus_one}, minus_one.value(),
                                        [](auto&, auto&) -> Gradients { fail("any reason"); });
    CHECK_THROWS_AS(y.backward(), Error);
    CHECK(DetectAnomaly::enabled());
  }
  CHECK(!DetectAnomaly::enabled());
}

}  // namespace
}  // namespace gradian::test
