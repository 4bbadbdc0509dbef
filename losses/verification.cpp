#include "losses/verification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Features as float64, of length 1 where their cosines are wanted.
Tensor prepared(const Tensor& features, Similarity kind) {
  check_defined(features);
  check(features.dim() == 2 && features.numel() > 0 && is_floating(features.dtype()),
        "expected features [N, D] of a floating dtype, got ", describe(features));
  const Tensor x = features.to(DType::float64), finite = sum(isfinite(x), {1});
  const auto row = static_cast<int64_t>(argmin(finite).item());
  check(finite.at({row}) == static_cast<double>(x.size(1)), "row ", row, " of the features ",
        x.shape(), " is not finite");
  if (kind == Similarity::cosine) return normalize(Variable(x)).value();
  check(kind == Similarity::euclidean, "unknown similarity ", static_cast<int>(kind));
  return x;
}

// From a . b, and |a|^2 + |b|^2, whose rounding hides squared distances below 1e-14 of it.
Tensor similarity_of(const Tensor& products, const Tensor& squares, Similarity kind) {
  if (kind == Similarity::cosine) return minimum(maximum(products, -1), 1);
  const Tensor squared = squares - 2 * products;
  return -sqrt(where(squared < 1e-14 * squares, 0, squared));
}

struct Ranked {
  double similarity;
  uint64_t pair : 63, same : 1;
};
struct Ranking {
  std::vector<Ranked> pairs;  // the most similar first
  int64_t positives = 0, negatives = 0;
};

Ranking ranked(const PairScores& scores) {
  check_defined(scores.similarity);
  check(scores.similarity.dim() == 1 && is_floating(scores.similarity.dtype()),
        "expected similarities [P] of a floating dtype, got ", describe(scores.similarity));
  check_same(scores.same, scores.similarity.size(0));
  const auto similarity = scores.similarity.to_vector<double>();
  const auto same = scores.same.to_vector<int64_t>();
  Ranking ranking{std::vector<Ranked>(same.size())};
  for (size_t i = 0; i < same.size(); ++i) {
    check(std::isfinite(similarity[i]), "the similarity of pair ", i, " is ", similarity[i]);
    ranking.pairs[i] = {similarity[i], i, same[i] == 1};
    ++(same[i] == 1 ? ranking.positives : ranking.negatives);
  }
  check(ranking.positives > 0 && ranking.negatives > 0, "expected pairs of both kinds, got ",
        ranking.positives, " of one identity and ", ranking.negatives, " of two");
  std::sort(ranking.pairs.begin(), ranking.pairs.end(), [](const Ranked& a, const Ranked& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.pair < b.pair;
  });
  return ranking;
}

// Whether a threshold may follow pair i: those of one similarity are accepted together.
bool ends_tie(const std::vector<Ranked>& pairs, size_t i) {
  return i + 1 == pairs.size() || pairs[i + 1].similarity < pairs[i].similarity;
}

void check_curve(const RocCurve& curve) {
  check(curve.far.size() > 1, "the curve is empty; roc_curve() makes one");
}

void check_far(double far, int64_t negatives) {
  check(far >= 1 / static_cast<double>(negatives) && far <= 1, "the FAR must be from 1 / ",
        negatives, " to 1, as there are ", negatives, " pairs of two identities, got ", far);
}

}  // namespace

Tensor unit_rows(const Tensor& features) {
  const Calling calling("unit_rows");
  return prepared(features, Similarity::cosine);
}

PairScores all_pairs(const Tensor& features, const Tensor& labels, Similarity kind) {
  const Calling calling("all_pairs");
  const Tensor x = prepared(features, kind), squares = sum(square(x), {1});
  const int64_t n = x.size(0), pairs = n * (n - 1) / 2;
  check_labels(labels, n);
  PairScores scores{Tensor::empty({pairs}, DType::float64),
                    {},
                    Tensor::empty({pairs}, DType::int64),
                    Tensor::empty({pairs}, DType::int64)};
  constexpr int64_t kRows = 256;
  Tensor block;  // of some rows with all from the first of them on
  for (int64_t i = 0, at = 0; i < n; at += n - ++i) {
    const int64_t row = i % kRows, end = std::min(i + kRows, n);
    if (row == 0)
      block = similarity_of(matmul(x.slice(0, i, end), x.slice(0, i).transpose(0, 1)),
                            squares.slice(0, i, end).unsqueeze(1) + squares.slice(0, i), kind);
    const auto put = [&](const Tensor& pairs_of_i, const Tensor& values) {
      pairs_of_i.slice(0, at, at + n - 1 - i).copy_from(values);
    };
    put(scores.similarity, block.select(0, row).slice(0, row + 1));
    put(scores.first, labels.select(0, i));
    put(scores.second, labels.slice(0, i + 1));
  }
  scores.same = equal(scores.first, scores.second);
  return scores;
}

PairScores given_pairs(const Tensor& a, const Tensor& b, const Tensor& same, Similarity kind) {
  const Calling calling("given_pairs");
  const Tensor x = prepared(a, kind), y = prepared(b, kind);
  check(x.shape() == y.shape(), "shapes differ: ", x.shape(), " and ", y.shape());
  check_same(same, x.size(0));
  return {similarity_of(sum(x * y, {1}), sum(square(x) + square(y), {1}), kind), same, {}, {}};
}

PairScores balanced_pairs(const PairScores& scores, Generator& generator) {
  const Calling calling("balanced_pairs");
  const auto [pairs, positives, negatives] = ranked(scores);
  std::array<int64_t, 2> left;  // to be chosen of each kind
  left.fill(std::min(positives, negatives));
  std::vector<int64_t> chosen;
  for (const int64_t i : randperm(scores.same.numel(), generator).to_vector<int64_t>()) {
    const Ranked& pair = pairs[static_cast<size_t>(i)];
    if (left[pair.same]-- > 0) chosen.push_back(static_cast<int64_t>(pair.pair));
  }
  // Of the frequent kind the first draws were taken, of the rare one all: they are mixed once more.
  const Tensor order = randperm(static_cast<int64_t>(chosen.size()), generator);
  const auto of = [index = gather(Tensor::from(chosen), 0, order)](const Tensor& x) {
    return x.defined() ? gather(x, 0, index) : x;
  };
  return {of(scores.similarity), of(scores.same), of(scores.first), of(scores.second)};
}

RocCurve roc_curve(const PairScores& scores) {
  const Calling calling("roc_curve");
  const auto [pairs, positives, negatives] = ranked(scores);
  RocCurve curve{{kInfinity}, {0}, {0}, positives, negatives};
  for (auto* column : {&curve.thresholds, &curve.far, &curve.tar})
    column->reserve(pairs.size() + 1);
  std::array<int64_t, 2> accepted{};  // of two identities, of one
  for (size_t i = 0; i < pairs.size(); ++i) {
    ++accepted[pairs[i].same];
    if (!ends_tie(pairs, i)) continue;
    curve.thresholds.push_back(pairs[i].similarity);
    curve.far.push_back(static_cast<double>(accepted[0]) / static_cast<double>(negatives));
    curve.tar.push_back(static_cast<double>(accepted[1]) / static_cast<double>(positives));
  }
  return curve;
}

double roc_auc(const RocCurve& curve) {
  const Calling calling("roc_auc");
  check_curve(curve);
  double area = 0;
  for (size_t i = 1; i < curve.far.size(); ++i)
    area += (curve.far[i] - curve.far[i - 1]) * (curve.tar[i] + curve.tar[i - 1]) / 2;
  return area;
}

double equal_error_rate(const RocCurve& curve) {
  const Calling calling("equal_error_rate");
  check_curve(curve);
  size_t i = 1;
  while (curve.far[i] + curve.tar[i] < 1) ++i;  // ends at (1, 1)
  const double before = 1 - curve.far[i - 1] - curve.tar[i - 1];
  const double after = curve.far[i] + curve.tar[i] - 1;
  return curve.far[i - 1] + (curve.far[i] - curve.far[i - 1]) * before / (before + after);
}

OperatingPoint tar_at_far(const RocCurve& curve, double far) {
  const Calling calling("tar_at_far");
  check_curve(curve);
  check_far(far, curve.negatives);
  const auto above = std::upper_bound(curve.far.begin(), curve.far.end(), far);
  const auto i = static_cast<size_t>(above - curve.far.begin() - 1);
  return {curve.thresholds[i], curve.far[i], curve.tar[i]};
}

std::vector<Interval> tar_at_far_intervals(const PairScores& scores,
                                           const std::vector<double>& fars, Generator& generator,
                                           int64_t resamples) {
  const Calling calling("tar_at_far_intervals");
  const Ranking ranking = ranked(scores);
  const std::vector<Ranked>& pairs = ranking.pairs;
  for (const double far : fars) check_far(far, ranking.negatives);
  check(resamples > 0, "resamples must be positive, got ", resamples);
  check(scores.first.defined() && scores.second.defined(),
        "the identities of the pairs, `first` and `second`, are not known");
  check_labels(scores.first, scores.same.numel());
  check_labels(scores.second, scores.same.numel());
  const auto first = scores.first.to_vector<int64_t>(), second = scores.second.to_vector<int64_t>();
  std::unordered_map<int64_t, int64_t> numbers;  // of the identities, as they occur
  const auto number_of = [&](int64_t identity) {
    return numbers.try_emplace(identity, static_cast<int64_t>(numbers.size())).first->second;
  };
  std::vector<std::array<int64_t, 2>> sides;
  sides.reserve(pairs.size());
  for (const Ranked& pair : pairs) {
    const int64_t a = first[pair.pair], b = second[pair.pair];
    check(pair.same == (a == b), "`same` of pair ", pair.pair, " is ", pair.same,
          ", but its identities are ", a, " and ", b);
    sides.push_back({number_of(a), number_of(b)});
  }
  const auto count = static_cast<int64_t>(numbers.size());
  Tensor within = Tensor::zeros({count, 1}, DType::float64);       // pairs of each identity
  Tensor between = Tensor::zeros({count, count}, DType::float64);  // of each two
  double *const one = within.mutable_data<double>(), *const two = between.mutable_data<double>();
  for (const auto& [a, b] : sides) ++(a == b ? one[a] : two[a * count + b]);
  Tensor times = Tensor::zeros({resamples, count}, DType::float64);  // that each is drawn
  double* const drawn = times.mutable_data<double>();
  for (int64_t i = 0; i < times.numel(); ++i) ++drawn[i - i % count + generator.integer(count)];
  const auto positives = matmul(times, within).to_vector<double>();
  const auto negatives = sum(matmul(times, between) * times, {1}).to_vector<double>();

  std::vector<Interval> intervals;
  for (const double far : fars) {
    std::vector<double> tars(static_cast<size_t>(resamples));
    runtime::parallel_for(resamples, [&](int64_t resample) {
      const double* const times_of = drawn + resample * count;
      const auto r = static_cast<size_t>(resample);
      if (positives[r] == 0 || negatives[r] == 0) return void(tars[r] = -1);
      double right = 0, wrong = 0;  // pairs accepted
      for (size_t i = 0; i < pairs.size(); ++i) {
        const auto& [a, b] = sides[i];
        (a == b ? right : wrong) += a == b ? times_of[a] : times_of[a] * times_of[b];
        if (!ends_tie(pairs, i)) continue;
        if (wrong / negatives[r] > far) return;
        tars[r] = right / positives[r];
      }
    });
    std::erase(tars, -1);
    check(!tars.empty(), "no draw left pairs of both kinds");
    std::sort(tars.begin(), tars.end());
    const auto quantile = [&](double q) {
      return tars[static_cast<size_t>(q * static_cast<double>(tars.size() - 1) + 0.5)];
    };
    intervals.push_back({quantile(0.025), quantile(0.975)});
  }
  return intervals;
}

FoldAccuracy verification_accuracy(const PairScores& scores, int64_t folds) {
  const Calling calling("verification_accuracy");
  const std::vector<Ranked> pairs = ranked(scores).pairs;
  const auto count = static_cast<int64_t>(pairs.size());
  check(folds > 1 && folds <= count, "folds must be from 2 to the ", count, " pairs, got ", folds);
  FoldAccuracy result;
  for (int64_t fold = 0; fold < folds; ++fold) {
    const auto held_out = [=](const Ranked& pair) {
      return static_cast<int64_t>(pair.pair) * folds / count == fold;
    };
    double threshold = kInfinity, size = 0, right = 0;
    int64_t gain = 0, best = 0;  // pairs told right, beyond those when none is accepted
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (!held_out(pairs[i])) gain += pairs[i].same ? 1 : -1;
      if (gain > best && ends_tie(pairs, i)) best = gain, threshold = pairs[i].similarity;
    }
    for (const Ranked& pair : pairs)
      if (held_out(pair)) ++size, right += (pair.similarity >= threshold) == pair.same;
    result.thresholds.push_back(threshold);
    result.accuracies.push_back(right / size);
  }
  const Variable accuracies(Tensor::from(result.accuracies));
  result.mean = mean(accuracies).item();
  result.stddev = sqrt(mean(square(accuracies - result.mean))).item();
  return result;
}

}  // namespace gradian
