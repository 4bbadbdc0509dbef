// The bootstrap interval over identities: against pairs that are formed anew, one by one, of the
// identities drawn, and against the spread that it is meant to show.
#include <algorithm>
#include <map>

#include "losses/verification.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/helpers.h"

namespace gradian {
namespace {

using test::doubles, test::integers;

// `images` features of each identity around a direction of its own.
PairScores faces(int64_t identities, int64_t images, uint64_t seed) {
  Generator generator(seed);
  const int64_t n = identities * images;
  const Tensor labels = 100 - 7 * (Tensor::arange(n) / images);
  const Tensor centers = randn({identities, 8}, DType::float64, 0, 1, generator);
  const Tensor of_each = (Tensor::arange(n) / images).unsqueeze(1).expand({n, 8});
  return all_pairs(gather(centers, 0, of_each) + randn({n, 8}, DType::float64, 0, 0.7, generator),
                   labels);
}

// The largest TAR of thresholds with a FAR of at most `far`, which may be below 1 / negatives.
double largest_tar(const RocCurve& curve, double far) {
  double tar = 0;
  for (size_t i = 0; i < curve.far.size(); ++i)
    if (curve.far[i] <= far) tar = curve.tar[i];
  return tar;
}

// The pairs of identities drawn `times` each: of two as often as copies of both meet, of one as
// often as it was drawn.
PairScores redrawn(const PairScores& scores, const std::map<int64_t, int64_t>& times) {
  const auto similarity = scores.similarity.to_vector<double>();
  const auto first = scores.first.to_vector<int64_t>(), second = scores.second.to_vector<int64_t>();
  std::vector<double> values;
  std::vector<int64_t> same;
  for (size_t pair = 0; pair < similarity.size(); ++pair) {
    const int64_t a = first[pair], b = second[pair];
    const int64_t count = a == b ? times.at(a) : times.at(a) * times.at(b);
    values.insert(values.end(), size_t(count), similarity[pair]);
    same.insert(same.end(), size_t(count), a == b);
  }
  return {doubles(values), integers(same), {}, {}};
}

TEST_CASE("the interval is that of pairs formed anew of the identities drawn") {
  const PairScores scores = faces(7, 3, 1);
  // The identities in the order of their most similar pairs, which is that of the draws.
  std::vector<int64_t> identities;
  const auto order = argsort(scores.similarity, 0, true).to_vector<int64_t>();
  for (const int64_t pair : order)
    for (const Tensor& side : {scores.first, scores.second}) {
      const auto identity = static_cast<int64_t>(side.at({pair}));
      if (std::count(identities.begin(), identities.end(), identity) == 0)
        identities.push_back(identity);
    }
  CHECK(identities.size() == 7);

  constexpr int resamples = 41;  // 2.5 % and 97.5 % are the second from either end
  constexpr double far = 0.02;
  Generator generator(3), draws(3);
  std::vector<double> tars;
  for (int resample = 0; resample < resamples; ++resample) {
    std::map<int64_t, int64_t> times;
    for (const int64_t identity : identities) times[identity] = 0;
    for (int i = 0; i < 7; ++i) ++times[identities[size_t(draws.integer(7))]];
    tars.push_back(largest_tar(roc_curve(redrawn(scores, times)), far));
  }
  std::sort(tars.begin(), tars.end());
  const Interval interval = tar_at_far_intervals(scores, {far}, generator, resamples)[0];
  CHECK(interval.low == doctest::Approx(tars[1]).epsilon(1e-13));
  CHECK(interval.high == doctest::Approx(tars[39]).epsilon(1e-13));
  CHECK(interval.low < interval.high);
}

TEST_CASE("the interval is a function of the seed, not of threads, order or scale") {
  const PairScores scores = faces(12, 4, 2);
  const Tensor order = randperm(scores.same.numel());
  const auto moved = [&](const Tensor& x) { return gather(x, 0, order); };
  const PairScores changed{exp(moved(scores.similarity)), moved(scores.same), moved(scores.first),
                           moved(scores.second)};
  const auto interval_of = [](const PairScores& pairs, uint64_t seed) {
    Generator generator(seed);
    const Interval interval = tar_at_far_intervals(pairs, {0.01}, generator, 200)[0];
    return std::vector<double>{interval.low, interval.high};
  };
  const std::vector<double> interval = interval_of(scores, 1);
  const int threads = num_threads();
  set_num_threads(1);
  CHECK(interval_of(scores, 1) == interval);
  set_num_threads(threads);
  CHECK(interval_of(changed, 1) == interval);
  CHECK(interval_of(scores, 2) != interval);
}

TEST_CASE("intervals at several FARs have the draws of one at each") {
  const PairScores scores = faces(12, 4, 2);
  const std::vector<double> fars{0.1, 0.01};
  Generator generator(1);
  const auto together = tar_at_far_intervals(scores, fars, generator, 100);
  CHECK(together.size() == 2);
  for (size_t i = 0; i < fars.size(); ++i) {
    Generator again(1);
    const Interval alone = tar_at_far_intervals(scores, {fars[i]}, again, 100)[0];
    CHECK(together[i].low == alone.low);
    CHECK(together[i].high == alone.high);
  }
  CHECK(together[0].low > together[1].low);
}

TEST_CASE("the interval of perfect scores is [1, 1]") {
  const Tensor twins = concat({Tensor::eye(5), Tensor::eye(5)}, 0);
  const Tensor labels = integers({0, 1, 2, 3, 4, 0, 1, 2, 3, 4});
  const Interval interval = tar_at_far_intervals(all_pairs(twins, labels), {0.05})[0];
  CHECK(interval.low == 1);
  CHECK(interval.high == 1);
}

TEST_CASE("draws without a pair of each kind are left out") {
  // Two identities, of which one alone has a pair of its own: half of the draws take both.
  const PairScores scores = all_pairs(doubles({1, 0, 1, 0, 0, 1}, {3, 2}), integers({1, 1, 2}));
  const Interval interval = tar_at_far_intervals(scores, {0.5}, default_generator(), 50)[0];
  CHECK(interval.low == 1);
}

TEST_CASE("95 % intervals hold the TAR of the population about so often") {
  constexpr double far = 0.05;
  const double truth = tar_at_far(roc_curve(faces(400, 3, 77)), far).tar;
  int held = 0;
  constexpr int trials = 100;
  for (int trial = 0; trial < trials; ++trial) {
    const Interval interval = tar_at_far_intervals(faces(25, 3, uint64_t(trial)), {far})[0];
    held += interval.low <= truth && truth <= interval.high;
  }
  CAPTURE(held);
  CHECK(held >= 90);
}

}  // namespace
}  // namespace gradian
