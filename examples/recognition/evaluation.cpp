#include "examples/recognition/evaluation.h"

#include <algorithm>

#include "examples/training/train.h"
#include "losses/identification.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

constexpr double kFalseAcceptRates[] = {1e-1, 1e-2, 1e-3, 1e-4};
constexpr double kWorkingRate = 1e-3;
constexpr int64_t kResamples = 200, kFolds = 10;
constexpr uint64_t kSeed = 1;

Dataset joined(const Dataset& a, const Dataset& b) {
  return {concat({a.images, b.images}, 0), concat({a.labels, b.labels}, 0), a.class_names};
}

// The pairs of two identities that look most alike, or those of one that look least alike.
std::vector<PairOfImages> hardest_pairs(const PairScores& scores, const Dataset& images, bool same,
                                        int64_t count) {
  struct Pair {
    double similarity;
    int64_t first, second;
  };
  std::vector<Pair> pairs;
  const double* const similarity = scores.similarity.data<double>();
  const int64_t* const labels = images.labels.data<int64_t>();
  const auto harder = [same](const Pair& a, const Pair& b) {
    return same ? a.similarity < b.similarity : a.similarity > b.similarity;
  };
  // The easiest of those kept is on top of the heap.
  for (int64_t i = 0, p = 0; i < images.size(); ++i)
    for (int64_t j = i + 1; j < images.size(); ++j, ++p) {
      if ((labels[i] == labels[j]) != same) continue;
      const Pair pair{similarity[p], i, j};
      const bool room = static_cast<int64_t>(pairs.size()) < count;
      if (!room && !harder(pair, pairs.front())) continue;
      if (!room) {
        std::ranges::pop_heap(pairs, harder);
        pairs.pop_back();
      }
      pairs.push_back(pair);
      std::ranges::push_heap(pairs, harder);
    }
  std::ranges::sort_heap(pairs, harder);

  std::vector<PairOfImages> found;
  const auto name = [&](int64_t row) { return images.class_names[size_t(labels[row])]; };
  for (const Pair& pair : pairs)
    found.push_back({images.images.select(0, pair.first), images.images.select(0, pair.second),
                     name(pair.first), name(pair.second), pair.similarity});
  return found;
}

}  // namespace

void check_test_set(const TestSet& set) {
  const auto labels = joined(set.gallery, set.probes).labels.to_vector<int64_t>();
  int64_t apart = 0, together = 0;
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    const int64_t same = std::count(label + 1, labels.end(), *label);
    together += same;
    apart += labels.end() - label - 1 - same;
  }
  check(static_cast<double>(apart) * kFalseAcceptRates[0] >= 1, set.name,
        ": expected images for at least 10 pairs of two identities to test on, got ", apart);
  check(2 * together >= kFolds, set.name, ": expected images for at least ", kFolds / 2,
        " pairs of one identity to test on, got ", together);
}

const TarAtFar& working_point(const Evaluation& evaluation) {
  const auto found = std::ranges::find(evaluation.tar, kWorkingRate, &TarAtFar::wanted_far);
  return found == evaluation.tar.end() ? evaluation.tar.back() : *found;
}

Evaluation evaluate(nn::Module& network, const TestSet& set, int64_t hardest) {
  const Tensor gallery = embed(network, set.gallery), probes = embed(network, set.probes);
  const Dataset images = joined(set.gallery, set.probes);
  const Tensor features = concat({gallery, probes}, 0);
  const PairScores scores = all_pairs(features, images.labels);
  Evaluation result;
  result.test_set = set.name;
  result.roc = roc_curve(scores);
  result.auc = roc_auc(result.roc);
  result.equal_error_rate = equal_error_rate(result.roc);
  Generator generator(kSeed);
  result.accuracy = verification_accuracy(balanced_pairs(scores, generator), kFolds);
  std::vector<double> fars;
  for (const double far : kFalseAcceptRates)
    if (far * static_cast<double>(result.roc.negatives) >= 1) fars.push_back(far);
  const auto intervals = tar_at_far_intervals(scores, fars, generator, kResamples);
  for (size_t i = 0; i < fars.size(); ++i)
    result.tar.push_back({fars[i], tar_at_far(result.roc, fars[i]), intervals[i]});

  const auto ranks = [&](const Tensor& entries, const Tensor& labels) {
    return identification_ranks(probes, set.probes.labels, entries, labels);
  };
  const Tensor known = ranks(gallery, set.gallery.labels);
  result.rank1 = identification_rate(known, 1);
  result.rank5 = identification_rate(known, 5);
  result.rank1_with_distractors = kNaN;
  if (set.distractors.labels.defined()) {
    const Tensor strangers = embed(network, set.distractors);
    result.rank1_with_distractors =
        identification_rate(ranks(concat({gallery, strangers}, 0),
                                  concat({set.gallery.labels, set.distractors.labels}, 0)),
                            1);
  }
  result.statistics = feature_statistics(features, images.labels);
  result.false_accepts = hardest_pairs(scores, images, /*same=*/false, hardest);
  result.false_rejects = hardest_pairs(scores, images, /*same=*/true, hardest);
  return result;
}

}  // namespace gradian::examples
