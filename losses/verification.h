// Are two images of one identity, also of one that training never saw? A pair is accepted where
// its similarity is at least a threshold. FAR is the share of the pairs of two identities that are
// accepted (sklearn's fpr), TAR that of the pairs of one (tpr). All in double, without gradients.
#pragma once

#include <vector>

#include "tensor/random.h"

namespace gradian {

enum class Similarity { cosine, euclidean };  // euclidean is minus the distance

// P pairs: from the functions below, or your own, {similarity, same}.
struct PairScores {
  Tensor similarity;     // [P], finite: the higher, the more alike
  Tensor same;           // [P], 1 for a pair of one identity, 0 for one of two
  Tensor first, second;  // int64 [P], the identities of its sides; undefined where not known
};
// Rows i < j of features [N, D], of which each has an identity, labels int64 [N] of any values.
// 32 bytes a pair: 400 MB for N = 5,000. A row that is not finite is an error that names it.
PairScores all_pairs(const Tensor& features, const Tensor& labels,
                     Similarity kind = Similarity::cosine);
// Row by row of two matrices [P, D] with `same` [P]: a given list, such as LFW's.
PairScores given_pairs(const Tensor& a, const Tensor& b, const Tensor& same,
                       Similarity kind = Similarity::cosine);
// All pairs of the rarer kind and as many of the other, drawn at random, in random order.
PairScores balanced_pairs(const PairScores& scores, Generator& generator = default_generator());
// The rows as float64 of length 1, whose products are cosines; rows of zeros stay.
Tensor unit_rows(const Tensor& features);

// An entry a threshold: infinity, where nothing is accepted, then each similarity that occurs, in
// falling order. Pairs of one similarity enter together.
struct RocCurve {
  std::vector<double> thresholds, far, tar;
  int64_t positives = 0, negatives = 0;  // pairs of one identity, and of two
};
RocCurve roc_curve(const PairScores& scores);
// The area under it: how often a pair of one identity is more alike than one of two, ties half.
double roc_auc(const RocCurve& curve);
// Where FAR = 1 - TAR, on the straight line between the entries around it.
double equal_error_rate(const RocCurve& curve);

struct OperatingPoint {
  double threshold, far, tar;
};
// The lowest threshold whose FAR is at most `far`, which has the largest TAR of those. No share of
// the negatives below 1 / negatives can be seen, so that such a `far` is an error.
OperatingPoint tar_at_far(const RocCurve& curve, double far);

struct Interval {
  double low, high;
};
// 95 % for the TAR at each of `fars`: the 2.5 % and 97.5 % quantiles (nearest rank) over
// `resamples` draws. Pairs share identities, so that these are drawn, with replacement: Bolle,
// Ratha, Pankanti, "Error analysis of pattern recognition systems: the subsets bootstrap", CVIU 93,
// 2004. For identities drawn a and b times a pair of both counts a * b times, one within the first
// a times. Draws without a pair of each kind are left out.
std::vector<Interval> tar_at_far_intervals(const PairScores& scores,
                                           const std::vector<double>& fars,
                                           Generator& generator = default_generator(),
                                           int64_t resamples = 1000);

struct FoldAccuracy {
  double mean = 0, stddev = 0;  // over the folds; stddev divides by their number, as NumPy's
  std::vector<double> accuracies, thresholds;  // one a fold
};
// The share of the pairs told right in each fold, at the threshold that tells most of the others'
// right (the highest of equals). Folds are runs of the list, as of LFW's, whose 10 have people of
// their own. Of all pairs take balanced_pairs(): refusing them all would be right for nearly all,
// and they are in the order of their rows. Those folds share people, but learn only a threshold.
FoldAccuracy verification_accuracy(const PairScores& scores, int64_t folds = 10);

}  // namespace gradian
