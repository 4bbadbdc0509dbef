// The statistics of features around their class centres, against numbers worked out by hand.
#include <doctest/doctest.h>

#include <cmath>

#include "examples/metrics/angles.h"
#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::check_values;
using gradian::test::integers;

namespace {

Tensor rows(const std::vector<double>& values, int64_t width = 2) {
  return test::doubles(values).reshape({-1, width});
}

// Two classes on the axes: centres (2, 0) and (0, 2), each sample at distance 1 from its own.
const Tensor kCross = rows({2, 1, 2, -1, 1, 2, -1, 2});
const Tensor kCrossLabels = integers({0, 0, 1, 1});
const double kIntra = std::atan2(1, 2) * 180 / std::acos(-1);  // 26.565 degrees

}  // namespace

TEST_CASE("feature statistics of two classes on the axes are those worked out by hand") {
  const FeatureStatistics s =
      feature_statistics(kCross, kCrossLabels, rows({1, 0, 5, 5}));  // off by 0 and 45 degrees
  CHECK(s.mean_distance == doctest::Approx(1));
  CHECK(s.center_spread == doctest::Approx(std::sqrt(8)));
  CHECK(s.intra_degrees == doctest::Approx(kIntra));
  CHECK(s.inter_degrees == doctest::Approx(90));
  CHECK(s.w_ec_degrees == doctest::Approx(22.5));
  check_values(s.centers, {2, 0, 0, 2});
}

TEST_CASE("feature statistics do not depend on the dtype of the features") {
  const FeatureStatistics s = feature_statistics(kCross.to(DType::float32), kCrossLabels);
  CHECK(s.mean_distance == doctest::Approx(1));
  CHECK(s.intra_degrees == doctest::Approx(kIntra));
  CHECK(s.centers.dtype() == DType::float64);
}

TEST_CASE("without weights their angles, to centres and to each other, are NaN") {
  CHECK(std::isnan(feature_statistics(kCross, kCrossLabels).w_ec_degrees));
  CHECK(std::isnan(feature_statistics(kCross, kCrossLabels).w_inter_degrees));
}

TEST_CASE("w_inter_degrees takes the nearest other weight, of classes without samples too") {
  // Weights at 0, 60, 180 degrees and, of a class that no label names, at 90: nearest ones 60, 30,
  // 90 and 30 away. A weight of zeros has no angle.
  const Tensor weights = rows({2, 0, 1, std::sqrt(3), -7, 0, 0, 0.1, 0, 0});
  const FeatureStatistics s = feature_statistics(kCross, kCrossLabels, weights);
  CHECK(s.w_inter_degrees == doctest::Approx(52.5));
  const Tensor one = rows({1, 0});
  CHECK(std::isnan(feature_statistics(rows({1, 0}), integers({0}), one).w_inter_degrees));
}

TEST_CASE("the nearest of more centres than a block holds is that of all") {
  // A fan of 300 directions, 1 degree apart but for the last one, which is 2 off.
  std::vector<double> fan;
  for (int k = 0; k < 300; ++k) {
    const double angle = (k + (k == 299)) * std::acos(-1) / 180;
    fan.insert(fan.end(), {std::cos(angle), std::sin(angle)});
  }
  const FeatureStatistics s = feature_statistics(rows(fan), Tensor::arange(300), rows(fan));
  CHECK(s.inter_degrees == doctest::Approx(301.0 / 300));
  CHECK(s.w_inter_degrees == doctest::Approx(301.0 / 300));
}

TEST_CASE("inter_degrees takes the nearest other centre, center_spread every pair") {
  // Centres at 0, 60 and 180 degrees: nearest ones 60, 60 and 120 away.
  const double root = std::sqrt(3) / 2;
  const FeatureStatistics s =
      feature_statistics(rows({1, 0, 0.5, root, -1, 0}), integers({0, 1, 2}));
  CHECK(s.inter_degrees == doctest::Approx(80));
  CHECK(s.center_spread == doctest::Approx((1 + 2 + std::sqrt(3)) / 3));
  CHECK(s.mean_distance == 0);
  CHECK(s.intra_degrees == 0);
}

TEST_CASE("angles ignore the length of features, distances do not") {
  const Tensor longer = rows({4, 2, 4, -2, 2, 4, -2, 4});
  const FeatureStatistics s = feature_statistics(longer, kCrossLabels);
  CHECK(s.intra_degrees == doctest::Approx(kIntra));
  CHECK(s.mean_distance == doctest::Approx(2));
}

TEST_CASE("the centre of a class is its mean feature, long features weigh more") {
  // Mean of (4, 0) and (0, 2) is (2, 1): 26.6 and 63.4 degrees away, not 45 and 45.
  const FeatureStatistics s = feature_statistics(rows({4, 0, 0, 2}), integers({0, 0}));
  check_values(s.centers, {2, 1});
  CHECK(s.intra_degrees == doctest::Approx(45));
  CHECK(s.mean_distance == doctest::Approx(std::sqrt(5)));
}

TEST_CASE("classes without samples are left out of every mean, their centres are NaN") {
  const FeatureStatistics s =
      feature_statistics(kCross, integers({0, 0, 3, 3}), rows({1, 0, 7, 7, -1, -1, 0, 1}));
  CHECK(s.center_spread == doctest::Approx(std::sqrt(8)));
  CHECK(s.inter_degrees == doctest::Approx(90));
  CHECK(s.w_ec_degrees == doctest::Approx(0));
  CHECK(s.centers.shape() == Shape{4, 2});
  CHECK(std::isnan(s.centers.at({1, 0})));
  CHECK(s.centers.at({3, 1}) == 2);
}

TEST_CASE("zero vectors have no direction: they count for distances, not for angles") {
  const FeatureStatistics s = feature_statistics(rows({0, 0, 6, 0}), integers({0, 0}));
  CHECK(s.mean_distance == doctest::Approx(3));
  CHECK(s.intra_degrees == 0);
}

TEST_CASE("means over nothing are NaN: one class has no spread, no samples have no statistics") {
  const FeatureStatistics one = feature_statistics(rows({1, 0}), integers({0}));
  CHECK(std::isnan(one.center_spread));
  CHECK(std::isnan(one.inter_degrees));
  const FeatureStatistics none =
      feature_statistics(Tensor::empty({0, 2}), Tensor::empty({0}, DType::int64));
  CHECK(std::isnan(none.mean_distance));
  CHECK(std::isnan(none.intra_degrees));
}

TEST_CASE("features that are not finite show in the statistics") {
  const FeatureStatistics s = feature_statistics(rows({kNaN, 0, 1, 1}), integers({0, 1}));
  CHECK(std::isnan(s.mean_distance));
  CHECK(std::isnan(s.intra_degrees));
}

TEST_CASE("small angles keep their digits") {
  const double tiny = 1e-9;  // radians; the cosine is 1 to the last bit
  const FeatureStatistics s = feature_statistics(rows({1, tiny, 1, -tiny}), integers({0, 0}));
  CHECK(s.intra_degrees == doctest::Approx(tiny * 180 / std::acos(-1)).epsilon(1e-6));
}

TEST_CASE("in more than two dimensions the orthogonal axes are 90 degrees apart") {
  const Tensor identity = rows({1, 0, 0, 0, 1, 0, 0, 0, 1}, 3);
  const FeatureStatistics s = feature_statistics(identity, integers({0, 1, 2}), identity);
  CHECK(s.inter_degrees == doctest::Approx(90));
  CHECK(s.w_ec_degrees == 0);
}

TEST_CASE("feature statistics accept views of any strides") {
  const Tensor transposed = kCross.transpose(0, 1).contiguous().transpose(0, 1);
  CHECK(feature_statistics(transposed, kCrossLabels).mean_distance == doctest::Approx(1));
}

TEST_CASE("feature statistics name arguments that do not fit") {
  CHECK_THROWS_WITH_AS(feature_statistics(kCross, integers({0, 0, 1})),
                       "feature_statistics: expected labels int64 [4], got int64 [3]", Error);
  CHECK_THROWS_WITH_AS(feature_statistics(integers({1}), integers({1})),
                       doctest::Contains("expected features [N, d] of a floating dtype"), Error);
  CHECK_THROWS_WITH_AS(feature_statistics(kCross, kCrossLabels, rows({1, 2, 3}, 3)),
                       "feature_statistics: expected weights [C, 2], got [1, 3]", Error);
  CHECK_THROWS_WITH_AS(feature_statistics(kCross, kCrossLabels, rows({1, 2})),
                       "feature_statistics: label 1 at row 2, but there are 1 classes", Error);
  CHECK_THROWS_WITH_AS(feature_statistics(kCross, integers({0, -1, 0, 0})),
                       "feature_statistics: label -1 at row 1, but there are 1 classes", Error);
}
