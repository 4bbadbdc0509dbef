#include "losses/verification.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian {
namespace {

// Features as float64, of length 1 where their cosines are wanted.
Tensor prepared(const Tensor& features, Similarity kind) {
  check_defined(features);
  check(features.dim() == 2 && features.numel() > 0 && is_floating(features.dtype()),
        "expected features [N, D] of a floating dtype, got ", describe(features));
  const Tensor x = features.to(DType::float64), finite = sum(isfinite(x), {1});
  const auto row = static_cast<int64_t>(argmin(finite).item());
  check(finite.at({row}) == static_cast<double>(x.size(1)), "row ", row, " of ", describe(features),
        " is not finite");
  if (kind == Similarity::cosine) return normalize(Variable(x)).value();
  check(kind == Similarity::euclidean, "unknown similarity ", static_cast<int>(kind));
  return x;
}

// Of each row of a with each of b.
Tensor similarities(const Tensor& a, const Tensor& b, Similarity kind) {
  const Tensor products = matmul(a, b.transpose(0, 1));
  if (kind == Similarity::cosine) return minimum(maximum(products, -1), 1);
  const Tensor both = sum(square(a), {1}, true) + sum(square(b), {1});
  const Tensor squared = both - 2 * products;
  return -sqrt(where(squared > 1e-14 * both, squared, 0));  // what is less is rounding
}

struct Ranked {
  double similarity;
  size_t pair : 63, same : 1;
};

void check_scores(const PairScores& scores) {
  const Tensor& similarity = check_defined(scores.similarity);
  check(similarity.dim() == 1 && is_floating(similarity.dtype()),
        "expected similarities [P] of a floating dtype, got ", describe(similarity));
  const int64_t pairs = similarity.size(0);
  check_same(scores.same, pairs);
  check(sum(isfinite(similarity.to(DType::float64))).item() == static_cast<double>(pairs),
        "a similarity is not finite");
  const double positives = sum(scores.same.to(DType::float64)).item();
  check(positives > 0 && positives < static_cast<double>(pairs),
        "expected pairs of both kinds, got ", positives, " of one identity among ", pairs);
}

// The pairs from the most similar one on.
std::vector<Ranked> ranked(const PairScores& scores) {
  check_scores(scores);
  const auto values = scores.similarity.to_vector<double>();
  const auto same = scores.same.to_vector<double>();
  std::vector<Ranked> pairs(values.size());
  for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {values[i], i, same[i] == 1};
  std::sort(pairs.begin(), pairs.end(),
            [](const Ranked& a, const Ranked& b) { return a.similarity > b.similarity; });
  return pairs;
}

// Calls accept(pair) for the pairs in their order and, when all of one similarity are accepted,
// threshold(similarity), while it returns true.
template <class Accept, class Threshold>
void for_each_threshold(const std::vector<Ranked>& pairs, const Accept& accept,
                        const Threshold& threshold) {
  for (size_t i = 0; i < pairs.size(); ++i) {
    accept(pairs[i]);
    const bool last = i + 1 == pairs.size() || pairs[i + 1].similarity < pairs[i].similarity;
    if (last && !threshold(pairs[i].similarity)) return;
  }
}

void check_far(double far, int64_t negatives) {
  check(far >= 1 / static_cast<double>(negatives) && far <= 1, "a FAR of ", far,
        " is not from 1 / ", negatives, " to 1: there are ", negatives, " pairs of two identities");
}

void check_curve(const RocCurve& curve) {
  check(curve.far.size() > 1, "the curve is empty; roc_curve() makes one");
}

// Of sorted numbers, as numpy.quantile.
double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const double upper = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (place - static_cast<double>(below)) * (upper - sorted[below]);
}

}  // namespace

Tensor unit_rows(const Tensor& features) {
  const Calling calling("unit_rows");
  return prepared(features, Similarity::cosine);
}

PairScores all_pairs(const Tensor& features, const Tensor& labels, Similarity kind) {
  const Calling calling("all_pairs");
  const Tensor x = prepared(features, kind);
  const int64_t n = x.size(0), pairs = n * (n - 1) / 2;
  check_labels(labels, n);
  PairScores scores{Tensor::empty({pairs}, DType::float64),
                    {},
                    Tensor::empty({pairs}, DType::int64),
                    Tensor::empty({pairs}, DType::int64)};
  constexpr int64_t kRows = 256;
  Tensor block;  // [kRows, n - the first of them]
  for (int64_t i = 0, at = 0; i < n; at += n - ++i) {
    const int64_t row = i % kRows;
    if (row == 0) block = similarities(x.slice(0, i, std::min(i + kRows, n)), x.slice(0, i), kind);
    const auto put = [&](const Tensor& into, const Tensor& values) {
      into.slice(0, at, at + n - 1 - i).copy_from(values);
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
  check(x.shape() == y.shape(), "expected features of one shape, got ", x.shape(), " and ",
        y.shape());
  check_same(same, x.size(0));
  if (kind == Similarity::cosine) return {minimum(maximum(sum(x * y, {1}), -1), 1), same, {}, {}};
  return {-sqrt(sum(square(x - y), {1})), same, {}, {}};
}

PairScores balanced_pairs(const PairScores& scores, Generator& generator) {
  const Calling calling("balanced_pairs");
  check_scores(scores);
  const std::vector<double> same = scores.same.to_vector<double>();
  const int64_t pairs = scores.same.numel();
  const auto positives = std::count(same.begin(), same.end(), 1.0);
  const int64_t least = std::min(positives, pairs - positives);
  std::array<int64_t, 2> left{least, least};  // to be chosen, of each kind
  std::vector<int64_t> chosen;
  for (const int64_t pair : randperm(pairs, generator).to_vector<int64_t>())
    if (left[same[static_cast<size_t>(pair)] == 1]-- > 0) chosen.push_back(pair);
  const auto of = [index = Tensor::from(chosen)](const Tensor& x) {
    return x.defined() ? gather(x, 0, index) : x;
  };
  return {of(scores.similarity), of(scores.same), of(scores.first), of(scores.second)};
}

RocCurve roc_curve(const PairScores& scores) {
  const Calling calling("roc_curve");
  const std::vector<Ranked> pairs = ranked(scores);
  RocCurve curve;
  for (const Ranked& pair : pairs) ++(pair.same ? curve.positives : curve.negatives);
  std::array<double, 2> accepted{};  // of two identities, of one
  const auto add = [&](double threshold) {
    curve.thresholds.push_back(threshold);
    curve.far.push_back(accepted[0] / static_cast<double>(curve.negatives));
    curve.tar.push_back(accepted[1] / static_cast<double>(curve.positives));
    return true;
  };
  add(std::numeric_limits<double>::infinity());
  for_each_threshold(
      pairs, [&](const Ranked& pair) { ++accepted[pair.same]; }, add);
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

Interval tar_at_far_interval(const PairScores& scores, double far, Generator& generator,
                             int64_t resamples) {
  const Calling calling("tar_at_far_interval");
  const std::vector<Ranked> pairs = ranked(scores);
  check_far(far, std::count_if(pairs.begin(), pairs.end(), [](auto& pair) { return !pair.same; }));
  check(resamples > 0, "resamples must be positive, got ", resamples);
  check_labels(scores.first, scores.same.size(0));
  check_labels(scores.second, scores.same.size(0));
  const auto first = scores.first.to_vector<int64_t>(), second = scores.second.to_vector<int64_t>();

  std::map<int64_t, size_t> identities;
  for (const auto& side : {first, second})
    for (const int64_t identity : side) identities[identity] = 0;
  size_t number = 0;
  for (auto& identity : identities) identity.second = number++;
  std::vector<std::array<size_t, 2>> sides;  // the numbers of both, of the ranked pairs
  for (const Ranked& pair : pairs) {
    const int64_t a = first[pair.pair], b = second[pair.pair];
    check(pair.same == (a == b), "`same` is ", pair.same, " for pair ", pair.pair,
          ", of the identities ", a, " and ", b);
    sides.push_back({identities[a], identities[b]});
  }
  const size_t count = identities.size();
  std::vector<double> pairs_of(count * count);  // those of each two identities
  for (const auto& [a, b] : sides) ++pairs_of[a * count + b];

  std::vector<double> tars(static_cast<size_t>(resamples));
  const int64_t seed = generator.integer(std::numeric_limits<int64_t>::max());
  runtime::parallel_for(resamples, [&](int64_t resample) {
    Generator draws(static_cast<uint64_t>(seed) + static_cast<uint64_t>(resample));
    std::vector<double> times(count);
    std::array<double, 2> all{};
    const auto weight = [&](size_t a, size_t b) { return a == b ? times[a] : times[a] * times[b]; };
    while (all[0] == 0 || all[1] == 0) {
      times.assign(count, 0), all = {};
      for (size_t i = 0; i < count; ++i)
        ++times[static_cast<size_t>(draws.integer(static_cast<int64_t>(count)))];
      for (size_t a = 0; a < count; ++a)
        for (size_t b = 0; b < count && times[a] > 0; ++b)
          all[a == b] += pairs_of[a * count + b] * weight(a, b);
    }
    std::array<double, 2> accepted{};
    auto side = sides.begin();
    const auto accept = [&](const Ranked& pair) {
      accepted[pair.same] += weight((*side)[0], (*side)[1]), ++side;
    };
    for_each_threshold(pairs, accept, [&](double) {
      if (accepted[0] / all[0] > far) return false;
      tars[static_cast<size_t>(resample)] = accepted[1] / all[1];
      return true;
    });
  });
  std::sort(tars.begin(), tars.end());
  return {quantile(tars, 0.025), quantile(tars, 0.975)};
}

FoldAccuracy verification_accuracy(const PairScores& scores, int64_t folds) {
  const Calling calling("verification_accuracy");
  const std::vector<Ranked> pairs = ranked(scores);
  const auto count = static_cast<int64_t>(pairs.size());
  check(folds > 1 && folds <= count, "folds must be from 2 to the ", count, " pairs, got ", folds);
  FoldAccuracy result{0, 0, {}, {}};
  for (int64_t fold = 0; fold < folds; ++fold) {
    const auto begin = static_cast<size_t>(count * fold / folds);
    const auto end = static_cast<size_t>(count * (fold + 1) / folds);
    const auto held_out = [=](const Ranked& pair) { return pair.pair >= begin && pair.pair < end; };
    double best_threshold = std::numeric_limits<double>::infinity();
    int64_t gain = 0, best_gain = 0;  // pairs told right, beyond those when none is accepted
    for_each_threshold(
        pairs,
        [&](const Ranked& pair) {
          if (!held_out(pair)) gain += pair.same ? 1 : -1;
        },
        [&](double threshold) {
          if (gain > best_gain) best_gain = gain, best_threshold = threshold;
          return true;
        });
    const auto right = std::count_if(pairs.begin(), pairs.end(), [&](const Ranked& pair) {
      return held_out(pair) && (pair.similarity >= best_threshold) == pair.same;
    });
    result.accuracies.push_back(static_cast<double>(right) / static_cast<double>(end - begin));
    result.thresholds.push_back(best_threshold);
  }
  const Variable accuracies(Tensor::from(result.accuracies));
  result.mean = mean(accuracies).item();
  result.stddev = sqrt(mean(square(accuracies - result.mean))).item();
  return result;
}

}  // namespace gradian
