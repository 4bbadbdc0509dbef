// margin_cross_entropy, the op behind the angular-margin losses: the digits of small losses,
// margins that differ by row, and empty sizes. Each fact is tested for the fused op and for its
// composite.
#include <cmath>
#include <limits>

#include "losses/cross_entropy.h"
#include "tensor/fused/margin_head.h"
#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/reference.h"

namespace gradian::test {
namespace {

constexpr double kEpsilon = 0x1p-24;  // half an ulp of 1 in float32

Variable without_margin(const Variable& cosines) { return cosines; }

struct Head {
  const char* name;
  Variable (*call)(const Variable&, const Variable&, const Tensor&, double, const MarginFunction&);
};
const Head kHeads[] = {{"margin_cross_entropy", margin_cross_entropy},
                       {"margin_cross_entropy_composite", margin_cross_entropy_composite}};

// The value and the gradients by both inputs.
std::vector<Tensor> differentiate(const Head& head, const Tensor& x, const Tensor& weight,
                                  const Tensor& labels, double scale, const MarginFunction& margin,
                                  bool create_graph = false) {
  const Variable features(x, true), classes(weight, true);
  const Variable loss = head.call(features, classes, labels, scale, margin);
  const auto gradients = grad({loss}, {features, classes}, {}, create_graph);
  return {loss.value(), gradients[0].value(), gradients[1].value()};
}

// |a - b| / |b|
double relative_error(const Tensor& a, const Tensor& b) {
  double difference = 0, length = 0;
  const std::vector<double> actual = a.to_vector<double>(), expected = b.to_vector<double>();
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
    length += expected[i] * expected[i];
  }
  return std::sqrt(difference / length);
}

// log(1 + sum of exp(z_j - z_label) over the others), of logits in double.
double exact_loss(const std::vector<double>& logits, size_t label) {
  double others = 0;
  for (size_t j = 0; j < logits.size(); ++j)
    if (j != label) others += std::exp(logits[j] - logits[label]);
  return std::log1p(others);
}

}  // namespace

TEST_CASE(
    "margin head: float32 losses and gradients from 1e-12 to 10 keep their relative accuracy") {
  // Class 0 lies along the first axis, the feature at an angle to it; the other classes around.
  // What float32 cosines can tell: their rounding, times the scale, is relative to the loss.
  constexpr int64_t kClasses = 5, kWidth = 8;
  Generator generator(3);
  Tensor weight = randn({kClasses, kWidth}, DType::float32, 0, 1, generator);
  const Tensor side = randn({1, kWidth}, DType::float32, 0, 1, generator);
  const MarginFunction margin = [](const Variable& cosines) { return cosines - 0.1; };
  double smallest = 1, largest = 0;
  for (const double scale : {4.0, 16.0, 30.0, 64.0})
    for (const double blend : {0.1, 0.3, 0.5, 0.8, 1.3, 2.0, 3.0}) {
      CAPTURE(scale);
      CAPTURE(blend);
      const Tensor x = add(weight.slice(0, 0, 1), mul(side, Tensor::scalar(blend)));
      const Tensor label = integers({0});
      const auto exact = differentiate(kHeads[1], x.to(DType::float64), weight.to(DType::float64),
                                       label, scale, margin);
      const double loss = exact[0].item();
      smallest = std::min(smallest, loss), largest = std::max(largest, loss);
      for (const Head& head : kHeads) {
        CAPTURE(head.name);
        const auto rounded = differentiate(head, x, weight, label, scale, margin);
        for (size_t i = 0; i < 3; ++i)
          CHECK(relative_error(rounded[i], exact[i]) < 6 * (scale + 1) * kEpsilon);
      }
    }
  CHECK(smallest < 1e-12);
  CHECK(largest > 10);
}

TEST_CASE(
    "margin head: the double loss is log(1 + the others' exponentials relative to the label)") {
  Generator generator(4);
  const Tensor x = randn({1, 6}, DType::float64, 0, 1, generator);
  const Tensor weight = randn({7, 6}, DType::float64, 0, 1, generator);
  const std::vector<double> cosines =
      linear(normalize(Variable(x)), normalize(Variable(weight))).value().to_vector<double>();
  for (const double scale : {1.0, 30.0, 200.0})
    for (size_t label = 0; label < cosines.size(); ++label) {
      std::vector<double> logits = cosines;
      for (double& logit : logits) logit *= scale;
      logits[label] -= scale * 0.25;
      for (const Head& head : kHeads)
        CHECK(head.call(Variable(x), Variable(weight), integers({static_cast<int64_t>(label)}),
                        scale, [](const Variable& c) { return c - 0.25; })
                  .item() == doctest::Approx(exact_loss(logits, label)).epsilon(1e-11));
    }
}

TEST_CASE("cross_entropy: float32 losses and gradients next to 0 keep their relative accuracy") {
  // Logits that float32 holds exactly, so that only the arithmetic is measured: a few ulp.
  for (const double gap : {0.5, 2.0, 7.5, 15.0, 27.0, 60.0}) {
    CAPTURE(gap);
    const std::vector<double> values{gap - 0.25, -0.25, -1.5, -0.75};
    const double loss = exact_loss(values, 0);
    // p_j = exp(z_j - z_label - loss), and p - 1 for the label.
    std::vector<double> gradient;
    for (const double z : values) gradient.push_back(std::exp(z - values[0] - loss));
    gradient[0] = std::expm1(-loss);
    for (const bool create_graph : {false, true})  // by the kernel, and by the recorded formula
      for (const DType dtype : {DType::float32, DType::float64}) {
        CAPTURE(dtype);
        const double epsilon = dtype == DType::float32 ? kEpsilon : 0x1p-53;
        const Variable logits(doubles(values, {1, 4}).to(dtype), true);
        const Variable value = cross_entropy(logits, integers({0}));
        const Tensor by_logits = grad({value}, {logits}, {}, create_graph)[0].value();
        CHECK(std::abs(value.item() / loss - 1) < 16 * epsilon);
        for (int64_t j = 0; j < 4; ++j)
          CHECK(std::abs(by_logits.at({0, j}) / gradient[static_cast<size_t>(j)] - 1) <
                64 * epsilon);
      }
  }
}

TEST_CASE("margin head: no loss is negative, and one class has loss 0 and gradient 0") {
  Generator generator(5);
  for (const Head& head : kHeads)
    for (const int64_t classes : {1, 2, 200})
      for (int64_t batch = 1; batch < 40; batch += 6) {
        CAPTURE(head.name);
        CAPTURE(classes);
        const Tensor weight = randn({classes, 3}, DType::float32, 0, 1, generator);
        const Tensor x = randn({batch, 3}, DType::float32, 0, 1, generator);
        const Tensor labels = Tensor::zeros({batch}, DType::int64);
        const auto result = differentiate(head, x, weight, labels, 64, without_margin);
        CHECK(result[0].item() >= 0);
        if (classes > 1) continue;
        CHECK(identical(result[0], Tensor::scalar(0)));
        CHECK(identical(result[1], Tensor::zeros(x.shape())));
        CHECK(identical(result[2], Tensor::zeros(weight.shape())));
      }
}

TEST_CASE("margin head: kernels agree with the composite in whole blocks and vectors, and ragged") {
  // A vector loop takes up to 64 of D, a panel up to 32 of B or D, a block 192 of C; more than 16
  // blocks share the 16 parts of the sum over C.
  struct Case {
    int64_t batch, width, classes;
  };
  for (const Case& c : {Case{64, 128, 384}, Case{37, 147, 401}, Case{5, 67, 3300}, Case{1, 2, 2}})
    for (const DType dtype : {DType::float32, DType::float64}) {
      CAPTURE(c.width);
      CAPTURE(dtype);
      Generator generator(8);
      const Tensor x = randn({c.batch, c.width}, DType::float64, 0, 1, generator);
      const Tensor weight = randn({c.classes, c.width}, DType::float64, 0, 1, generator);
      std::vector<int64_t> every_seventh;
      for (int64_t i = 0; i < c.batch; ++i) every_seventh.push_back(7 * i % c.classes);
      const Tensor labels = Tensor::from(every_seventh);
      const MarginFunction margin = [](const Variable& cosines) { return cosines - 0.2; };
      const auto exact = differentiate(kHeads[1], x, weight, labels, 8, margin);
      const auto fused = differentiate(kHeads[0], x.to(dtype), weight.to(dtype), labels, 8, margin);
      for (size_t i = 0; i < 3; ++i)
        CHECK(relative_error(fused[i], exact[i]) <= (dtype == DType::float32 ? 1e-5 : 1e-13));
    }
}

TEST_CASE(
    "margin head: cosines made again give the bits of those kept, with any number of threads") {
  // Among them a last block of one class, which is a row's label, and vectors without coordinates.
  struct Case {
    int64_t batch, width, classes;
  };
  for (const Case& c : {Case{64, 128, 384}, Case{37, 147, 401}, Case{5, 67, 3300}, Case{3, 2, 193},
                        Case{2, 4, 1}, Case{2, 0, 3}})
    for (const DType dtype : {DType::float32, DType::float64}) {
      CAPTURE(c.classes);
      CAPTURE(dtype);
      Generator generator(9);
      const Tensor x = randn({c.batch, c.width}, dtype, 0, 1, generator);
      const Tensor weight = randn({c.classes, c.width}, dtype, 0, 1, generator);
      std::vector<int64_t> values;
      for (int64_t i = 0; i < c.batch; ++i) values.push_back(c.classes - 1 - 7 * i % c.classes);
      const Tensor labels = Tensor::from(values);
      std::vector<std::vector<Tensor>> results;
      for (const int64_t kept_bytes : {int64_t{0}, fused::kKeptBytes})
        for (const int some : {1, 3}) {
          const reference::Threads those(some);
          const auto products = fused::head_products(x, weight, labels, 8, kept_bytes);
          CHECK(products.cosine.defined() == (kept_bytes > 0));
          const auto losses = fused::target_losses(products, products.target_cosine - 0.2, 8);
          const auto gradients = fused::head_gradients(products, weight, labels, losses.by_target,
                                                       losses.log_normalizer, 8, 0.5);
          results.push_back({losses.loss, gradients.x, gradients.weight});
        }
      for (const auto& result : results)
        for (size_t i = 0; i < 3; ++i) CHECK(identical(result[i], results[0][i]));
    }
}

TEST_CASE("margin head: of many classes no array of all cosines exists, in forward or backward") {
  constexpr int64_t kBatch = 128, kWidth = 2;
  constexpr int64_t kClasses = fused::kKeptBytes / (kBatch * int64_t(sizeof(float))) + 1;
  const Variable x(Tensor::full({kBatch, kWidth}, 0.5), true);
  const Variable weight(Tensor::ones({kClasses, kWidth}), true);
  const size_t before = memory_stats().in_use;
  reset_peak_memory();
  margin_cross_entropy(x, weight, Tensor::arange(kBatch), 4, without_margin).backward();
  // The gradient by the weights, and of each block of classes a few numbers a row.
  CHECK(memory_stats().peak - before < fused::kKeptBytes / 16);
}

TEST_CASE("margin head: a margin sees the cosines as [B], so that one a row can be given") {
  // As many rows as classes: a [B, 1] would broadcast against [B] to a full matrix.
  const Tensor rows = doubles({0.1, 0.2, 0.3, 0.4});
  const Tensor labels = integers({0, 2, 2, 1});
  Generator generator(6);
  const Tensor x = randn({4, 3}, DType::float64, 0, 1, generator);
  const Tensor weight = randn({4, 3}, DType::float64, 0, 1, generator);
  struct Row {
    const char* name;
    MarginFunction margin;
  };
  const std::vector<Row> margins = {
      {"one a row", [=](const Variable& c) { return c - Variable(rows); }},
      {"of the whole batch", [](const Variable& c) { return c - 0.3 * mean(c * c); }},
      {"none", without_margin},
      {"constant", [=](const Variable&) { return Variable(rows); }}};
  for (const Row& row : margins) {
    CAPTURE(row.name);
    const MarginFunction margin = [&](const Variable& cosines) {
      CHECK(cosines.shape() == Shape{4});
      return row.margin(cosines);
    };
    const auto formula = differentiate(kHeads[1], x, weight, labels, 8, margin);
    for (const bool create_graph : {false, true}) {
      const auto fused = differentiate(kHeads[0], x, weight, labels, 8, margin, create_graph);
      for (size_t i = 0; i < 3; ++i) check_close(fused[i], formula[i]);
    }
  }
  // By hand: row i's own margin lowers its own logit.
  const Tensor cosines = linear(normalize(Variable(x)), normalize(Variable(weight))).value();
  double total = 0;
  for (int64_t i = 0; i < 4; ++i) {
    std::vector<double> logits;
    for (int64_t j = 0; j < 4; ++j) logits.push_back(8 * cosines.at({i, j}));
    const auto label = static_cast<size_t>(labels.at({i}));
    logits[label] -= 8 * rows.at({i});
    total += exact_loss(logits, label);
  }
  check_values(differentiate(kHeads[0], x, weight, labels, 8, margins[0].margin)[0], {total / 4});
}

TEST_CASE("margin head: the loss does not depend on the unit of features and weights") {
  Generator generator(7);
  const Tensor x = randn({3, 5}, DType::float64, 0, 1, generator);
  const Tensor weight = randn({4, 5}, DType::float64, 0, 1, generator);
  const Tensor labels = integers({0, 3, 3});
  const auto exact = differentiate(kHeads[1], x, weight, labels, 8, without_margin);
  struct Unit {
    DType dtype;
    double of_x, of_weight;
  };
  for (const Unit& unit : {Unit{DType::float32, 1e-9, 1e30}, Unit{DType::float32, 1e37, 1e20},
                           Unit{DType::float64, 1e200, 1e-9}, Unit{DType::float64, 1e160, 1e300}})
    for (const Head& head : kHeads) {
      CAPTURE(head.name);
      CAPTURE(unit.of_x);
      const Tensor u = Tensor::scalar(unit.of_x, DType::float64);
      const Tensor v = Tensor::scalar(unit.of_weight, DType::float64);
      const auto result = differentiate(head, mul(x, u).to(unit.dtype),
                                        mul(weight, v).to(unit.dtype), labels, 8, without_margin);
      CHECK(relative_error(result[0], exact[0]) < 1e-5);
      CHECK(relative_error(mul(result[1].to(DType::float64), u), exact[1]) < 1e-5);
      CHECK(relative_error(mul(result[2].to(DType::float64), v), exact[2]) < 1e-5);
    }
}

TEST_CASE("margin head: without rows the loss is NaN, 0 / 0, and the gradients are 0") {
  for (const Head& head : kHeads)
    for (const int64_t classes : {0, 3}) {
      CAPTURE(head.name);
      const Tensor weight = Tensor::ones({classes, 2});
      const auto result =
          differentiate(head, Tensor::zeros({0, 2}), weight, integers({}), 30, without_margin);
      CHECK(std::isnan(result[0].item()));
      CHECK(result[1].shape() == Shape{0, 2});
      CHECK(identical(result[2], Tensor::zeros({classes, 2})));
    }
}

TEST_CASE("margin head: vectors without coordinates have cosine 0 with every class") {
  const auto result = differentiate(kHeads[0], Tensor::zeros({2, 0}), Tensor::zeros({3, 0}),
                                    integers({0, 2}), 30, without_margin);
  CHECK(result[0].item() == doctest::Approx(std::log(3)).epsilon(1e-6));
  CHECK(result[1].shape() == Shape{2, 0});
  CHECK(result[2].shape() == Shape{3, 0});
}

TEST_CASE("margin head: NaN in one row makes the loss NaN") {
  Tensor x = Tensor::ones({3, 2}), weight = Tensor::ones({4, 2});
  x.slice(0, 1, 2).fill(std::nan(""));
  for (const Head& head : kHeads) {
    const Tensor labels = integers({0, 1, 2}), whole = Tensor::ones({4, 2});
    CHECK(std::isnan(head.call(Variable(x), Variable(whole), labels, 4, without_margin).item()));
    weight.slice(0, 3, 4).fill(std::nan(""));  // of a class that is no row's label
    CHECK(std::isnan(
        head.call(Variable(whole.slice(0, 0, 3)), Variable(weight), labels, 4, without_margin)
            .item()));
  }
}

}  // namespace gradian::test
