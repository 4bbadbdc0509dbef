// The losses where 0 meets infinity or infinity meets itself: impossible classes, infinite logits,
// distances whose squares overflow, weights of 0 on infinite losses, and empty batches. What counts
// for nothing must leave nothing, in the value or in a gradient, and NaN must not look like a
// number.
#include <cmath>

#include "losses/ada_face.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "losses/sub_center.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

// A loss of one input, and what it and the gradient of its sum have to be.
struct Row {
  const char* name;
  std::function<Variable(const Variable&)> loss;
  std::vector<double> x;
  Shape shape;
  std::vector<double> value, gradient;
};

void check_numbers(const Tensor& actual, const std::vector<double>& expected) {
  const std::vector<double> values = actual.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    CAPTURE(i);
    if (std::isnan(expected[i]))
      CHECK(std::isnan(values[i]));
    else if (std::isinf(expected[i]))
      CHECK(values[i] == expected[i]);
    else
      CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  }
}

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    for (const DType dtype : {DType::float32, DType::float64}) {
      CAPTURE(row.name);
      CAPTURE(dtype);
      const Variable x(doubles(row.x, row.shape).to(dtype), true);
      const Variable loss = row.loss(x);
      check_numbers(loss.value(), row.value);
      check_numbers(grad({sum(loss)}, {x})[0].value(), row.gradient);
    }
}

}  // namespace

TEST_CASE("cross_entropy: what weighs 0 leaves nothing, however infinite its loss") {
  const double ln2 = std::log(2.0);
  const auto entropy = [](const std::vector<int64_t>& labels, const std::vector<double>& weight,
                          double smoothing = 0) {
    return [=](const Variable& x) {
      CrossEntropyOptions options{.label_smoothing = smoothing};
      if (!weight.empty()) options.weight = doubles(weight).to(x.dtype());
      return cross_entropy(x, integers(labels), options);
    };
  };
  const auto likelihood = [](const std::vector<int64_t>& labels,
                             const std::vector<double>& weight) {
    return [=](const Variable& x) {
      return nll_loss(x, integers(labels), {.weight = doubles(weight).to(x.dtype())});
    };
  };
  const double third = 1.0 / 3, log3 = std::log(3.0);
  check_rows({
      {"label impossible", entropy({1}, {}), {0, -kInfinity}, {1, 2}, {kInfinity}, {1, -1}},
      {"another class impossible",
       entropy({0}, {}),
       {0, 0, -kInfinity},
       {1, 3},
       {ln2},
       {-0.5, 0.5, 0}},
      {"all others impossible",
       entropy({0}, {}),
       {0, -kInfinity, -kInfinity},
       {1, 3},
       {0},
       {0, 0, 0}},
      {"label impossible, its weight 0",
       entropy({1, 0}, {1, 0, 1}),
       {0, -kInfinity, 0, 0, 0, 0},
       {2, 3},
       {log3},
       {0, 0, 0, third - 1, third, third}},
      {"NaN in a row of weight 0",
       entropy({1, 0}, {1, 0, 1}),
       {kNaN, 0, 0, 0, 0, 0},
       {2, 3},
       {log3},
       {0, 0, 0, third - 1, third, third}},
      {"NaN in an ignored row",
       entropy({-100, 0}, {}),
       {kNaN, 0, 0, 0, 0, 0},
       {2, 3},
       {log3},
       {0, 0, 0, third - 1, third, third}},
      {"infinity in an ignored row",
       entropy({-100, 0}, {}),
       {kInfinity, 0, 0, 0},
       {2, 2},
       {ln2},
       {0, 0, -0.5, 0.5}},
      {"NaN in a row that counts", entropy({1}, {}), {kNaN, 0}, {1, 2}, {kNaN}, {kNaN, kNaN}},
      {"infinity in a row that counts",
       entropy({0}, {}),
       {kInfinity, 0},
       {1, 2},
       {kNaN},
       {kNaN, kNaN}},
      {"NaN in an ignored row, smoothed",
       entropy({0, -100}, {}, 0.5),
       {0, 0, kNaN, 0},
       {2, 2},
       {ln2},
       {-0.25, 0.25, 0, 0}},
      // Targets {0.9, 0.1}: the impossible class is expected a little.
      {"impossible class, smoothed",
       entropy({0}, {}, 0.2),
       {0, -kInfinity},
       {1, 2},
       {kInfinity},
       {0.1, -0.1}},
      // Its weight 0: 0.9 ln 1 is left.
      {"impossible class of weight 0, smoothed",
       entropy({0}, {1, 0}, 0.2),
       {0, -kInfinity},
       {1, 2},
       {0},
       {0, 0}},
      // The label's own part 0.8 * 0 * infinity is nothing; 0.1 * 1 * ln 1 is left of the spread.
      {"label impossible, weight 0, beside another",
       entropy({1, 0}, {1, 0}, 0.2),
       {0, -kInfinity, 0, 0},
       {2, 2},
       {0.9 * ln2},
       {0, 0, -0.45, 0.45}},
      {"smoothed away", entropy({1}, {1, 1}, 1), {0, -kInfinity}, {1, 2}, {kInfinity}, {0.5, -0.5}},
      {"all rows ignored", entropy({-100, -100}, {}), {1, 2, 3, 4}, {2, 2}, {kNaN}, {0, 0, 0, 0}},
      {"all rows of weight 0", entropy({0, 0}, {0, 1}), {1, 2, 3, 4}, {2, 2}, {kNaN}, {0, 0, 0, 0}},
      {"no rows", entropy({}, {}), {}, {0, 3}, {kNaN}, {}},
      {"no rows, no classes", entropy({}, {}), {}, {0, 0}, {kNaN}, {}},
      {"nll, label impossible, its weight 0",
       likelihood({1, 0}, {1, 0}),
       {-1, -kInfinity, -2, -3},
       {2, 2},
       {2},
       {0, 0, -1, 0}},
      {"nll, NaN in a row of weight 0",
       likelihood({1, 0}, {1, 0}),
       {-1, kNaN, -2, -3},
       {2, 2},
       {2},
       {0, 0, -1, 0}},
  });
}

TEST_CASE("binary_cross_entropy_with_logits: infinite logits are certain, right or wrong") {
  const auto binary = [](const std::vector<double>& target, const std::vector<double>& weight,
                         const std::vector<double>& pos_weight) {
    return [=](const Variable& x) {
      BinaryCrossEntropyOptions options{.reduction = Reduction::none};
      if (!weight.empty()) options.weight = doubles(weight).to(x.dtype());
      if (!pos_weight.empty()) options.pos_weight = doubles(pos_weight).to(x.dtype());
      return binary_cross_entropy_with_logits(x, Variable(doubles(target).to(x.dtype())), options);
    };
  };
  check_rows({
      {"each certainty",
       binary({1, 0, 0, 1}, {}, {}),
       {kInfinity, kInfinity, -kInfinity, -kInfinity},
       {4},
       {0, kInfinity, 0, kInfinity},
       {0, 1, 0, -1}},
      {"undecided target",
       binary({0.5, 0.5}, {}, {}),
       {kInfinity, -kInfinity},
       {2},
       {kInfinity, kInfinity},
       {0.5, -0.5}},
      {"weight 0",
       binary({0, 1, 1}, {0, 0, 0}, {}),
       {kInfinity, -kInfinity, kNaN},
       {3},
       {0, 0, 0},
       {0, 0, 0}},
      {"weight 0 on a target of NaN",
       binary({kNaN, 1}, {0, 1}, {}),
       {3, 0},
       {2},
       {0, std::log(2.0)},
       {0, -0.5}},
      {"pos_weight 0",
       binary({1, 0}, {}, {0, 0}),
       {-kInfinity, kInfinity},
       {2},
       {0, kInfinity},
       {0, 1}},
      {"NaN that counts", binary({0, 1}, {}, {}), {kNaN, kNaN}, {2}, {kNaN, kNaN}, {kNaN, kNaN}},
  });
}

TEST_CASE(
    "regression losses: an infinite difference has an infinite loss, and the slope of its side") {
  const auto to_zero = [](auto loss) {
    return
        [=](const Variable& x) { return loss(x, Variable(Tensor::zeros(x.shape(), x.dtype()))); };
  };
  const auto smooth = [](double beta) {
    return [=](const Variable& x, const Variable& t) {
      return smooth_l1_loss(x, t, {Reduction::none, beta});
    };
  };
  const std::vector<double> x{kInfinity, -kInfinity}, infinite{kInfinity, kInfinity};
  check_rows({
      {"l1",
       to_zero(
           [](const Variable& x, const Variable& t) { return l1_loss(x, t, {Reduction::none}); }),
       x,
       {2},
       infinite,
       {1, -1}},
      {"smooth l1", to_zero(smooth(1)), x, {2}, infinite, {1, -1}},
      {"smooth l1, beta 0", to_zero(smooth(0)), x, {2}, infinite, {1, -1}},
      {"mse",
       to_zero(
           [](const Variable& x, const Variable& t) { return mse_loss(x, t, {Reduction::none}); }),
       x,
       {2},
       infinite,
       {kInfinity, -kInfinity}},
      {"NaN", to_zero(smooth(1)), {kNaN}, {1}, {kNaN}, {kNaN}},
  });
  // Squares that overflow on the far side stay out of the near side.
  check_rows(
      {{"smooth l1 at 1e30", to_zero(smooth(2)), {1e30, -1e30}, {2}, {1e30, 1e30}, {1, -1}}});
}

TEST_CASE("pair losses: distances whose squares overflow, or vanish, are distances") {
  const auto contrastive = [](int64_t same, double margin) {
    return [=](const Variable& x) {
      const Variable origin(Tensor::zeros(x.shape(), x.dtype()));
      return contrastive_loss(x, origin, integers({same}), {.margin = margin});
    };
  };
  // The anchor at `x`, the positive at 3e19 on the first axis, the negative at 1e19.
  const auto triplet = [](double positive, double negative) {
    return [=](const Variable& x) {
      const auto at = [&](double place) {
        return Variable(doubles({place, 0}, {1, 2}).to(x.dtype()));
      };
      return triplet_margin_loss(x, at(positive), at(negative), {.eps = 0});
    };
  };
  check_rows({
      {"different, 2e19 apart", contrastive(0, 1), {2e19, 0}, {1, 2}, {0}, {0, 0}},
      {"different, 3e19 of a margin of 8e19",
       contrastive(0, 8e18),
       {3e18, 4e18},
       {1, 2},
       {4.5e36},
       {-1.8e18, -2.4e18}},
      {"same, 2e19 apart", contrastive(1, 1), {2e19, 0}, {1, 2}, {2e38}, {2e19, 0}},
      {"same, infinitely far apart",
       contrastive(1, 1),
       {kInfinity, 1},
       {1, 2},
       {kInfinity},
       {kInfinity, 1}},
      {"different, 5e-25 apart", contrastive(0, 1), {3e-25, 4e-25}, {1, 2}, {0.5}, {-0.6, -0.8}},
      {"NaN", contrastive(0, 1), {kNaN, 0}, {1, 2}, {kNaN}, {kNaN, kNaN}},
      {"positive farther, 2e19", triplet(3e19, 1e19), {0, 0}, {1, 2}, {2e19}, {0, 0}},
      {"negative farther, 2e19", triplet(1e19, 3e19), {0, 0}, {1, 2}, {0}, {0, 0}},
      {"between, 2e19", triplet(-3e19, 1e19), {0, 0}, {1, 2}, {2e19}, {2, 0}},
  });
}

TEST_CASE("CenterLoss: at distances whose squares overflow the paper's loss is infinite, not NaN") {
  for (const CenterUpdate update : {CenterUpdate::gradient, CenterUpdate::paper}) {
    CenterLoss loss(1, 2, 0.5, update);
    loss.centers.set_value(Tensor::zeros({1, 2}));
    const Variable x(Tensor::full({2, 2}, 2e19), true);
    const Variable value = loss(x, integers({0, 0}));
    CHECK(value.item() == kInfinity);
    value.backward();
    CHECK(all_finite(x.grad().value()));
    CHECK(all_finite(loss.centers.grad().value()));
  }
}

TEST_CASE("CenterLoss: weight 0 leaves nothing, and an infinite feature has an infinite loss") {
  for (const CenterUpdate update : {CenterUpdate::gradient, CenterUpdate::paper}) {
    const auto center = [=](double weight) {
      return [=](const Variable& x) {
        CenterLoss loss(1, 2, weight, update);
        loss.to(x.dtype());
        loss.centers.set_value(Tensor::zeros({1, 2}, x.dtype()));
        return loss(x, integers({0}));
      };
    };
    const double slope = update == CenterUpdate::paper ? 1 : 2;
    check_rows({{"weight 0, 2e19", center(0), {2e19, 1}, {1, 2}, {0}, {0, 0}},
                {"infinite", center(1), {kInfinity, 1}, {1, 2}, {kInfinity}, {kInfinity, slope}}});
  }
}

TEST_CASE("losses: the mean over an empty batch is NaN, 0 / 0, the sum 0, and nothing crashes") {
  const Variable x = leaf({}, {0, 3});
  using Loss = std::function<Variable(Reduction)>;
  const std::vector<std::pair<const char*, Loss>> losses = {
      {"mse_loss", [&](Reduction r) { return mse_loss(x, x, {r}); }},
      {"l1_loss", [&](Reduction r) { return l1_loss(x, x, {r}); }},
      {"smooth_l1_loss", [&](Reduction r) { return smooth_l1_loss(x, x, {.reduction = r}); }},
      {"binary_cross_entropy_with_logits",
       [&](Reduction r) { return binary_cross_entropy_with_logits(x, x, {.reduction = r}); }},
      {"cross_entropy",
       [&](Reduction r) { return cross_entropy(x, integers({}), {.reduction = r}); }},
      {"nll_loss", [&](Reduction r) { return nll_loss(x, integers({}), {.reduction = r}); }},
      {"contrastive_loss",
       [&](Reduction r) { return contrastive_loss(x, x, integers({}), {.reduction = r}); }},
      {"triplet_margin_loss",
       [&](Reduction r) { return triplet_margin_loss(x, x, x, {.reduction = r}); }}};
  for (const auto& named : losses) {
    INFO(named.first);
    const Loss& loss = named.second;
    CHECK(std::isnan(loss(Reduction::mean).item()));
    CHECK(loss(Reduction::sum).item() == 0);
    CHECK(loss(Reduction::none).numel() == 0);
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      CHECK(grad({loss(reduction)}, {x})[0].shape() == x.shape());
  }
  for (const CenterUpdate update : {CenterUpdate::gradient, CenterUpdate::paper}) {
    CenterLoss center(4, 3, 1, update);
    center.to(DType::float64);
    const Variable value = center(x, integers({}));
    CHECK(std::isnan(value.item()));
    value.backward();
    check_values(center.centers.grad(), std::vector<double>(12, 0));
  }
}

TEST_CASE("AdaFace, sub-center: an empty batch has a mean of NaN, rows of zeros a finite loss") {
  AdaFaceLoss ada_face(3, 4);
  SubCenterArcFaceLoss sub_center(3, 4);
  for (MarginLoss* loss :
       {static_cast<MarginLoss*>(&ada_face), static_cast<MarginLoss*>(&sub_center)})
    for (const int64_t rows : {0, 1, 2}) {
      CAPTURE(loss->description());
      CAPTURE(rows);
      const Variable x(Tensor::zeros({rows, 3}), true);
      const Variable value = (*loss)(x, Tensor::zeros({rows}, DType::int64));
      CHECK(std::isnan(value.item()) == (rows == 0));
      for (const Variable& gradient : grad({value}, {x, loss->weight})) {
        CHECK(all_finite(gradient.value()));
        CHECK(sum(abs(gradient)).item() == 0);
      }
    }
}

}  // namespace gradian::test
