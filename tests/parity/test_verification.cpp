// Verification and identification against scikit-learn: tests/parity/verification.py has a case for
// each here, with the same name.
#include <doctest/doctest.h>

#include "losses/identification.h"
#include "losses/verification.h"
#include "tests/parity/fixture.h"

namespace gradian::parity {
namespace {

const std::vector<std::string> kCurves = {"roc.plain",    "roc.ties",    "roc.few_values",
                                          "roc.rare",     "roc.perfect", "roc.inverted",
                                          "roc.one_value"};

const Fixture& fixture() {
  static const Fixture verification("verification");
  return verification;
}

// tar_at_far() at each FAR of scikit-learn's curve, and between them.
void check_points(const RocCurve& curve, const Tensor& far, const Tensor& tar) {
  const auto fars = far.to_vector<double>(), tars = tar.to_vector<double>();
  for (size_t i = 0; i < fars.size(); ++i) {
    if (fars[i] == 0 || (i + 1 < fars.size() && fars[i + 1] == fars[i])) continue;
    CHECK(tar_at_far(curve, fars[i]).tar == tars[i]);
    CHECK(tar_at_far(curve, fars[i]).threshold == curve.thresholds[i]);
    if (i + 1 < fars.size()) CHECK(tar_at_far(curve, (fars[i] + fars[i + 1]) / 2).tar == tars[i]);
  }
}

TEST_CASE("roc_curve, roc_auc and equal_error_rate match scikit-learn") {
  for (const std::string& name : kCurves) {
    CAPTURE(name);
    CaseArrays arrays(fixture(), name, DType::float64);
    const RocCurve curve = roc_curve({arrays.get("similarity"), arrays.get("same"), {}, {}});
    arrays.match("thresholds", Tensor::from(curve.thresholds));
    arrays.match("far", Tensor::from(curve.far));
    arrays.match("tar", Tensor::from(curve.tar));
    arrays.match("auc", Tensor::scalar(roc_auc(curve), DType::float64));
    arrays.match("eer", Tensor::scalar(equal_error_rate(curve), DType::float64));
    check_points(curve, arrays.get("far"), arrays.get("tar"));
    arrays.check_all_used();
  }
}

TEST_CASE("the similarities of all pairs match scikit-learn") {
  CaseArrays arrays(fixture(), "pairs", DType::float64);
  const Tensor features = arrays.get("features"), labels = arrays.get("labels");
  arrays.match("cosine", all_pairs(features, labels).similarity);
  arrays.match("euclidean", all_pairs(features, labels, Similarity::euclidean).similarity);
  arrays.check_all_used();
}

TEST_CASE("identification rates match scikit-learn's top_k_accuracy_score, distractors included") {
  CaseArrays arrays(fixture(), "gallery", DType::float64);
  const Tensor ranks = identification_ranks(arrays.get("features"), arrays.get("labels"),
                                            arrays.get("entries"), Tensor::arange(20));
  std::vector<double> rates;
  for (int k = 1; k < 20; ++k) rates.push_back(identification_rate(ranks, k));
  arrays.match("rates", Tensor::from(rates));
  arrays.check_all_used();
}

TEST_CASE("every array of the verification fixture belongs to a case, and every case has arrays") {
  std::vector<std::string> cases = kCurves;
  cases.insert(cases.end(), {"pairs", "gallery"});
  fixture().check_covered_by(cases);
}

}  // namespace
}  // namespace gradian::parity
