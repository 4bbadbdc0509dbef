// Scores of pairs, the ROC curve and what is read off it, held against numbers worked by hand,
// against plain second definitions, and against changes that may not matter.
#include "losses/verification.h"

#include <algorithm>
#include <cmath>

#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian {
namespace {

using test::doubles, test::integers, test::kInfinity;

TEST_CASE("x") {
  const RocCurve curve = roc_curve({doubles({4, 3, 2, 1}), integers({1, 0, 1, 0}), {}, {}});
  CHECK(curve.thresholds == std::vector<double>{kInfinity, 4, 3, 2, 1});
  CHECK(roc_auc(curve) == 0.75);
}

}  // namespace
}  // namespace gradian
