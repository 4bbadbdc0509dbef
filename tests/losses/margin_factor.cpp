// Margin warm-up: what a factor makes of the margins of each loss.
#include <memory>

#include "losses/ada_face.h"
#include "losses/sub_center.h"
#include "nn/schedule.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

constexpr int64_t kSize = 5, kClasses = 4;

using Make = std::function<std::unique_ptr<MarginLoss>(double share)>;

// Each of the family, with its margin or a share of it.
std::vector<std::pair<const char*, Make>> losses() {
  return {
      {"MarginLoss",
       [](double share) {
         return std::make_unique<MarginLoss>(kSize, kClasses, 8,
                                             Margin{1 + share * 0.5, share * 0.3, share * 0.2});
       }},
      {"ArcFaceLoss",
       [](double share) { return std::make_unique<ArcFaceLoss>(kSize, kClasses, 8, share * 0.5); }},
      {"CosFaceLoss",
       [](double share) {
         return std::make_unique<CosFaceLoss>(kSize, kClasses, 8, share * 0.35);
       }},
      {"SubCenterArcFaceLoss",
       [](double share) {
         return std::make_unique<SubCenterArcFaceLoss>(kSize, kClasses, 3, 8, share * 0.5);
       }},
      {"AdaFaceLoss",
       [](double share) {
         return std::make_unique<AdaFaceLoss>(kSize, kClasses, 8, share * 0.4, 1.5);
       }},
  };
}

double value_of(MarginLoss& loss) {
  loss.to(DType::float64);
  Generator generator(6);
  const Variable x(randn({6, 5}, DType::float64, 0, 1, generator));
  loss.weight.set_value(randn(loss.weight.shape(), DType::float64, 0, 1, generator));
  return loss(x, integers({0, 3, 1, 1, 0, 3})).item();
}

}  // namespace

TEST_CASE("margin factor: a loss with the factor f is the loss with f times the margin") {
  for (const auto& row : losses()) {
    INFO(row.first);
    double last = 0;
    for (const double factor : {0.0, 0.25, 0.7, 1.0}) {
      const auto whole = row.second(1), part = row.second(factor);
      whole->set_margin_factor(factor);
      CHECK(value_of(*whole) == doctest::Approx(value_of(*part)).epsilon(1e-12));
      CHECK(value_of(*whole) > last);  // a larger margin, a larger loss
      last = value_of(*whole);
    }
  }
}

TEST_CASE("margin factor: without a margin left all of one centre a class are the same softmax") {
  for (const auto& row : losses()) {
    INFO(row.first);
    const auto loss = row.second(1), softmax = losses()[0].second(0);
    loss->set_margin_factor(0);
    if (loss->weight.size(0) == kClasses)  // acos clamps cosines that are near 1, and these are not
      CHECK(value_of(*loss) == doctest::Approx(value_of(*softmax)).epsilon(1e-12));
  }
}

TEST_CASE("margin factor: a schedule sets it, and it is no part of the state") {
  const nn::Schedule schedule = nn::warm_up(4);
  ArcFaceLoss loss(5, 4, 8, 0.5), whole(5, 4, 8, 0.5);
  const double with_all = value_of(whole);
  for (int step = 0; step < 3; ++step) {
    loss.set_margin_factor(schedule(step));
    CHECK(value_of(loss) < with_all);
  }
  loss.set_margin_factor(schedule(3));
  CHECK(value_of(loss) == with_all);  // to the last bit
  CHECK(names(loss.named_parameters()) == std::vector<std::string>{"weight"});
  CHECK(loss.named_buffers().empty());
}

}  // namespace gradian::test
