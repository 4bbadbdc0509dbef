// Sub-center ArcFace: which of a class's centres counts, and the wrongly labelled rows that it
// finds.
#include "losses/sub_center.h"

#include <cmath>
#include <numbers>
#include <set>

#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// Two classes of two centres in the plane: along x and along -x, along y and along -y.
SubCenterArcFaceLoss cross(double s = 2, double m = 0.2) {
  SubCenterArcFaceLoss loss(2, 2, /*K=*/2, s, m);
  loss.to(DType::float64);
  loss.weight.set_value(doubles({1, 0, -3, 0, 0, 2, 0, -1}, {4, 2}));
  return loss;
}

}  // namespace

TEST_CASE("sub-center: a class's cosine is the largest of its centres', and the margin is on it") {
  const double angle = 0.3;
  const SubCenterArcFaceLoss loss = cross();
  for (const double side : {1.0, -1.0}) {
    const Variable x(doubles({side * 4 * std::cos(angle), 4 * std::sin(angle)}, {1, 2}));
    check_values(loss.cosine_logits(x), {std::cos(angle), std::sin(angle)});
    const double target = std::cos(angle + 0.2), other = std::sin(angle);
    check_values(loss(x, integers({0})), {std::log1p(std::exp(2 * (other - target)))});
  }
}

TEST_CASE("sub-center: only the nearest centre of a class gets a gradient, the first of equals") {
  const SubCenterArcFaceLoss loss = cross();
  const auto moved = [&](const std::vector<double>& feature) {
    const Variable x(doubles(feature, {1, 2}));
    const Tensor by_weight = grad({loss(x, integers({0}))}, {loss.weight})[0].value();
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < 4; ++row)
      if (norm(by_weight.slice(0, row, row + 1)).item() > 1e-3) rows.push_back(row);
    return rows;
  };
  CHECK(moved({2, 1}) == std::vector<int64_t>{0, 2});
  CHECK(moved({-2, -1}) == std::vector<int64_t>{1, 3});
  CHECK(moved({0, -1}) == std::vector<int64_t>{0});  // both of class 0 at 90 degrees, 3 straight on
}

TEST_CASE("sub-center: with one centre a class it is ArcFace") {
  Generator generator(3);
  const Variable x(randn({6, 5}, DType::float64, 0, 1, generator), true);
  const Tensor weight = randn({4, 5}, DType::float64, 0, 1, generator);
  const Tensor labels = integers({0, 3, 1, 1, 0, 3});
  const auto run = [&](MarginLoss&& loss) {
    loss.to(DType::float64);
    loss.weight.set_value(weight);
    const Variable value = loss(x, labels);
    const auto gradients = grad({value}, {x, loss.weight});
    return std::vector<Tensor>{value.value(), gradients[0].value(), gradients[1].value(),
                               loss.cosine_logits(x).value()};
  };
  for (const MarginOverflow rule : {MarginOverflow::mirror, MarginOverflow::cos_fallback}) {
    const auto one = run(SubCenterArcFaceLoss(5, 4, 1, 16, 0.3, rule));
    const auto arc = run(ArcFaceLoss(5, 4, 16, 0.3, rule));
    for (size_t i = 0; i < arc.size(); ++i) check_close(one[i], arc[i], 1e-12);
  }
}

TEST_CASE("sub-center: dominant centres and outliers by hand") {
  const SubCenterArcFaceLoss loss = cross();
  // Of class 0 three rows near -x, one at x, one 80 degrees from -x; of class 1 two rows, one near
  // each centre.
  const auto row = [](double degrees) {
    const double angle = degrees * std::numbers::pi / 180;
    return std::vector<double>{5 * std::cos(angle), 5 * std::sin(angle)};
  };
  std::vector<double> values;
  for (const double degrees : {180, 170, 185, 0, 100, 80, 265})
    for (const double value : row(degrees)) values.push_back(value);
  const Tensor x = doubles(values, {7, 2}), labels = integers({0, 0, 0, 0, 0, 1, 1});
  check_values(loss.dominant_centers(x, labels), {1, 0});
  const auto found_beyond = [&](double degrees) {
    std::vector<std::pair<int64_t, int>> found;
    for (const Outlier& outlier : loss.outliers(x, labels, degrees))
      found.emplace_back(outlier.row, static_cast<int>(std::lround(outlier.degrees)));
    return found;
  };
  using Found = std::vector<std::pair<int64_t, int>>;
  CHECK(found_beyond(75) == Found{{3, 180}, {4, 80}, {6, 175}});
  CHECK(found_beyond(85) == Found{{3, 180}, {6, 175}});
  CHECK(found_beyond(180).empty());
  CHECK(loss.outliers(doubles({}, {0, 2}), integers({})).empty());
  check_values(loss.dominant_centers(doubles({}, {0, 2}), integers({})), {0, 0});
}

TEST_CASE("sub-center: after training on labels of which one in six is wrong, outliers are these") {
  // Twelve classes around axes of 16 dimensions, 20 rows each; a wrong label may be any other
  // class.
  constexpr int64_t kClasses = 12, kRows = 240, kSize = 16;
  Generator generator(7);
  const Tensor truth = Tensor::arange(kRows) / (kRows / kClasses);
  const Variable inputs(one_hot(truth, kSize, DType::float32) +
                        randn({kRows, kSize}, DType::float32, 0, 0.15, generator));
  std::vector<int64_t> labels = truth.to_vector<int64_t>();
  std::set<int64_t> swapped;
  for (int64_t row = 0; row < kRows; row += 6) {
    int64_t& label = labels[static_cast<size_t>(row)];
    label = (label + 1 + row / 6 % (kClasses - 1)) % kClasses;
    swapped.insert(row);
  }
  manual_seed(1);
  nn::Linear embedding(kSize, kSize);
  SubCenterArcFaceLoss loss(kSize, kClasses, /*K=*/3, /*s=*/8, /*m=*/1);
  nn::SGD optimizer({{embedding.parameters()}, {loss.parameters()}}, {.lr = 0.3, .momentum = 0.9});
  for (int step = 0; step < 60; ++step) {
    const Variable value = loss(embedding(inputs), integers(labels));
    optimizer.zero_grad();
    value.backward();
    optimizer.step();
  }
  const auto found = loss.outliers(embedding(inputs).value(), integers(labels));
  double hits = 0;
  for (const Outlier& outlier : found) hits += swapped.contains(outlier.row) ? 1 : 0;
  const double precision = hits / static_cast<double>(found.size());
  const double recall = hits / static_cast<double>(swapped.size());
  CHECK(precision >= 0.95);
  CHECK(recall >= 0.9);
}

}  // namespace gradian::test
