// Verification and identification: scores, features, labels and figures that make no sense.
#include "losses/identification.h"
#include "losses/verification.h"
#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using test::doubles, test::integers, test::kInfinity, test::kNaN;

// A function of features, which errors call by this name.
struct OfFeatures {
  const char* name;
  std::function<void(const Tensor& features)> call;
};

std::vector<OfFeatures> functions_of_features() {
  const Tensor good = Tensor::ones({2, 3}), labels = integers({0, 1}), same = labels;
  const auto distance = Similarity::euclidean;
  return {
      {"unit_rows", [](const Tensor& x) { unit_rows(x); }},
      {"all_pairs", [=](const Tensor& x) { all_pairs(x, labels); }},
      {"all_pairs", [=](const Tensor& x) { all_pairs(x, labels, distance); }},
      {"given_pairs", [=](const Tensor& x) { given_pairs(x, good, same); }},
      {"given_pairs", [=](const Tensor& x) { given_pairs(good, x, same, distance); }},
      {"identification_ranks",
       [=](const Tensor& x) { identification_ranks(x, labels, good, labels); }},
      {"identification_ranks",
       [=](const Tensor& x) { identification_ranks(good, labels, x, labels); }},
  };
}

Rows of_features() {
  Rows rows;
  for (const OfFeatures& function : functions_of_features()) {
    const auto with = [&](const Tensor& x, const std::string& what) {
      rows.push_back({[=] { function.call(x); }, text(function.name, ": ", what)});
    };
    with(Tensor(), "the tensor is undefined");
    for (const Tensor& x :
         {Tensor::ones({}), Tensor::ones({2}), Tensor::ones({2, 3, 1}), Tensor::ones({0, 3}),
          Tensor::ones({2, 0}), Tensor::ones({2, 3}, DType::int64)})
      with(x, text("expected features [N, D] of a floating dtype, got ", describe(x)));
    for (const double bad : {kNaN, kInfinity, -kInfinity})
      with(doubles({1, 2, 3, 4, bad, 6}, {2, 3}), "row 1 of the features [2, 3] is not finite");
  }
  return rows;
}

Rows of_labels() {
  const Tensor x = Tensor::ones({2, 3}), labels = integers({0, 1});
  Rows rows;
  const auto with = [&](const Tensor& bad, const std::string& what) {
    rows.push_back({[=] { all_pairs(x, bad); }, "all_pairs: " + what});
    rows.push_back(
        {[=] { identification_ranks(x, bad, x, labels); }, "identification_ranks: " + what});
    rows.push_back(
        {[=] { identification_ranks(x, labels, x, bad); }, "identification_ranks: " + what});
  };
  with(Tensor(), "the labels are undefined");
  with(Tensor::zeros({2}), "labels must be int64, got float32");
  with(integers({0, 1, 2}), "expected 2 labels, got shape [3]");
  with(labels.unsqueeze(1), "expected 2 labels, got shape [2, 1]");
  rows.push_back({[=] {
                    identification_ranks(x, integers({1, 7}), x, labels);
                  },
                  "identification_ranks: probe 1 has the label 7, which no entry of the gallery "
                  "has"});
  rows.push_back({[=] {
                    identification_ranks(x, labels, Tensor::ones({2, 4}), labels);
                  },
                  "identification_ranks: features differ: probes [2, 3], gallery [2, 4]"});
  return rows;
}

Rows of_given_pairs() {
  const Tensor x = Tensor::ones({2, 3}), same = integers({0, 1});
  return {
      {[=] {
         given_pairs(x, Tensor::ones({3, 3}), same);
       },
       "given_pairs: shapes differ: [2, 3] and [3, 3]"},
      {[=] {
         given_pairs(x, Tensor::ones({2, 4}), same);
       },
       "given_pairs: shapes differ: [2, 3] and [2, 4]"},
      {[=] { given_pairs(x, x, Tensor()); }, "given_pairs: `same` is undefined"},
      {[=] { given_pairs(x, x, integers({1})); }, "given_pairs: expected `same` [2], got [1]"},
      {[=] {
         given_pairs(x, x, integers({1, 2}));
       },
       "given_pairs: `same` must be 0 or 1, got 2 at row 1"},
      {[=] { given_pairs(x, x, same, static_cast<Similarity>(7)); },
       "given_pairs: unknown similarity 7"},
      {[=] { all_pairs(x, same, static_cast<Similarity>(-1)); },
       "all_pairs: unknown similarity -1"},
  };
}

// A function of scores, which errors call by this name.
struct OfScores {
  const char* name;
  std::function<void(const PairScores& scores)> call;
};

Rows of_scores() {
  const std::vector<OfScores> functions{
      {"roc_curve", [](const PairScores& scores) { roc_curve(scores); }},
      {"balanced_pairs", [](const PairScores& scores) { balanced_pairs(scores); }},
      {"tar_at_far_intervals",
       [](const PairScores& scores) { tar_at_far_intervals(scores, {0.5}); }},
      {"verification_accuracy", [](const PairScores& scores) { verification_accuracy(scores, 2); }},
  };
  const Tensor similarity = doubles({1, 2, 3}), same = integers({1, 0, 1});
  Rows rows;
  for (const OfScores& function : functions) {
    const auto with = [&](const Tensor& values, const Tensor& kinds, const std::string& what) {
      const PairScores scores{values, kinds, {}, {}};
      rows.push_back({[=] { function.call(scores); }, text(function.name, ": ", what)});
    };
    const std::string kinds = "expected pairs of both kinds, got ";
    with(Tensor(), same, "the tensor is undefined");
    with(similarity.unsqueeze(0), same,
         "expected similarities [P] of a floating dtype, got float64 [1, 3]");
    with(same, same, "expected similarities [P] of a floating dtype, got int64 [3]");
    with(similarity, Tensor(), "`same` is undefined");
    with(similarity, integers({1, 0}), "expected `same` [3], got [2]");
    with(similarity, doubles({1, 0.5, 0}), "`same` must be 0 or 1, got 0.5 at row 1");
    with(doubles({1, kNaN, 2}), same, "the similarity of pair 1 is nan");
    with(doubles({1, 3, -kInfinity}), same, "the similarity of pair 2 is -inf");
    with(similarity, integers({1, 1, 1}), kinds + "3 of one identity and 0 of two");
    with(similarity, integers({0, 0, 0}), kinds + "0 of one identity and 3 of two");
    with(doubles({}), integers({}), kinds + "0 of one identity and 0 of two");
  }
  return rows;
}

Rows of_curves() {
  const std::string empty = ": the curve is empty; roc_curve() makes one";
  const RocCurve curve = roc_curve({doubles({4, 3, 2, 1}), integers({1, 0, 0, 0}), {}, {}});
  Rows rows{
      {[] { roc_auc({}); }, "roc_auc" + empty},
      {[] { equal_error_rate({}); }, "equal_error_rate" + empty},
      {[] { tar_at_far({}, 0.1); }, "tar_at_far" + empty},
  };
  for (const double bad : {0.333, 0.0, -1.0, 1.5, kNaN})
    rows.push_back({[=] { tar_at_far(curve, bad); },
                    text("tar_at_far: the FAR must be from 1 / 3 to 1, as there are 3 pairs of two "
                         "identities, got ",
                         bad)});
  return rows;
}

Rows of_numbers() {
  const Tensor similarity = doubles({3, 2, 1}), same = integers({1, 0, 0});
  const Tensor first = integers({5, 5, 5}), second = integers({5, 6, 6});
  const PairScores scores{similarity, same, first, second};
  const std::string interval = "tar_at_far_intervals: ";
  const auto with = [=](const Tensor& a, const Tensor& b, const std::string& what) {
    return test::ErrorCase{[=] {
                             tar_at_far_intervals({similarity, same, a, b}, {0.5});
                           },
                           interval + what};
  };
  const std::string unknown = "the identities of the pairs, `first` and `second`, are not known";
  Rows rows{
      with(Tensor(), second, unknown),
      with(first, Tensor(), unknown),
      with(integers({5}), second, "expected 3 labels, got shape [1]"),
      with(first, doubles({5, 6, 6}), "labels must be int64, got float64"),
      with(first, integers({5, 5, 6}), "`same` of pair 1 is 0, but its identities are 5 and 5"),
      with(integers({4, 5, 5}), second, "`same` of pair 0 is 1, but its identities are 4 and 5"),
      {[=] { tar_at_far_intervals(scores, {0.3}); },
       interval + "the FAR must be from 1 / 2 to 1, as there are 2 pairs of two identities, got "
                  "0.3"},
      {[] { identification_rate(Tensor()); }, "identification_rate: the tensor is undefined"},
      {[] {
         identification_rate(doubles({1, 2}));
       },
       "identification_rate: expected ranks int64 [P] with P > 0 and k > 0, got float64 [2] and k "
       "1"},
      {[] { identification_rate(integers({})); },
       "identification_rate: expected ranks int64 [P] with P > 0 and k > 0, got int64 [0] and k 1"},
      {[] {
         identification_rate(integers({1, 2}), 0);
       },
       "identification_rate: expected ranks int64 [P] with P > 0 and k > 0, got int64 [2] and k 0"},
  };
  for (const int64_t bad : {0, -1})
    rows.push_back({[=] { tar_at_far_intervals(scores, {0.5}, default_generator(), bad); },
                    text(interval, "resamples must be positive, got ", bad)});
  for (const int64_t bad : {0, 1, -2, 4})
    rows.push_back({[=] { verification_accuracy(scores, bad); },
                    text("verification_accuracy: folds must be from 2 to the 3 pairs, got ", bad)});
  return rows;
}

}  // namespace

Rows verification_rows() {
  Rows rows;
  for (const auto& part :
       {of_features, of_labels, of_given_pairs, of_scores, of_curves, of_numbers})
    for (test::ErrorCase& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace gradian::misuse
