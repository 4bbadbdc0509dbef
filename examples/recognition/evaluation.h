// What a network is worth on identities that training never saw: the protocols of the face papers,
// as losses/verification.h and losses/identification.h define them, put together for one network.
#pragma once

#include <string>
#include <vector>

#include "examples/data/dataset.h"
#include "examples/metrics/angles.h"
#include "losses/verification.h"
#include "nn/module.h"

namespace gradian::examples {

// Images of identities; those of the gallery are known by name, those of the probes are to be
// recognised. Distractors are entries of the gallery that no probe shows.
struct TestSet {
  std::string name;
  Dataset gallery, probes, distractors;  // no distractors: an empty Dataset
};

// Fails unless its pairs can tell a FAR of 1e-1 and fill the folds of the accuracy: for the start
// of a program that trains first.
void check_test_set(const TestSet& set);

struct TarAtFar {
  double wanted_far;
  OperatingPoint point;
  Interval interval;  // 95 %, over identities
};

// Two images and how alike the network finds them.
struct PairOfImages {
  Tensor first, second;  // [channels, H, W], as in the test set
  std::string first_name, second_name;
  double similarity;
};

struct Evaluation {
  std::string test_set;
  RocCurve roc;  // of every two images, gallery and probes alike
  double auc, equal_error_rate;
  FoldAccuracy accuracy;          // on as many pairs of two identities as of one
  std::vector<TarAtFar> tar;      // those of 1e-1 to 1e-4 that so many pairs can tell
  double rank1, rank5;            // of the probes against the gallery
  double rank1_with_distractors;  // NaN without any
  FeatureStatistics statistics;
  std::vector<PairOfImages> false_accepts, false_rejects;  // the hardest first
};

// What a recogniser works at: the FAR 1e-3, or the smallest one if that is larger.
const TarAtFar& working_point(const Evaluation& evaluation);

// Takes `hardest` pairs of both kinds along. The random numbers are the same for every network.
Evaluation evaluate(nn::Module& network, const TestSet& set, int64_t hardest);

}  // namespace gradian::examples
