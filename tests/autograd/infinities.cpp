// Infinities, NaN and numbers at the ends of the range, in values and gradients: what does not
// depend on one stays untouched by it, and no square or sum overflows on the way.
#include <cmath>
#include <limits>

#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using Values = std::vector<double>;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kHuge = 3e38;  // its square overflows in float32, twice it as well
const int64_t kLowest = std::numeric_limits<int64_t>::min();

// Equal up to rounding, NaN to NaN.
void check_same(const char* what, DType dtype, const Tensor& actual, const Values& expected) {
  const Values values = actual.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    CAPTURE(what);
    CAPTURE(dtype);
    CAPTURE(i);
    CAPTURE(values[i]);
    CAPTURE(expected[i]);
    if (std::isnan(expected[i]))
      CHECK(std::isnan(values[i]));
    else if (std::isinf(expected[i]) || expected[i] == 0)
      CHECK(values[i] == expected[i]);
    else
      CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  }
}

struct Point {
  const char* name;
  Variable (*f)(const std::vector<Variable>&);
  std::vector<Values> inputs;
  Values output;
  std::vector<Values> gradients;  // of the sum of the output
};

void check_points(const std::vector<Point>& points) {
  for (const Point& point : points)
    for (const DType dtype : {DType::float32, DType::float64}) {
      std::vector<Variable> inputs;
      for (const Values& values : point.inputs)
        inputs.emplace_back(Tensor::from(values, {static_cast<int64_t>(values.size())}).to(dtype),
                            true);
      const Variable y = point.f(inputs);
      check_same(point.name, dtype, y.value(), point.output);
      const auto gradients = grad({y}, inputs, {Variable(Tensor::ones(y.shape(), dtype))});
      for (size_t i = 0; i < inputs.size(); ++i)
        check_same(point.name, dtype, gradients[i].value(), point.gradients[i]);
    }
}

using In = const std::vector<Variable>&;

TEST_CASE("maximum and minimum are NaN beside a NaN on either side, and exact at ties") {
  // The least positive number is the same in no dtype: half of it is 0, as twice kHuge is infinite.
  check_points({
      {"maximum",
       [](In in) { return maximum(in[0], in[1]); },
       {{kNaN, 1, kNaN, kHuge, kInf, -kInf, 1e-45}, {1, kNaN, kNaN, kHuge, kInf, 1, 1e-45}},
       {kNaN, kNaN, kNaN, kHuge, kInf, 1, 1e-45},
       {{1, 1, 1, 0.5, 0.5, 0, 0.5}, {1, 1, 1, 0.5, 0.5, 1, 0.5}}},
      {"minimum",
       [](In in) { return minimum(in[0], in[1]); },
       {{kNaN, 1, kNaN, -kHuge, -kInf, kInf, 1e-45}, {1, kNaN, kNaN, -kHuge, -kInf, 1, 1e-45}},
       {kNaN, kNaN, kNaN, -kHuge, -kInf, 1, 1e-45},
       {{1, 1, 1, 0.5, 0.5, 0, 0.5}, {1, 1, 1, 0.5, 0.5, 1, 0.5}}},
  });
  const Variable whole(integers({kLowest, 5})), other(integers({3, 5}));
  CHECK(maximum(whole, other).value().to_vector<int64_t>() == std::vector<int64_t>{3, 5});
  CHECK(minimum(whole, other).value().to_vector<int64_t>() == std::vector<int64_t>{kLowest, 5});
}

TEST_CASE("max and min over axes take a NaN for the extreme, and the first of equals") {
  check_points({
      {"max", [](In in) { return max(in[0]); }, {{1, kNaN, 3}}, {kNaN}, {{0, 1, 0}}},
      {"min", [](In in) { return min(in[0]); }, {{1, kNaN, -3}}, {kNaN}, {{0, 1, 0}}},
      {"min of infinities", [](In in) { return min(in[0]); }, {{kInf, kInf}}, {kInf}, {{1, 0}}},
      {"max over two axes",
       [](In in) {
         return max(reshape(in[0], {2, 2, 2}), {0, 2});
       },
       {{1, 4, kNaN, 8, 4, 4, kNaN, 9}},
       {4, kNaN},
       {{0, 1, 1, 0, 0, 0, 0, 0}}},
      {"min over two axes",
       [](In in) {
         return min(reshape(in[0], {2, 2, 2}), {0, 2});
       },
       {{5, 4, kNaN, 8, 4, 4, kNaN, 9}},
       {4, kNaN},
       {{0, 1, 1, 0, 0, 0, 0, 0}}},
  });
  CHECK(min(Variable(integers({3, kLowest}))).value().to_vector<int64_t>()[0] == kLowest);
  CHECK(max(Variable(integers({3, kLowest}))).item() == 3);
  CHECK(min(Variable(integers({3, std::numeric_limits<int64_t>::max()}))).item() == 3);
}

TEST_CASE("functions with kinks keep infinities and NaN where they are") {
  check_points({
      {"abs",
       [](In in) { return abs(in[0]); },
       {{-kInf, -kHuge, -0.0, 0, kInf, kNaN}},
       {kInf, kHuge, 0, 0, kInf, kNaN},
       {{-1, -1, 0, 0, 1, kNaN}}},
      {"clamp",
       [](In in) { return clamp(in[0], -1, 2); },
       {{-kInf, -kHuge, 0.5, kInf, kNaN}},
       {-1, -1, 0.5, 2, kNaN},
       {{0, 0, 1, 0, 1}}},
      {"clamp from below alone",
       [](In in) { return clamp(in[0], 0, kInf); },
       {{-kInf, -3, 4, kHuge}},
       {0, 0, 4, kHuge},
       {{0, 0, 1, 1}}},
      {"leaky_relu",
       [](In in) { return leaky_relu(in[0], 0.5); },
       {{-kInf, -2, 2, kInf}},
       {-kInf, -1, 2, kInf},
       {{0.5, 0.5, 1, 1}}},
      {"leaky_relu of slope 0",
       [](In in) { return leaky_relu(in[0], 0); },
       {{-2, 2, kInf}},
       {0, 2, kInf},
       {{0, 1, 1}}},
      {"prelu, one slope",
       [](In in) { return prelu(in[0], in[1]); },
       {{-2, 2, kInf}, {0.5}},
       {-1, 2, kInf},
       {{0.5, 1, 1}, {-2}}},
      {"prelu, a slope for each of the last axis",
       [](In in) { return prelu(in[0], in[1]); },
       {{-2, 2, kInf}, {0.5, kInf, 0.5}},
       {-1, 2, kInf},
       {{0.5, 1, 1}, {-2, 0, 0}}},
      {"sqrt", [](In in) { return sqrt(in[0]); }, {{0, kInf}}, {0, kInf}, {{0, 0}}},
  });
  CHECK(!std::signbit(abs(Variable(Tensor::scalar(-0.0))).item()));
}

TEST_CASE("gated activations reach 0 and the identity at the infinities, and so do their slopes") {
  const Values x{-kInf, -kHuge, -1e20, -2000, 2000, 1e20, kHuge, kInf, kNaN};
  const Values y{0, 0, 0, 0, 2000, 1e20, kHuge, kInf, kNaN}, slope{0, 0, 0, 0, 1, 1, 1, 1, kNaN};
  check_points({
      {"silu", [](In in) { return silu(in[0]); }, {x}, y, {slope}},
      {"gelu", [](In in) { return gelu(in[0]); }, {x}, y, {slope}},
      {"gelu, tanh", [](In in) { return gelu(in[0], true); }, {x}, y, {slope}},
      {"softplus", [](In in) { return softplus(in[0]); }, {x}, y, {slope}},
      {"sigmoid",
       [](In in) { return sigmoid(in[0]); },
       {x},
       {0, 0, 0, 0, 1, 1, 1, 1, kNaN},
       {{0, 0, 0, 0, 0, 0, 0, 0, kNaN}}},
  });
}

TEST_CASE("sums of exponentials: -infinity counts for nothing, one of +infinity for all") {
  check_points({
      {"-infinity", [](In in) { return logsumexp(in[0]); }, {{-kInf, 1}}, {1}, {{0, 1}}},
      {"+infinity", [](In in) { return logsumexp(in[0]); }, {{kInf, 1}}, {kInf}, {{kNaN, 0}}},
      {"nothing but -infinity",
       [](In in) { return logsumexp(in[0]); },
       {{-kInf, -kInf}},
       {-kInf},
       {{kNaN, kNaN}}},
      {"huge", [](In in) { return logsumexp(in[0]); }, {{kHuge, -kHuge}}, {kHuge}, {{1, 0}}},
      {"softmax", [](In in) { return softmax(in[0], 0); }, {{-kInf, 1}}, {0, 1}, {{0, 0}}},
      {"softmax of +infinity",
       [](In in) { return softmax(in[0], 0); },
       {{kInf, 1}},
       {kNaN, kNaN},
       {{kNaN, kNaN}}},
  });
}

TEST_CASE("norms of vectors whose squares leave the range are right, and so are their gradients") {
  // 3 : 4 : 5 at the ends of either dtype's range.
  struct Range {
    DType dtype;
    std::vector<double> scales;
  };
  for (const Range& range : {Range{DType::float32, {1e-38, 1e-25, 1, 1e25, 6e37}},
                             Range{DType::float64, {1e-300, 1e-200, 1, 1e200, 3e307}}})
    for (const double s : range.scales) {
      const DType dtype = range.dtype;
      CAPTURE(dtype);
      CAPTURE(s);
      const Variable x(doubles({3 * s, 4 * s, 0, 0, 5, 12}, {3, 2}).to(dtype), true);
      const Variable lengths = norm(x, {1});
      CHECK(lengths.value().at({0}) == doctest::Approx(5 * s));
      CHECK(lengths.value().at({1}) == 0);
      CHECK(lengths.value().at({2}) == 13);  // what lies in range is not scaled
      const Variable ones(Tensor::ones({3}, dtype));
      check_values(grad({norm(x, {1})}, {x}, {ones})[0], {0.6, 0.8, 0, 0, 5.0 / 13, 12.0 / 13},
                   1e-6);
      check_values(slice(normalize(x, 1, 0.0), 0, 0, 1), {0.6, 0.8}, 1e-6);
      check_values(cosine_similarity(slice(x, 0, 0, 1), slice(x, 0, 0, 1), 1, 0), {1}, 1e-6);
    }
  check_points({{"infinity", [](In in) { return norm(in[0]); }, {{kInf, 1}}, {kInf}, {{kNaN, 0}}},
                {"NaN", [](In in) { return norm(in[0]); }, {{kNaN, 1}}, {kNaN}, {{kNaN, kNaN}}}});
}

TEST_CASE("one vector out of range is found among 16 million") {
  Tensor x = Tensor::ones({(1 << 24) + 4, 1});  // float32 does not hold one less
  x.select(0, 7).fill(1e30);
  CHECK(norm(x, 1).at({7}) == doctest::Approx(1e30));
}

TEST_CASE("second derivatives of a norm do not depend on the unit") {
  for (const double s : {1.0, 1e-200, 1e150}) {
    const Variable x = leaf({3 * s, 4 * s}, {2});
    const Variable first = grad({norm(x)}, {x}, {}, true)[0];
    // d (x0 / |x|) / dx = (x1^2, -x0 x1) / |x|^3
    const Variable second = grad({select(first, 0, 0)}, {x})[0];
    check_values(second * s, {16.0 / 125, -12.0 / 125}, 1e-9);
  }
}

TEST_CASE("cosine_similarity takes the lengths of the operands after broadcasting") {
  check_values(cosine_similarity(leaf({3, 4}, {1, 2}), leaf({1}, {1, 1})),
               {7 / (5 * std::sqrt(2))});
  check_values(cosine_similarity(leaf({3, 4}, {2}), leaf({4, 3, 3, 4}, {2, 2})), {0.96, 1});
}

TEST_CASE("the variance of fewer values than the correction is infinite, not negative") {
  check_values(var(leaf({1, 2, 4}, {3}), {}, 2), {14.0 / 3});
  CHECK(var(leaf({1, 2, 4}, {3}), {}, 3).item() == kInf);
  CHECK(var(leaf({1, 2, 4}, {3}), {}, 5).item() == kInf);
  CHECK(var(leaf({1, 2, 4}, {3}), {}, INT64_MAX).item() == kInf);
  CHECK(var(leaf({1, 2, 3}, {3}), {}, INT64_MIN).item() == 0x1p-62);
  CHECK(std::isnan(var(leaf({1, 1}, {2}), {}, 2).item()));
  CHECK(std::isnan(mean(leaf(Values{}, {0})).item()));
  CHECK(std::isnan(var(leaf(Values{}, {0})).item()));
}

TEST_CASE("dropout selects: what it drops is 0 whatever it was, in the gradient too") {
  for (const double p : {0.5, 1.0})
    for (const double value : {1.0, kInf, kNaN}) {
      manual_seed(1);
      const Variable x(Tensor::full({64}, value), true);
      const Variable y = dropout(x, p);
      const Variable g = grad({y}, {x}, {Variable(Tensor::full({64}, kInf))})[0];
      const Values values = y.value().to_vector<double>(), slopes = g.value().to_vector<double>();
      int dropped = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        const bool zero = values[i] == 0;
        dropped += zero;
        CHECK(slopes[i] == (zero ? 0 : kInf));
        if (!zero) CHECK(text(values[i]) == text(2 * value));
      }
      CHECK(dropped >= (p == 1 ? 64 : 16));
      CHECK(dropped <= (p == 1 ? 64 : 48));
    }
}

// An image, and how to pool it.
struct Pool {
  const char* name;
  std::function<Variable(const Variable&)> f;
};

TEST_CASE(
    "an infinity or NaN reaches the windows that hold it, and no other, in either direction") {
  const std::vector<Pool> pools{
      {"adaptive, even",
       [](const Variable& x) {
         return adaptive_avg_pool2d(x, {2, 3});
       }},
      {"adaptive, uneven",
       [](const Variable& x) {
         return adaptive_avg_pool2d(x, {4, 4});
       }},
      {"average",
       [](const Variable& x) {
         return avg_pool2d(x, {.kernel = {2, 3}});
       }},
      {"average, overlapping",
       [](const Variable& x) {
         return avg_pool2d(x, {.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}});
       }},
      {"average, padding not counted",
       [](const Variable& x) {
         return avg_pool2d(x, {.kernel = {3, 2}, .stride = {2, 2}, .padding = {1, 1}}, false);
       }},
      {"maximum",
       [](const Variable& x) {
         return max_pool2d(x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}});
       }},
      {"rows",
       [](const Variable& x) {
         return index_select(x, 2, integers({1, 5, 1}));
       }},
      {"padded",
       [](const Variable& x) {
         return pad(x, {1, 2, 0, 1}, 7);
       }},
      {"slice", [](const Variable& x) { return slice(x, 3, 1, 6, 2); }},
  };
  const Shape shape{1, 2, 6, 6};
  // With all ones, an entry of the gradient of one output says whether that output reads it.
  const auto gradient = [&](const Pool& pool, const Tensor& values, const Tensor& grad_output) {
    const Variable x(values, true);
    return grad({pool.f(x)}, {x}, {Variable(grad_output)})[0].value();
  };
  for (const Pool& pool : pools)
    for (const double bad : {kInf, kNaN}) {
      CAPTURE(pool.name);
      CAPTURE(bad);
      const Tensor smooth = rand(shape, DType::float32);
      const Tensor clean = pool.f(Variable(smooth)).value();
      const int64_t outputs = clean.numel();
      std::vector<bool> reached(static_cast<size_t>(outputs));
      Tensor spoiled = smooth.clone();
      spoiled.mutable_data<float>()[0 * 36 + 2 * 6 + 3] = static_cast<float>(bad);
      const Values result = pool.f(Variable(spoiled)).value().to_vector<double>();
      const Values before = clean.to_vector<double>();
      int touched = 0;
      for (int64_t i = 0; i < outputs; ++i) {
        Tensor one = Tensor::zeros(clean.shape());
        one.mutable_data<float>()[i] = 1;
        const bool reads = gradient(pool, spoiled, one).to_vector<double>()[2 * 6 + 3] != 0;
        const auto at = static_cast<size_t>(i);
        touched += reads;
        if (reads)
          CHECK(!std::isfinite(result[at]));
        else
          CHECK(result[at] == before[at]);
        // The other way round: an infinite gradient of this output reaches what it reads alone.
        one.mutable_data<float>()[i] = static_cast<float>(bad);
        const Values from_bad = gradient(pool, smooth, one).to_vector<double>();
        one.mutable_data<float>()[i] = 1;
        const Values from_one = gradient(pool, smooth, one).to_vector<double>();
        for (size_t j = 0; j < from_one.size(); ++j)
          CHECK(std::isfinite(from_bad[j]) == (from_one[j] == 0));
      }
      CHECK(touched < outputs);
    }
}

TEST_CASE("x^0 is constant, whatever the gradient that reaches it") {
  const Variable x(doubles({2, 0, -1}), true);
  const Variable gradient(doubles({kInf, kInf, kNaN}));
  check_same("pow", DType::float64, grad({pow(x, 0)}, {x}, {gradient})[0].value(), {0, 0, 0});
}

TEST_CASE("what is gathered and scattered does not spread an infinity") {
  const Variable x(doubles({kInf, 1, kNaN, 2}, {2, 2}), true);
  check_same("embedding", DType::float64, embedding(integers({1, 1}), x).value(),
             {kNaN, 2, kNaN, 2});
  const Variable g =
      grad({embedding(integers({0, 0}), x)}, {x}, {Variable(doubles({kInf, 1, 1, 1}, {2, 2}))})[0];
  check_same("embedding's gradient", DType::float64, g.value(), {kInf, 2, 0, 0});
  check_same("scatter_add", DType::float64,
             scatter_add({3, 2}, 0, Tensor::from<int64_t>({0, 2, 2, 0}, {2, 2}), x).value(),
             {kInf, 2, 0, 0, kNaN, 1});
}

}  // namespace
}  // namespace gradian::test
