// The kernels behind the fused ops against their composites, at sizes that fill blocks, vectors and
// threads and at ragged ones. Their gradients at small sizes are proved in tests/gradients/.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "autograd/ops.h"
#include "tensor/fused/batch_norm.h"
#include "tensor/kernels.h"
#include "tensor/fused/prelu.h"
#include "tests/helpers.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::sample;
using reference::Threads;

constexpr DType kFloating[] = {DType::float32, DType::float64};

// The largest difference over the largest entry of `want`, or over 1 if that is less: broadcast
// operands make gradients that are 0 but for rounding.
double relative_difference(const Tensor& got, const Tensor& want) {
  REQUIRE(got.shape() == want.shape());
  const std::vector<double> a = got.to_vector<double>(), b = want.to_vector<double>();
  double difference = 0, largest = 1;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return difference / largest;
}

// The value of f at the inputs and the gradients of its sum weighted by dy, recorded or not: fused
// ops run their kernels when gradients are not recorded themselves, else their composites.
std::vector<Tensor> derivatives(const std::function<Variable(const std::vector<Variable>&)>& f,
                                const std::vector<Tensor>& inputs, const Tensor& dy,
                                bool by_composite) {
  std::vector<Variable> in;
  for (const Tensor& x : inputs) in.emplace_back(x, true);
  const Variable y = f(in);
  std::vector<Tensor> results{y.value()};
  for (const Variable& g : grad({y}, in, {Variable(dy)}, /*create_graph=*/by_composite))
    results.push_back(g.value());
  return results;
}

struct Case {
  Shape x, parameter;
};

TEST_CASE("prelu's kernels agree with its composite at any size and layout") {
  const Case cases[] = {{{3, 5, 7, 9}, {5, 1, 1}},
                        {{2, 3, 129, 130}, {1, 3, 1, 1}},
                        {{70001}, {1}},
                        {{4, 1, 17}, {1, 1, 1}},
                        {{2, 6, 2}, {6, 1}},
                        {{0, 4, 5}, {4, 1}},
                        {{3, 0, 5}, {0, 1}}};
  const auto function = [](const std::vector<Variable>& in) { return prelu(in[0], in[1]); };
  for (const Case& c : cases)
    for (const DType dtype : kFloating)
      for (const reference::Layout& layout : reference::layouts()) {
        INFO(text(c.x, ' ', dtype, ' ', layout.name));
        REQUIRE(fused::prelu_applies(c.x, c.parameter));
        const Tensor x = layout.make(sample(c.x, dtype)),
                     slope = sample(c.parameter, dtype, 0.1, 1);
        const Tensor dy = layout.make(sample(c.x, dtype, -1, 1, 3));
        const auto fused = derivatives(function, {x, slope}, dy, false);
        const auto composite = derivatives(function, {x, slope}, dy, true);
        CHECK(fused[0].shape() == c.x);
        if (x.numel() == 0) continue;
        for (size_t i = 0; i < 3; ++i)
          CHECK(relative_difference(fused[i], composite[i]) <
                (dtype == DType::float32 ? 2e-5 : 1e-13));
      }
}

TEST_CASE("prelu's kernels leave slopes along the last axis or along two axes to the composite") {
  CHECK_FALSE(fused::prelu_applies({4, 3}, {3}));
  CHECK_FALSE(fused::prelu_applies({4, 3, 2}, {4, 3, 1}));
  CHECK_FALSE(fused::prelu_applies({3}, {2, 3, 1}));
  CHECK_FALSE(fused::prelu_applies({4, 3, 2}, {2, 1}));
}

TEST_CASE("batch_norm's kernels agree with its composite at any size and layout") {
  const Shape shapes[] = {{2, 3, 5, 7}, {37, 4, 2},  {128, 2, 32, 32}, {7, 5, 1, 2},
                          {3, 1, 1001}, {8, 300, 3}, {70, 200, 9},     {7, 3, 700}};
  const auto function = [](const std::vector<Variable>& in) {
    return batch_norm(in[0], {}, {}, in[1], in[2]);
  };
  for (const Shape& shape : shapes)
    for (const DType dtype : kFloating)
      for (const reference::Layout& layout : reference::layouts()) {
        INFO(text(shape, ' ', dtype, ' ', layout.name));
        // Repeated values can leave a channel constant or nearly so; dividing by its spread then
        // makes rounding errors of any size.
        if (std::string(layout.name).find("broadcast") != std::string::npos) continue;
        const Tensor x = layout.make(sample(shape, dtype, 2, 3));
        const Tensor weight = sample({shape[1]}, dtype, 0.5, 1.5, 2),
                     bias = sample({shape[1]}, dtype);
        const Tensor dy = layout.make(sample(shape, dtype, -1, 1, 3));
        const auto fused = derivatives(function, {x, weight, bias}, dy, false);
        // In float64, whatever the dtype: float32's composite is the less exact of the two.
        std::vector<Tensor> wide;
        for (const Tensor& t : {x, weight, bias}) wide.push_back(t.to(DType::float64));
        const auto composite = derivatives(function, wide, dy.to(DType::float64), true);
        for (size_t i = 0; i < 4; ++i)
          CHECK(relative_difference(fused[i], composite[i]) <
                (dtype == DType::float32 ? 1e-4 : 1e-11));
      }
}

// Not against the composite: where z is 0 but for rounding, PReLU's slope is either of the two.
TEST_CASE("batch_norm with a slope gives the bits of prelu(batch_norm), and its gradients") {
  const Shape shapes[] = {{2, 3, 5, 7}, {128, 2, 32, 32}, {7, 3, 700}, {70, 200, 9}, {6, 3}};
  for (const Shape& shape : shapes)
    for (const DType dtype : kFloating)
      for (const int64_t slopes : {shape[1], int64_t{1}}) {
        INFO(text(shape, ' ', dtype, ' ', slopes));
        const std::vector<Tensor> inputs{
            sample(shape, dtype, 2, 3), sample({shape[1]}, dtype, 0.5, 1.5, 2),
            sample({shape[1]}, dtype), sample({slopes}, dtype, -0.5, 1, 4)};
        // Mostly of one sign: sums that cancel would be less exact than what they are held to.
        const Tensor dy = sample(shape, dtype, -0.2, 1, 3);
        const auto in_one = [](const std::vector<Variable>& in) {
          return batch_norm(in[0], {}, {}, in[1], in[2], 1e-5, nullptr, in[3]);
        };
        const auto in_two = [&](const std::vector<Variable>& in) {
          Shape channels = Shape::filled(shape.size(), 1);
          channels[1] = slopes;
          return prelu(batch_norm(in[0], {}, {}, in[1], in[2]), reshape(in[3], channels));
        };
        const auto one = derivatives(in_one, inputs, dy, false);
        const auto two = derivatives(in_two, inputs, dy, false);
        CHECK(test::identical(one[0], two[0]));
        for (size_t i = 1; i < 5; ++i)
          CHECK(relative_difference(one[i], two[i]) < (dtype == DType::float32 ? 1e-6 : 1e-13));
      }
}

TEST_CASE("batch_norm's kernels keep a NaN or an infinity in the statistics of its channel") {
  for (const double special : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    for (const Shape& shape : {Shape{8, 2, 3, 3}, Shape{2, 2, 3}}) {
      Tensor x = sample(shape, DType::float32);
      x.select(1, 1).select(0, 1).slice(0, 0, 1).fill(special);
      const Tensor one = Tensor::ones({2});
      const fused::ChannelStatistics found = fused::batch_norm(x, one, one, 1e-5).statistics;
      CHECK(std::isfinite(found.variance.at({0})));
      CHECK_FALSE(std::isfinite(found.mean.at({1})));
      CHECK(std::isnan(found.variance.at({1})));
    }
}

TEST_CASE("batch_norm reports the statistics that it used, by kernels and by the composite") {
  for (const Shape& shape : {Shape{6, 3, 4}, Shape{6, 3}}) {
    const Tensor x = sample(shape, DType::float64);
    BatchStatistics used;
    batch_norm(Variable(x), {}, {}, {}, {}, 1e-5, &used);
    const Axes axes = shape.size() == 3 ? Axes{0, 2} : Axes{0};
    CHECK(relative_difference(used.mean, mean(Variable(x), axes).value()) < 1e-12);
    CHECK(relative_difference(used.variance, var(Variable(x), axes, 0).value()) < 1e-12);
  }
}

TEST_CASE("whoever writes to the statistics that batch_norm reports changes no gradient") {
  for (const Shape& shape : {Shape{6, 3, 4}, Shape{6, 3}}) {
    const Variable x(sample(shape, DType::float64), true);
    const auto gradient_after = [&](bool written) {
      BatchStatistics used;
      const Variable y = sum(exp(batch_norm(x, {}, {}, {}, {}, 1e-5, &used)));
      if (written) used.mean.fill(7), used.variance.fill(7);
      return grad({y}, {x})[0].value();
    };
    CHECK(test::identical(gradient_after(true), gradient_after(false)));
  }
}

TEST_CASE("batch_norm's statistics of large numbers that differ little are right in any shape") {
  for (const Shape& shape : {Shape{20000, 2}, Shape{1, 2, 50000}, Shape{200, 2, 7, 10}}) {
    INFO(text(shape));
    const int64_t inner = numel(shape) / (shape[0] * shape[1]);
    std::vector<float> values;
    for (int64_t i = 0; i < numel(shape); ++i)
      values.push_back(1e6f + static_cast<float>((i / inner / 2 + i % inner) % 2));
    const Tensor x = Tensor::from(values, shape), one = Tensor::ones({2});
    const fused::BatchNormResult result = fused::batch_norm(x, one, Tensor::zeros({2}), 0);
    CHECK(result.statistics.mean.to_vector<double>() == std::vector<double>{1000000.5, 1000000.5});
    CHECK(result.statistics.variance.to_vector<double>() == std::vector<double>{0.25, 0.25});
    const Tensor want = sub(mul(sub(x, Tensor::scalar(1e6)), Tensor::scalar(2)), Tensor::scalar(1));
    CHECK(result.y.to_vector<float>() == want.to_vector<float>());
  }
}

TEST_CASE("batch_norm's gradients do not depend on how far from 0 the numbers are") {
  const auto function = [](const std::vector<Variable>& in) {
    return batch_norm(in[0], {}, {}, in[1], in[2]);
  };
  for (const double far : {0.0, 1e4, 1e6}) {
    CAPTURE(far);
    const Tensor x = add(sample({64, 2, 50}, DType::float32), Tensor::scalar(far));
    const Tensor weight = sample({2}, DType::float32, 0.5, 1.5, 2);
    const Tensor bias = sample({2}, DType::float32);
    const Tensor dy = sample({64, 2, 50}, DType::float32, 0, 2, 3);
    const auto actual = derivatives(function, {x, weight, bias}, dy, false);
    std::vector<Tensor> wide;
    for (const Tensor& t : {x, weight, bias}) wide.push_back(t.to(DType::float64));
    const auto expected = derivatives(function, wide, dy.to(DType::float64), true);
    for (size_t i = 0; i < 4; ++i) CHECK(relative_difference(actual[i], expected[i]) < 1e-5);
  }
}

// The same number many times is what running sums are worst at: its roundings go to one side.
TEST_CASE("the gradients of many equal elements by biases and slopes are right to a few ulp") {
  for (const Shape& shape : {Shape{100000, 3}, Shape{1, 3, 300000}, Shape{2000, 3, 7, 7}}) {
    INFO(text(shape));
    const Tensor dy = Tensor::full(shape, 0.1), x = Tensor::full(shape, -1),
                 three = Tensor::ones({3});
    const double count = static_cast<double>(x.numel()) / 3;
    const auto check_sum = [&](const Tensor& gradient, double element, double elements) {
      for (const double value : gradient.to_vector<double>())
        CHECK(std::abs(value / (element * elements) - 1) <=
              2.5 * reference::epsilon(DType::float32));
    };
    const double element = 0.1f;
    // z = x: a mean of 1, a scale of 1 and a shift of 1
    const fused::ChannelStatistics kept{three, three, Tensor::zeros({3}), three, three, three};
    const fused::BatchNormGradients norm = fused::batch_norm_gradients(dy, x, kept, 1e-5);
    check_sum(norm.bias, element, count);
    check_sum(norm.slope, -element, count);
    const Shape per_channel = shape.size() == 2   ? Shape{1}
                              : shape.size() == 3 ? Shape{3, 1}
                                                  : Shape{3, 1, 1};
    const Tensor slope = Tensor::ones(per_channel);
    check_sum(fused::prelu_gradients(dy, x, slope).slope, -element,
              count * (slope.numel() == 1 ? 3 : 1));
  }
}

TEST_CASE("fused kernels give the same bits for any number of threads") {
  // The channels make groups of one, and of several.
  for (const Shape& shape : {Shape{32, 7, 33, 5}, Shape{70, 200, 3, 3}}) {
    const Tensor x = sample(shape, DType::float32), dy = sample(x.shape(), DType::float32);
    const Tensor slope = sample({shape[1], 1, 1}, DType::float32),
                 channel = sample({shape[1]}, DType::float32);
    const auto run = [&](int threads) {
      const Threads guard(threads);
      const fused::PreluGradients p = fused::prelu_gradients(dy, x, slope);
      const fused::BatchNormResult b = fused::batch_norm(x, channel, channel, 1e-5, channel);
      const fused::BatchNormGradients g = fused::batch_norm_gradients(dy, x, b.statistics, 1e-5);
      return std::vector<Tensor>{
          fused::prelu(x, slope), p.x, p.slope, b.y, g.x, g.weight, g.bias, g.slope};
    };
    const std::vector<Tensor> one = run(1);
    for (const int threads : {2, 5}) {
      const std::vector<Tensor> many = run(threads);
      for (size_t i = 0; i < one.size(); ++i)
        CHECK(many[i].to_vector<float>() == one[i].to_vector<float>());
    }
  }
}

TEST_CASE("prelu: a weight of one element does not give a scalar an axis") {
  const Variable half(Tensor::full({1}, 0.5));
  CHECK(prelu(Variable(Tensor::scalar(-2)), half).shape() == Shape{});
}

}  // namespace
}  // namespace gradian
