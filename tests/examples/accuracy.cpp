// Accuracy: values by hand, and what it refuses.
#include "examples/metrics/accuracy.h"

#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

using examples::accuracy;

}  // namespace

TEST_CASE("accuracy: share of rows whose label has the largest logit, the first one among equals") {
  const Tensor logits = doubles({1, 3, 2,  //
                                 5, 5, 1,  //
                                 0, 1, 2,  //
                                 2, 1, 0},
                                {4, 3});
  CHECK(accuracy(logits, integers({1, 1, 2, 0})) == 0.75);  // the tie counts as class 0
  CHECK(accuracy(logits, integers({1, 0, 2, 0})) == 1);
  CHECK(accuracy(logits, integers({0, 2, 0, 1})) == 0);
}

TEST_CASE("accuracy: NaN among the logits is an error, not a number") {
  check_errors({{[] {
                   accuracy(doubles({1, 0, kNaN, 0}, {2, 2}), integers({0, 0}));
                 },
                 "accuracy: NaN among the logits of row 1"}});
  // Infinities can be compared.
  CHECK(accuracy(doubles({-kInfinity, 0, kInfinity, 0}, {2, 2}), integers({1, 0})) == 1);
}

TEST_CASE("accuracy: what does not fit is refused with a reason") {
  const Tensor logits = Tensor::zeros({2, 3}), labels = integers({0, 1});
  check_errors({
      {[&] {
         accuracy(logits, integers({0, -100}));
       },
       "accuracy: label -100 at row 1, but there are 3 classes"},
      {[&] { accuracy(logits, integers({0})); }, "accuracy: expected 2 labels, got shape [1]"},
      {[&] { accuracy(logits, labels.unsqueeze(1)); },
       "accuracy: expected 2 labels, got shape [2, 1]"},
      {[&] { accuracy(logits, Tensor::zeros({2})); },
       "accuracy: labels must be int64, got float32"},
      {[] {
         accuracy(Tensor::zeros({0, 3}), integers({}));
       },
       "accuracy: expected logits [N, C] with N > 0, got [0, 3]"},
      {[&] { accuracy(Tensor::zeros({2}), labels); },
       "accuracy: expected logits [N, C] with N > 0, got [2]"},
      {[&] { accuracy(Tensor(), labels); }, "accuracy: expected logits [N, C] with N > 0, got []"},
  });
}

}  // namespace gradian::test
