// Which images are taken for what, counted by hand.
#include "examples/metrics/mistakes.h"

#include <doctest/doctest.h>

#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

// Rows 1, 3 and 4 are wrong; row 5 is a tie, which the first class wins.
const Tensor probabilities = doubles({0.7, 0.2, 0.1,    //
                                      0.3, 0.6, 0.1,    //
                                      0.1, 0.1, 0.8,    //
                                      0.9, 0.05, 0.05,  //
                                      0.1, 0.6, 0.3,    //
                                      0.5, 0.5, 0.0},
                                     {6, 3});
const Tensor labels = integers({0, 0, 2, 2, 2, 0});

}  // namespace

TEST_CASE("a confusion matrix counts labels in rows and what they were taken for in columns") {
  CHECK(identical(confusion_matrix(probabilities, labels),
                  integers({2, 1, 0, 0, 0, 0, 1, 1, 1}).reshape({3, 3})));
}

TEST_CASE(
    "the surest mistakes come first, equally sure ones in their order, and no more than asked") {
  const std::vector<Mistake> all = surest_mistakes(probabilities, labels, 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].row == 3);
  CHECK(all[0].label == 2);
  CHECK(all[0].taken_for == 0);
  CHECK(all[0].probability == 0.9);
  CHECK(all[1].row == 1);
  CHECK(all[2].row == 4);
  CHECK(surest_mistakes(probabilities, labels, 1).size() == 1);
  CHECK(surest_mistakes(probabilities.slice(0, 0, 1), labels.slice(0, 0, 1), 9).empty());
}

TEST_CASE("labels that are no class are errors") {
  CHECK(error_of([] {
          confusion_matrix(probabilities, integers({0, 0, 2, 2, 2, 3}));
        }) == "confusion_matrix: label 3 at row 5, but there are 3 classes");
  CHECK(error_of([] { surest_mistakes(labels, labels, 1); }) ==
        "surest_mistakes: expected scores [N, C], got [6]");
}
