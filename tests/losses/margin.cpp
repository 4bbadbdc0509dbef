// The angular-margin losses: values by hand, what the named ones are and what the code of the note
// (losses/README.md) is, what does not change them, and what they do at the edges of floating
// point. The target alone is tested in margin_values.cpp.
#include <cmath>
#include <numbers>

#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "tensor/random.h"
#include "tests/gradients/margins.h"
#include "tests/helpers.h"
#include "tests/margin_constants.h"
#include "tests/text.h"

namespace gradian::test {
namespace {

using std::numbers::pi;

// A loss whose weight has these rows.
MarginLoss loss_with(const Tensor& weight, double s, const Margin& margin) {
  MarginLoss loss(weight.size(1), weight.size(0), s, margin);
  loss.to(weight.dtype());
  loss.weight.set_value(weight);
  return loss;
}

struct Gradients3 {
  Tensor loss, by_x, by_weight;
};
Gradients3 differentiate(const MarginLoss& loss, const Tensor& x, const Tensor& labels) {
  const Variable features(x, true);
  const Variable value = loss(features, labels);
  const auto gradients = grad({value}, {features, loss.weight});
  return {value.value(), gradients[0].value(), gradients[1].value()};
}

// Six features of five dimensions and four classes, one of them absent.
struct Sample {
  Generator generator{11};
  Tensor x = randn({6, 5}, DType::float64, 0, 1, generator);
  Tensor weight = randn({4, 5}, DType::float64, 0, 1, generator);
  Tensor labels = integers({0, 3, 1, 1, 0, 3});
};

// `rows` unit vectors of the plane, evenly around the circle.
Tensor regular_polygon(int64_t rows) {
  std::vector<double> values;
  for (int64_t i = 0; i < rows; ++i) {
    const double angle = 2 * pi * static_cast<double>(i) / static_cast<double>(rows);
    values.insert(values.end(), {std::cos(angle), std::sin(angle)});
  }
  return doubles(values, {rows, 2});
}

// The loss where every feature of the plane is its class's weight row, and these a regular polygon.
double loss_of_polygon(int64_t classes, double s, const Margin& margin) {
  const Tensor polygon = regular_polygon(classes);
  return loss_with(polygon, s, margin)(Variable(polygon), Tensor::arange(classes)).item();
}

}  // namespace

TEST_CASE("margin losses: two classes by hand") {
  // x at 30 degrees from the first row and 60 from the second, s = 2, m = 0.2 rad or 0.2:
  // loss = ln(1 + exp(2 (cos 60 - phi))).
  const Tensor x = doubles({3 * std::cos(pi / 6), 3 * std::sin(pi / 6)}, {1, 2});
  const Tensor weight = doubles({1, 0, 0, 5}, {2, 2});
  const auto expected = [](double phi) { return std::log1p(std::exp(2 * (0.5 - phi))); };
  const auto value = [&](const Margin& margin) {
    return loss_with(weight, 2, margin)(Variable(x), integers({0})).item();
  };
  CHECK(value({}) == doctest::Approx(expected(std::cos(pi / 6))).epsilon(1e-12));
  CHECK(value({.m2 = 0.2}) == doctest::Approx(expected(std::cos(pi / 6 + 0.2))).epsilon(1e-12));
  CHECK(value({.m3 = 0.2}) == doctest::Approx(expected(std::cos(pi / 6) - 0.2)).epsilon(1e-12));
  CHECK(value({.m1 = 2}) == doctest::Approx(expected(std::cos(pi / 3))).epsilon(1e-12));
}

TEST_CASE("margin losses: the named ones are MarginLoss with one margin") {
  const Sample sample;
  const auto check_same = [&](MarginLoss&& named, double s, const Margin& margin) {
    named.to(DType::float64);
    named.weight.set_value(sample.weight);
    CHECK(named(Variable(sample.x), sample.labels).item() ==
          loss_with(sample.weight, s, margin)(Variable(sample.x), sample.labels).item());
  };
  check_same(ArcFaceLoss(5, 4), 30, {.m2 = 0.5});
  check_same(ArcFaceLoss(5, 4, 16, 0.2, MarginOverflow::none), 16,
             {.m2 = 0.2, .overflow = MarginOverflow::none});
  check_same(CosFaceLoss(5, 4), 64, {.m3 = 0.35});
  check_same(CosFaceLoss(5, 4, 30, 0.5), 30, {.m3 = 0.5});
}

TEST_CASE("margin losses: CosFaceLoss(s = 30, m = 0.5) is what the note's ArcFaceLoss computes") {
  const auto note = [](const Variable& embeddings, const Variable& weight, const Tensor& labels) {
    const double s = 30, m = 0.5;
    const Variable cosine = linear(normalize(embeddings, 1), normalize(weight, 1));
    const Variable phi = cosine - m;
    const Variable is_label(one_hot(labels, weight.size(0), cosine.dtype()));
    const Variable cosine_with_margin = is_label * phi + (1 - is_label) * cosine;
    return cross_entropy(s * cosine_with_margin, labels);
  };
  for (const DType dtype : {DType::float32, DType::float64}) {
    CAPTURE(dtype);
    Generator generator(5);
    const Variable x(randn({16, 8}, dtype, 0, 1, generator), true);
    const Tensor labels = Tensor::arange(16);
    CosFaceLoss loss(8, 20, 30, 0.5);
    loss.to(dtype);
    loss.weight.set_value(randn({20, 8}, dtype, 0, 1, generator));
    const Variable expected = note(x, loss.weight, labels), value = loss(x, labels);
    const auto gradients = grad({expected}, {x, loss.weight}, {}, true);
    const auto recorded = grad({value}, {x, loss.weight}, {}, true);
    const auto fused = grad({value}, {x, loss.weight});
    // The kernels that serve first derivatives round differently, by some units of the last place
    // of the larger terms; gradients that are recorded are the note's formula, bit for bit.
    const double rounding = dtype == DType::float32 ? 2e-6 : 4e-15;
    check_close(value.value(), expected.value(), rounding);
    for (size_t i = 0; i < 2; ++i) {
      CHECK(identical(recorded[i].value(), gradients[i].value()));
      check_close(fused[i].value(), gradients[i].value(), rounding);
    }
  }
}

TEST_CASE("margin losses: gradients are at right angles to features and to weight rows") {
  // The loss sees directions only, so moving along x or w changes nothing.
  const Sample sample;
  for (const Margin& margin : proof::margins()) {
    CAPTURE(margin);
    const auto [loss, by_x, by_weight] =
        differentiate(loss_with(sample.weight, 8, margin), sample.x, sample.labels);
    CHECK(norm(Variable(by_x)).item() > 1e-3);
    CHECK(norm(Variable(by_weight)).item() > 1e-3);
    check_values(sum(mul(by_x, sample.x), {1}), std::vector<double>(6, 0));
    check_values(sum(mul(by_weight, sample.weight), {1}), std::vector<double>(4, 0));
  }
}

TEST_CASE("margin losses: the lengths of features and weight rows do not matter") {
  const Sample sample;
  const Tensor x_powers = doubles({2, 0.5, 1024, 1, 0.25, 64}, {6, 1});
  const Tensor weight_powers = doubles({4, 0.125, 256, 2}, {4, 1});
  const Tensor thrice = Tensor::scalar(3, DType::float64);
  for (const Margin& margin : proof::margins()) {
    CAPTURE(margin);
    const auto at = [&](const Tensor& x_factor, const Tensor& weight_factor) {
      return differentiate(loss_with(mul(sample.weight, weight_factor), 8, margin),
                           mul(sample.x, x_factor), sample.labels);
    };
    const Tensor one = Tensor::scalar(1, DType::float64);
    const auto [loss, by_x, by_weight] = at(one, one);
    // Powers of two change no mantissa: the same bits, and gradients divided by the factor.
    const auto scaled = at(x_powers, weight_powers);
    CHECK(identical(scaled.loss, loss));
    CHECK(identical(mul(scaled.by_x, x_powers), by_x));
    CHECK(identical(mul(scaled.by_weight, weight_powers), by_weight));
    const auto longer = at(thrice, thrice);
    check_close(longer.loss, loss);
    check_close(mul(longer.by_x, thrice), by_x);
    check_close(mul(longer.by_weight, thrice), by_weight);
  }
}

TEST_CASE("margin losses: float32 features whose squares overflow have their direction") {
  const MarginLoss loss = loss_with(Tensor::from({1.0F, 0.0F, 0.0F, 1.0F}, {2, 2}), 8, {.m2 = 0.2});
  const Tensor x = Tensor::from({3.0F, 4.0F}, {1, 2}), labels = integers({1});
  const auto [expected, by_x, by_weight] = differentiate(loss, x, labels);
  for (const double length : {1e20, 1e25, 1e30}) {
    CAPTURE(length);
    const auto [value, by_feature, by_row] =
        differentiate(loss, mul(x, Tensor::scalar(length, DType::float32)), labels);
    check_close(value, expected, 1e-6);
    check_close(mul(by_feature, Tensor::scalar(length, DType::float32)), by_x, 1e-5);
    check_close(by_row, by_weight, 1e-5);
  }
}

TEST_CASE("margin losses: the order of samples and of classes does not matter") {
  const Sample sample;
  const Tensor order = integers({3, 5, 0, 2, 1, 4});  // of the samples
  const Tensor classes = integers({2, 0, 3, 1});      // old class at each new place
  const Tensor new_place = integers({1, 3, 0, 2});    // of each old class
  const auto rows = [](const Tensor& x, const Tensor& index) {
    return index_select(Variable(x), 0, index).value();
  };
  for (const Margin& margin : proof::margins()) {
    CAPTURE(margin);
    const auto [loss, by_x, by_weight] =
        differentiate(loss_with(sample.weight, 8, margin), sample.x, sample.labels);
    const auto samples_moved =
        differentiate(loss_with(sample.weight, 8, margin), rows(sample.x, order),
                      gather(sample.labels, 0, order));
    check_close(samples_moved.loss, loss);
    check_close(samples_moved.by_x, rows(by_x, order));
    check_close(samples_moved.by_weight, by_weight);
    const auto classes_moved = differentiate(loss_with(rows(sample.weight, classes), 8, margin),
                                             sample.x, gather(new_place, 0, sample.labels));
    check_close(classes_moved.loss, loss);
    check_close(classes_moved.by_x, by_x);
    check_close(classes_moved.by_weight, rows(by_weight, classes));
  }
}

TEST_CASE("margin losses: finite at every degenerate configuration, in value and gradient") {
  const double tiny = 1e-30;  // its square is 0 in float32
  struct Row {
    const char* name;
    std::vector<double> x, weight;  // one feature, two classes, three dimensions
  };
  const std::vector<Row> rows = {{"parallel", {1, 2, 3}, {1, 2, 3, 0, 1, 0}},
                                 {"parallel, other lengths", {3, 6, 9}, {0.1, 0.2, 0.3, 0, 1, 0}},
                                 {"opposite", {-1, -2, -3}, {1, 2, 3, 0, 1, 0}},
                                 {"along an axis", {1, 0, 0}, {1, 0, 0, -1, 0, 0}},
                                 {"nearly parallel", {1, 1e-4, 0}, {1, 0, 0, 0, 1, 0}},
                                 {"nearly opposite", {-1, 1e-4, 0}, {1, 0, 0, 0, 1, 0}},
                                 {"zero feature", {0, 0, 0}, {1, 2, 3, 0, 1, 0}},
                                 {"zero weight row", {1, 2, 3}, {0, 0, 0, 0, 1, 0}},
                                 {"all zero", {0, 0, 0}, {0, 0, 0, 0, 0, 0}},
                                 {"tiny feature", {tiny, 0, -tiny}, {1, 2, 3, 0, 1, 0}},
                                 {"tiny weight", {1, 2, 3}, {tiny, tiny, 0, 0, 1, 0}},
                                 {"equal weights", {1, 2, 3}, {1, 2, 3, 1, 2, 3}}};
  for (const Row& row : rows) {
    for (const Margin& margin : proof::margins()) {
      for (const DType dtype : {DType::float32, DType::float64}) {
        for (const int64_t label : {0, 1}) {
          CAPTURE(row.name);
          CAPTURE(margin);
          CAPTURE(dtype);
          CAPTURE(label);
          const auto [loss, by_x, by_weight] =
              differentiate(loss_with(doubles(row.weight, {2, 3}).to(dtype), 64, margin),
                            doubles(row.x, {1, 3}).to(dtype), integers({label}));
          CHECK(all_finite(loss));
          CHECK(all_finite(by_x));
          CHECK(all_finite(by_weight));
        }
      }
    }
  }
}

TEST_CASE("margin losses: rows of zeros count as cosine 0, with gradient 0") {
  const Tensor weight = doubles({1, 2, 0, 0}, {2, 2});
  const MarginLoss loss = loss_with(weight, 30, kArcFace);
  check_values(loss.cosine_logits(Variable(doubles({0, 0, 1, 2}, {2, 2}))), {0, 0, 1, 0});
  const auto [value, by_x, by_weight] =
      differentiate(loss, doubles({0, 0, 2, 1}, {2, 2}), integers({0, 0}));
  check_values(slice(Variable(by_x), 0, 0, 1), {0, 0});
  check_values(slice(Variable(by_weight), 0, 1, 2), {0, 0});
}

TEST_CASE("margin losses: the gradient by a feature stays bounded, however near it is to its row") {
  // |dL/dx| <= s (m1 + 1) / |x|: sin(m1 theta + m2) / sin(theta) grows without bound as theta goes
  // to 0, but what it multiplies, the part of w across x, has the length sin(theta).
  const double s = 64;
  for (const DType dtype : {DType::float32, DType::float64}) {
    CAPTURE(dtype);
    // float32 cosines know an angle of 1e-3 to 6 percent only: 6e-8 / (1 - cos) / 2.
    const double slack = dtype == DType::float32 ? 1.2 : 1 + 1e-6;
    for (double theta = 0.1; theta > 1e-7; theta /= 3) {
      CAPTURE(theta);
      const Tensor x = doubles({std::cos(theta), std::sin(theta)}, {1, 2}).to(dtype);
      const MarginLoss loss =
          loss_with(doubles({1, 0, std::cos(0.3), -std::sin(0.3)}, {2, 2}).to(dtype), s, kArcFace);
      const double length = norm(Variable(differentiate(loss, x, integers({0})).by_x)).item();
      CHECK(length <= s * 2 * slack);
    }
  }
}

TEST_CASE("margin losses: the loss that perfect features keep, ten classes in the plane") {
  // Every feature on its class's row, the rows 36 degrees apart, so that the loss is
  // ln(1 + sum over k = 1 .. 9 of exp(s (cos(36 k) - phi))): the note's default cannot get lower.
  struct Row {
    const char* name;
    double s;
    Margin margin;
    const char* printed;
  };
  const std::vector<Row> rows = {{"the note's s = 30, m = 0.5", 30, kNote, "9.96"},
                                 {"ArcFace s = 30, m = 0.5", 30, kArcFace, "0.228"},
                                 {"ArcFace s = 30, m = 0.2", 30, {.m2 = 0.2}, "0.012"},
                                 {"CosFace s = 30, m = 0.1", 30, {.m3 = 0.1}, "0.123"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    double others = 0;
    const double phi = std::cos(row.margin.m2) - row.margin.m3;
    for (int k = 1; k < 10; ++k) others += std::exp(row.s * (std::cos(2 * pi * k / 10) - phi));
    const double exact = std::log1p(others), loss = loss_of_polygon(10, row.s, row.margin);
    CHECK(as_printed(exact, row.printed) == row.printed);
    // The clamp at theta = 0 lowers an ArcFace target by sin(m) 4.5e-4, the loss by at most s
    // times that more.
    const double clamped =
        row.margin.m2 == 0 ? 0 : row.s * std::sin(row.margin.m2) * kSmallestAngle;
    CHECK(loss >= exact - 1e-12);
    CHECK(loss <= exact + clamped * 1.01 + 1e-12);
  }
}

TEST_CASE("margin losses: the largest margin of ten classes in the plane") {
  // A perfect configuration is classified right by its margin logits while phi exceeds the
  // neighbour's cosine: m < 1 - cos(36 degrees) = 0.191 for CosFace, m < 36 degrees = 0.628 rad
  // for ArcFace. There the loss is below ln 3, two neighbours with the target's logit; beyond it
  // grows with s.
  const auto feasible = [](const Margin& margin) {
    return loss_of_polygon(10, 1000, margin) < std::log(3.0);
  };
  CHECK(feasible({.m3 = 0.190}));
  CHECK(!feasible({.m3 = 0.192}));
  CHECK(feasible({.m2 = 0.626}));
  CHECK(!feasible({.m2 = 0.630}));
}

TEST_CASE("margin losses: the loss of features that know nothing") {
  // All cosines 0: ln(1 + 9 exp(-s phi)) with phi = cos(90 degrees + m) = -sin(m), or -m.
  const Variable x(Tensor::zeros({1, 2}, DType::float64));
  const auto start = [&](const Margin& margin) {
    return loss_with(regular_polygon(10), 30, margin)(x, integers({4})).item();
  };
  CHECK(as_printed(start(kArcFace), "16.6") == "16.6");
  CHECK(as_printed(start(kNote), "17.2") == "17.2");
  CHECK(start({}) == doctest::Approx(std::log(10)).epsilon(1e-12));
}

TEST_CASE("margin losses: cosine_logits knows no margin, scale or label") {
  const Sample sample;
  const Tensor x = doubles({2, 0, 1, 1}, {2, 2}), weight = doubles({0, 3, 5, 0, -1, -1}, {3, 2});
  const double h = std::sqrt(0.5);
  check_values(loss_with(weight, 30, kArcFace).cosine_logits(Variable(x)), {0, 1, -h, h, h, -1});
  const Tensor plain = loss_with(sample.weight, 1, {}).cosine_logits(Variable(sample.x)).value();
  for (const Margin& margin : proof::margins())
    CHECK(identical(loss_with(sample.weight, 64, margin).cosine_logits(Variable(sample.x)).value(),
                    plain));
  // {9, 10} is nearest to its class's row {0, 3}, at cosine 0.74 against 0.67, so it counts as
  // right. Its margin logit, 0.33, is the smaller one: accuracy on those would call it wrong.
  const Variable near(doubles({9, 10}, {1, 2}));
  const Variable cosines = loss_with(weight, 30, kArcFace).cosine_logits(near);
  check_values(argmax(cosines.value(), 1), {0});
  CHECK(apply_margin(select(cosines, 1, 0), kArcFace).item() < select(cosines, 1, 1).item());
}

TEST_CASE("margin losses: weight rows start at length 1, in random directions") {
  manual_seed(2);
  const ArcFaceLoss loss(16, 1000);
  CHECK(names(loss.named_parameters()) == std::vector<std::string>{"weight"});
  check_values(norm(loss.weight, {1}), std::vector<double>(1000, 1), 1e-6);
  // The mean of n random directions in d dimensions has a coordinate's deviation 1 / sqrt(n d).
  for (const double coordinate : mean(loss.weight, {0}).value().to_vector<double>())
    CHECK(std::abs(coordinate) < 5 / std::sqrt(1000.0 * 16));
}

}  // namespace gradian::test
