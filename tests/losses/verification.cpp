// Scores of pairs, the ROC curve and what is read off it, the folds: against numbers worked by
// hand, against a second, plain definition, and under changes that may not matter.
#include "losses/verification.h"

#include <algorithm>
#include <cmath>

#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian {
namespace {

using test::check_close, test::doubles, test::error_of, test::identical, test::integers,
    test::kInfinity;

PairScores pairs_of(const std::vector<double>& genuine, const std::vector<double>& impostor) {
  std::vector<double> similarity = genuine;
  similarity.insert(similarity.end(), impostor.begin(), impostor.end());
  std::vector<int64_t> same(genuine.size(), 1);
  same.resize(similarity.size(), 0);
  return {doubles(similarity), integers(same), {}, {}};
}

void check_point(const OperatingPoint& point, double threshold, double far, double tar) {
  CHECK(point.threshold == threshold);
  CHECK(point.far == far);
  CHECK(point.tar == tar);
}

// 0.6 occurs in both kinds.
PairScores by_hand() { return pairs_of({0.9, 0.8, 0.6, 0.3}, {0.7, 0.6, 0.5, 0.2, 0.1}); }

TEST_CASE("roc_curve: a point for each similarity that occurs, ties in one step") {
  const RocCurve curve = roc_curve(by_hand());
  CHECK(curve.thresholds == std::vector<double>{kInfinity, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.1});
  CHECK(curve.far == std::vector<double>{0, 0, 0, 0.2, 0.4, 0.6, 0.6, 0.8, 1});
  CHECK(curve.tar == std::vector<double>{0, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1, 1});
  CHECK(curve.positives == 4);
  CHECK(curve.negatives == 5);
}

TEST_CASE("the figures of a curve worked by hand") {
  const RocCurve curve = roc_curve(by_hand());
  // Of the 4 * 5 comparisons 0.9 and 0.8 win 5 each, 0.6 wins 3 and draws one, 0.3 wins 2.
  CHECK(roc_auc(curve) == doctest::Approx(15.5 / 20).epsilon(1e-14));
  // Two thirds of the way from (0.2, 0.5) to (0.4, 0.75), where FAR + TAR = 1.
  CHECK(equal_error_rate(curve) == doctest::Approx(1.0 / 3).epsilon(1e-14));
  check_point(tar_at_far(curve, 0.2), 0.7, 0.2, 0.5);
  check_point(tar_at_far(curve, 0.39), 0.7, 0.2, 0.5);
  check_point(tar_at_far(curve, 0.4), 0.6, 0.4, 0.75);
  check_point(tar_at_far(curve, 0.6), 0.3, 0.6, 1);
  check_point(tar_at_far(curve, 1), 0.1, 1, 1);
}

TEST_CASE("a curve that passes through FAR = 1 - TAR has its equal error rate there") {
  CHECK(equal_error_rate(roc_curve(pairs_of({4, 1}, {3, 0}))) == 0.5);
  CHECK(equal_error_rate(roc_curve(pairs_of({5, 4, 3, 1}, {2, 0, 0, 0}))) == 0.25);
}

TEST_CASE("pairs that are all alike say nothing: one step, AUC and EER one half, no TAR below 1") {
  const RocCurve curve = roc_curve(pairs_of({7, 7}, {7, 7, 7}));
  CHECK(curve.thresholds == std::vector<double>{kInfinity, 7});
  CHECK(roc_auc(curve) == 0.5);
  CHECK(equal_error_rate(curve) == 0.5);
  check_point(tar_at_far(curve, 0.9), kInfinity, 0, 0);
  check_point(tar_at_far(curve, 1), 7, 1, 1);
}

TEST_CASE("perfect scores: AUC 1, EER 0, every TAR 1") {
  const RocCurve curve = roc_curve(pairs_of({4, 5, 6}, {1, 2, 3}));
  CHECK(roc_auc(curve) == 1);
  CHECK(equal_error_rate(curve) == 0);
  check_point(tar_at_far(curve, 0.34), 3, 1.0 / 3, 1);
}

TEST_CASE("inverted scores: AUC 0, EER 1, every TAR below FAR 1 is 0") {
  const RocCurve curve = roc_curve(pairs_of({0, 1}, {2, 3}));
  CHECK(roc_auc(curve) == 0);
  CHECK(equal_error_rate(curve) == 1);
  check_point(tar_at_far(curve, 0.5), 3, 0.5, 0);
  check_point(tar_at_far(curve, 1), 0, 1, 1);
}

TEST_CASE("tar_at_far takes a FAR of exactly 1 / negatives, and none below") {
  std::vector<double> impostor(1000);
  for (size_t i = 0; i < impostor.size(); ++i) impostor[i] = double(i);
  const RocCurve curve = roc_curve(pairs_of({998.5, 10}, impostor));
  check_point(tar_at_far(curve, 1e-3), 998.5, 1e-3, 0.5);
  CHECK(error_of([&] { tar_at_far(curve, 9.99e-4); }) ==
        "tar_at_far: the FAR must be from 1 / 1000 to 1, as there are 1000 pairs of two "
        "identities, got 0.000999");
}

// Scores that are often equal.
PairScores random_scores(uint64_t seed) {
  Generator generator(seed);
  std::vector<double> genuine(37), impostor(113);
  for (double& x : genuine) x = std::round(4 * generator.normal() + 4) / 4;
  for (double& x : impostor) x = std::round(4 * generator.normal()) / 4;
  return pairs_of(genuine, impostor);
}

TEST_CASE("the area is the share of comparisons that the pair of one identity wins") {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const PairScores scores = random_scores(seed);
    const auto similarity = scores.similarity.to_vector<double>();
    double wins = 0;
    for (size_t i = 0; i < 37; ++i)
      for (size_t j = 37; j < similarity.size(); ++j)
        wins += (similarity[i] > similarity[j]) + 0.5 * (similarity[i] == similarity[j]);
    CHECK(roc_auc(roc_curve(scores)) == doctest::Approx(wins / (37 * 113)).epsilon(1e-13));
  }
}

TEST_CASE("FAR and TAR of each threshold are the shares of pairs that reach it") {
  const PairScores scores = random_scores(9);
  const auto similarity = scores.similarity.to_vector<double>();
  const RocCurve curve = roc_curve(scores);
  for (size_t i = 0; i < curve.thresholds.size(); ++i) {
    const auto reach = [&](double x) { return x >= curve.thresholds[i]; };
    CHECK(curve.tar[i] ==
          double(std::count_if(similarity.begin(), similarity.begin() + 37, reach)) / 37);
    CHECK(curve.far[i] ==
          double(std::count_if(similarity.begin() + 37, similarity.end(), reach)) / 113);
  }
}

TEST_CASE("a rising function of the scores and another order of the pairs change no figure") {
  const PairScores scores = random_scores(3);
  const Tensor order = randperm(150);
  const PairScores changed{
      gather(exp(3 * scores.similarity), 0, order), gather(scores.same, 0, order), {}, {}};
  const RocCurve a = roc_curve(scores), b = roc_curve(changed);
  CHECK(a.far == b.far);
  CHECK(a.tar == b.tar);
  CHECK(b.thresholds[2] == doctest::Approx(std::exp(3 * a.thresholds[2])));
  const PairScores risen{exp(3 * scores.similarity), scores.same, {}, {}};
  CHECK(verification_accuracy(risen).accuracies == verification_accuracy(scores).accuracies);
}

TEST_CASE("scores may be float32 and `same` of any dtype") {
  const PairScores scores = by_hand();
  const Tensor single = scores.similarity.to(DType::float32);
  const RocCurve curve = roc_curve({single, scores.same.to(DType::float32), {}, {}});
  CHECK(curve.tar == roc_curve(scores).tar);
  CHECK(curve.thresholds[1] == double(0.9f));
}

TEST_CASE("verification_accuracy: each fold by the threshold of the others, worked by hand") {
  // The second fold's 0.6 tells the first one right; the first one's 0.9 refuses two of one
  // identity in the second.
  const PairScores scores{
      doubles({0.9, 0.2, 0.5, 0.8, 0.6, 0.4}), integers({1, 0, 0, 1, 1, 0}), {}, {}};
  const FoldAccuracy result = verification_accuracy(scores, 2);
  CHECK(result.thresholds == std::vector<double>{0.6, 0.9});
  test::check_values(doubles(result.accuracies), {1, 1.0 / 3});
  CHECK(result.mean == doctest::Approx(2.0 / 3));
  CHECK(result.stddev == doctest::Approx(1.0 / 3));
}

TEST_CASE(
    "verification_accuracy: ties are accepted together, and equal thresholds give the highest") {
  // 5 without its twin would tell as many right as 4 does; in the second fold 9 and 7 do.
  const PairScores ties{doubles({5, 5, 4, 9, 8, 7}), integers({1, 0, 1, 1, 0, 1}), {}, {}};
  CHECK(verification_accuracy(ties, 2).thresholds == std::vector<double>{9, 4});
}

TEST_CASE("verification_accuracy: folds are runs of the list, as even as can be") {
  const PairScores scores = pairs_of({4, 3}, {2, 1, 0});
  const FoldAccuracy result = verification_accuracy(scores, 3);  // pairs 0 1, 2 3, 4
  CHECK(result.thresholds == std::vector<double>{kInfinity, 3, 3});
  CHECK(result.accuracies == std::vector<double>{0, 1, 1});
}

TEST_CASE("balanced_pairs: all of the rarer kind, as many of the other, each once, by the seed") {
  PairScores scores = pairs_of({1, 2, 3}, {4, 5, 6, 7, 8, 9, 10});
  scores.first = Tensor::arange(10);
  Generator generator(5), again(5), other(6);
  const PairScores chosen = balanced_pairs(scores, generator);
  CHECK(chosen.same.numel() == 6);
  CHECK(sum(chosen.same).item() == 3);
  CHECK(identical(chosen.similarity, (chosen.first + 1).to(DType::float64)));
  CHECK_FALSE(chosen.second.defined());
  std::vector<double> values = chosen.similarity.to_vector<double>();
  std::sort(values.begin(), values.end());
  CHECK(std::adjacent_find(values.begin(), values.end()) == values.end());
  CHECK(std::vector<double>(values.begin(), values.begin() + 3) == std::vector<double>{1, 2, 3});
  CHECK(identical(balanced_pairs(scores, again).first, chosen.first));
  CHECK_FALSE(identical(balanced_pairs(scores, other).first, chosen.first));
}

TEST_CASE("balanced_pairs of a rare kind: neighbours are of both kinds, so folds are alike") {
  // As many are told wrong at the best threshold, 0, as overlap: a tenth of either kind.
  std::vector<double> genuine, impostor;
  for (int i = 0; i < 200; ++i) genuine.push_back(i < 20 ? -1 - i : 1 + i);
  for (int i = 0; i < 20000; ++i) impostor.push_back(i < 2000 ? 1 + i % 180 : -1 - i % 180);
  Generator generator(5);
  const PairScores chosen = balanced_pairs(pairs_of(genuine, impostor), generator);
  REQUIRE(chosen.same.numel() == 400);
  for (int fold = 0; fold < 10; ++fold) {
    const double same = sum(chosen.same.slice(0, 40 * fold, 40 * fold + 40)).item();
    CHECK(same >= 8);
    CHECK(same <= 32);
  }
  CHECK(verification_accuracy(chosen).mean > 0.85);
}

}  // namespace
}  // namespace gradian
