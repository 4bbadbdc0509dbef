// The margin family's own options: numbers of centres, factors of margins, and what is asked about
// them.
#include "losses/ada_face.h"
#include "losses/recommend.h"
#include "losses/sub_center.h"
#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {

using test::integers, test::kInfinity, test::kNaN;

namespace {

constexpr int64_t kHuge = int64_t{1} << 40;

Rows of_centers() {
  const Tensor x = Tensor::ones({2, 3}), y = integers({0, 1});
  Rows rows{
      {[] { SubCenterArcFaceLoss(3, 4, 0); },
       "SubCenterArcFaceLoss: expected at least 1 centre a class, got 0"},
      {[] { SubCenterArcFaceLoss(3, 4, -1); },
       "SubCenterArcFaceLoss: expected at least 1 centre a class, got -1"},
      {[] { SubCenterArcFaceLoss(0, 4); },
       "SubCenterArcFaceLoss: expected positive sizes, got 0 features and 4 classes"},
      {[] { SubCenterArcFaceLoss(3, kHuge, kHuge); },
       "SubCenterArcFaceLoss: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { SubCenterArcFaceLoss(3, 4, 3, 30, 28.6); },  // the same 0.5 in degrees
       "SubCenterArcFaceLoss: the margin on the angle must be from 0 to pi radians, got 28.6"},
  };
  // The two functions that take a set of features.
  const auto of_set = [&](const Tensor& features, const Tensor& labels, const std::string& what) {
    rows.push_back({[=] { SubCenterArcFaceLoss(3, 4).dominant_centers(features, labels); },
                    "dominant_centers: " + what});
    rows.push_back(
        {[=] { SubCenterArcFaceLoss(3, 4).outliers(features, labels); }, "outliers: " + what});
  };
  of_set(Tensor(), y, "the tensor is undefined");
  of_set(Tensor::ones({2, 4}), y, "expected features [N, 3], got [2, 4]");
  of_set(Tensor::ones({3}), y, "expected features [N, 3], got [3]");
  of_set(Tensor::ones({2, 3}, DType::int64), y, "dtypes differ: int64 and float32");
  of_set(x, Tensor(), "the labels are undefined");
  of_set(x, x, "labels must be int64, got float32");
  of_set(x, integers({0}), "expected 2 labels, got shape [1]");
  of_set(x, integers({0, 4}), "label 4 at row 1, but there are 4 classes");
  for (const double bad : {-1.0, 180.1, kNaN, kInfinity})
    rows.push_back({[=] { SubCenterArcFaceLoss(3, 4).outliers(x, y, bad); },
                    text("outliers: degrees must be from 0 to 180, got ", bad)});
  return rows;
}

Rows of_factors() {
  Rows rows{
      {[] { AdaFaceLoss(2, 0); },
       "AdaFaceLoss: expected positive sizes, got 2 features and 0 classes"},
      {[] { AdaFaceLoss(3, 2, 64, 2.5); },
       "AdaFaceLoss: the margin on the cosine must be from -2 to 2, got 2.5"},
      {[] { AdaFaceLoss(3, 2, 64, 0.4, 0); }, "AdaFaceLoss: h must be positive and finite, got 0"},
  };
  for (const double bad : {-0.1, 1.1, kNaN, kInfinity}) {
    rows.push_back(
        {[=] { ArcFaceLoss(3, 2).set_margin_factor(bad); },
         text("set_margin_factor: the factor of the margin must be from 0 to 1, got ", bad)});
  }
  for (const double bad : {-1.0, kNaN, kInfinity}) {
    rows.push_back({[=] { AdaFaceLoss(3, 2, bad); },
                    text("AdaFaceLoss: the scale s must be positive and finite, got ", bad)});
    rows.push_back({[=] { AdaFaceLoss(3, 2, 64, 0.4, bad); },
                    text("AdaFaceLoss: h must be positive and finite, got ", bad)});
    rows.push_back(
        {[=] { expected_first_loss(10, bad, {}); },
         text("expected_first_loss: the scale s must be positive and finite, got ", bad)});
    const std::string radians =
        text(": the margin on the angle must be from 0 to pi radians, got ", bad);
    rows.push_back(
        {[=] { expected_first_loss(10, 64, {.m2 = bad}); }, "expected_first_loss" + radians});
    rows.push_back({[=] { why_infeasible({.m2 = bad}, 10, 2); }, "why_infeasible" + radians});
  }
  return rows;
}

Rows of_counts() {
  const auto too_few = [](const char* name, int64_t classes, int64_t features) {
    return text(name, ": expected at least 2 classes and 2 features, got ", classes, " and ",
                features);
  };
  Rows rows;
  for (const auto& counts : {std::pair{1, 64}, {0, 64}, {-3, 64}, {10, 1}, {10, 0}, {10, -1}}) {
    const int64_t classes = counts.first, features = counts.second;
    rows.push_back(
        {[=] { recommend(classes, features); }, too_few("recommend", classes, features)});
    rows.push_back({[=] { largest_smallest_angle(classes, features); },
                    too_few("largest_smallest_angle", classes, features)});
    rows.push_back({[=] { why_infeasible({}, classes, features); },
                    too_few("why_infeasible", classes, features)});
  }
  for (const int64_t classes : {1, 0, -1})
    rows.push_back({[=] { expected_first_loss(classes, 64, {}); },
                    text("expected_first_loss: expected at least 2 classes, got ", classes)});
  return rows;
}

}  // namespace

Rows margin_rows() {
  Rows rows;
  for (const auto& of : {of_centers, of_factors, of_counts})
    for (test::ErrorCase& row : of()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace gradian::misuse
