// How well features tell identities apart, also such as training never saw: are two images of one?
// A pair is accepted as "same" where its similarity is at least a threshold. FAR is the share of
// the pairs of two identities that are accepted (sklearn's fpr), TAR that of the pairs of one
// (tpr). Figures, not losses: nothing here has a gradient. All in double.
#pragma once

#include <vector>

#include "tensor/random.h"

namespace gradian {

enum class Similarity { cosine, euclidean };  // the latter is minus the distance

// P pairs, in any order. Made by the functions below, or of arrays of your own: {similarity, same}.
struct PairScores {
  Tensor similarity;     // [P], finite: the higher, the more alike
  Tensor same;           // [P], 1 for a pair of one identity, 0 for a pair of two
  Tensor first, second;  // int64 [P], the identities of its sides; undefined if they are not known
};

// The rows of features [N, D] as float64 of length 1; a row of zeros, whose cosine is 0 to all,
// stays. A row that is not finite is an error that names it, here and below.
Tensor unit_rows(const Tensor& features);

// Every two rows i < j of features [N, D], with an identity each, labels int64 [N], of any values.
// Takes 32 bytes a pair: 400 MB for N = 5,000.
PairScores all_pairs(const Tensor& features, const Tensor& labels,
                     Similarity kind = Similarity::cosine);
// Row by row of two matrices [P, D], with `same` [P]: a given list, such as LFW's.
PairScores given_pairs(const Tensor& a, const Tensor& b, const Tensor& same,
                       Similarity kind = Similarity::cosine);
// All pairs of the rarer kind and as many of the other, drawn at random, in random order.
PairScores balanced_pairs(const PairScores& scores, Generator& generator = default_generator());

// One entry a threshold, from infinity (nothing is accepted) over each similarity that occurs, in
// falling order: pairs of one similarity enter together. Both kinds of pairs have to be there.
struct RocCurve {
  std::vector<double> thresholds, far, tar;
  int64_t positives = 0, negatives = 0;  // pairs of one identity, and of two
};
RocCurve roc_curve(const PairScores& scores);

// The area under the curve: how often a pair of one identity is more alike than one of two; a tie
// counts half.
double roc_auc(const RocCurve& curve);
// Where FAR = 1 - TAR. Between two thresholds it lies on the straight line that joins their points.
double equal_error_rate(const RocCurve& curve);

struct OperatingPoint {
  double threshold, far, tar;  // the FAR is what the threshold has, at most the one wanted
};
// The lowest threshold whose FAR is at most `far`, so that the TAR is the largest possible. `far`
// is at least 1 / negatives: no smaller share of them can be seen.
OperatingPoint tar_at_far(const RocCurve& curve, double far);

struct Interval {
  double low, high;
};
// A 95 % interval for the TAR at a FAR, from the 2.5 % and 97.5 % quantiles (linear, as NumPy's) of
// `resamples` draws. Pairs share identities, so these are what is drawn anew, with replacement, as
// subsets of pairs that stay together: Bolle, Ratha, Pankanti, "Error analysis of pattern
// recognition systems: the subsets bootstrap", CVIU 93, 2004. A pair of an identity drawn a times
// and one drawn b times counts a * b times, a pair within the former a times. Draws that leave no
// pair of one kind are drawn again.
Interval tar_at_far_interval(const PairScores& scores, double far,
                             Generator& generator = default_generator(), int64_t resamples = 1000);

struct FoldAccuracy {
  double mean = 0, stddev = 0;  // over the folds; stddev divides by their number, as NumPy's std
  std::vector<double> accuracies, thresholds;  // of each fold
};
// The share of pairs told right, in each of `folds` runs of neighbours at the threshold that tells
// most of the other folds right (the highest among equals). LFW's list has its pairs in this order:
// 10 folds of 300 of each kind, of people apart. Otherwise take balanced_pairs(): all pairs are in
// order of their rows, and with one in 1,000 of one identity, refusing all would be 99.9 % right.
// Its folds share identities, but only a threshold is learnt from the others.
FoldAccuracy verification_accuracy(const PairScores& scores, int64_t folds = 10);

}  // namespace gradian
