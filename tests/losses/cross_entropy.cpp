// Cross entropy and the negative log-likelihood: values and gradients by hand.
#include <cmath>

#include "losses/cross_entropy.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

double ln(double x) { return std::log(x); }

// Two rows whose softmax is {1/8, 2/8, 5/8} and {3/8, 3/8, 2/8}: logits are logarithms of the
// numerators, shifted in the second row, which softmax does not see. Their labels are 2 and 0.
Variable two_rows() { return leaf({ln(1), ln(2), ln(5), ln(3) + 7, ln(3) + 7, ln(2) + 7}, {2, 3}); }
Tensor two_labels() { return integers({2, 0}); }
const double kLoss0 = ln(8.0 / 5), kLoss1 = ln(8.0 / 3);

// Checks the loss and its gradient by the logits.
void check_loss(const Tensor& labels, const CrossEntropyOptions& options, double loss,
                const std::vector<double>& gradient) {
  const Variable logits = two_rows();
  const Variable result = cross_entropy(logits, labels, options);
  CHECK(result.shape() == Shape{});
  check_values(result, {loss});
  result.backward();
  check_values(logits.grad(), gradient);
}

}  // namespace

TEST_CASE("cross_entropy: minus the logarithm of the label's probability, gradient p - target") {
  const double h = 0.5;  // of the mean over two rows
  check_loss(two_labels(), {}, (kLoss0 + kLoss1) / 2,
             {h / 8, h * 2 / 8, h * -3 / 8, h * -5 / 8, h * 3 / 8, h * 2 / 8});
  check_loss(two_labels(), {.reduction = Reduction::sum}, kLoss0 + kLoss1,
             {1.0 / 8, 2.0 / 8, -3.0 / 8, -5.0 / 8, 3.0 / 8, 2.0 / 8});
  const Variable each = cross_entropy(two_rows(), two_labels(), {.reduction = Reduction::none});
  CHECK(each.shape() == Shape{2});
  check_values(each, {kLoss0, kLoss1});
}

TEST_CASE("cross_entropy: logits of +-10000 give finite losses and exact gradients") {
  for (const DType dtype : {DType::float32, DType::float64}) {
    CAPTURE(dtype);
    const Variable logits(doubles({1e4, -1e4, 1e4, -1e4}, {2, 2}).to(dtype), true);
    const Variable each = cross_entropy(logits, integers({0, 1}), {.reduction = Reduction::none});
    check_values(each, {0, 2e4});
    sum(each).backward();
    check_values(logits.grad(), {0, 0, 1, -1});
  }
}

TEST_CASE("cross_entropy: a class with logit -infinity has probability 0 and gradient 0") {
  const Variable logits = leaf({0, -kInfinity, ln(3)}, {1, 3});
  const Variable loss = cross_entropy(logits, integers({2}));
  check_values(loss, {ln(4.0 / 3)});
  loss.backward();
  check_values(logits.grad(), {0.25, 0, -0.25});
  CHECK(cross_entropy(logits, integers({1})).item() == kInfinity);
}

TEST_CASE("cross_entropy: with one class there is nothing to lose") {
  const Variable logits = leaf({3, -8}, {2, 1});
  const Variable loss = cross_entropy(logits, integers({0, 0}));
  check_values(loss, {0});
  loss.backward();
  check_values(logits.grad(), {0, 0});
}

TEST_CASE("cross_entropy: label smoothing spreads a share of the target over all classes") {
  // 0.3 spread over three classes: targets {0.1, 0.1, 0.8} and {0.8, 0.1, 0.1}.
  const double loss = 0.1 * ln(8) + 0.1 * ln(4) + 0.8 * kLoss0 +  //
                      0.8 * kLoss1 + 0.1 * kLoss1 + 0.1 * ln(4);
  check_loss(two_labels(), {.label_smoothing = 0.3}, loss / 2,
             {(0.125 - 0.1) / 2, (0.25 - 0.1) / 2, (0.625 - 0.8) / 2, (0.375 - 0.8) / 2,
              (0.375 - 0.1) / 2, (0.25 - 0.1) / 2});
  // All of it: the label no longer matters.
  const CrossEntropyOptions all{.label_smoothing = 1};
  check_values(cross_entropy(two_rows(), two_labels(), all),
               {cross_entropy(two_rows(), integers({0, 1}), all).item()});
}

TEST_CASE("cross_entropy: class weights multiply the rows, and the mean divides by them") {
  // Weights {1, 2, 3}: the rows' labels 2 and 0 weigh 3 and 1.
  const Tensor weight = doubles({1, 2, 3});
  check_loss(two_labels(), {.weight = weight}, (3 * kLoss0 + kLoss1) / 4,
             {0.75 / 8, 0.75 * 2 / 8, 0.75 * -3 / 8, 0.25 * -5 / 8, 0.25 * 3 / 8, 0.25 * 2 / 8});
  check_values(
      cross_entropy(two_rows(), two_labels(), {.weight = weight, .reduction = Reduction::sum}),
      {3 * kLoss0 + kLoss1});
  check_values(
      cross_entropy(two_rows(), two_labels(), {.weight = weight, .reduction = Reduction::none}),
      {3 * kLoss0, kLoss1});
  // So a common factor of all weights drops out of the mean.
  check_values(cross_entropy(two_rows(), two_labels(), {.weight = doubles({10, 20, 30})}),
               {(3 * kLoss0 + kLoss1) / 4});
  // Smoothed, each class's part of the target carries its own weight (PyTorch's formula):
  // 0.7 w_y (-ln p_y) + 0.1 sum over c of w_c (-ln p_c), still divided by 3 + 1.
  const double smooth0 = ln(8) + 2 * ln(4) + 3 * kLoss0, smooth1 = kLoss1 + 2 * kLoss1 + 3 * ln(4);
  check_values(cross_entropy(two_rows(), two_labels(), {.weight = weight, .label_smoothing = 0.3}),
               {(0.7 * (3 * kLoss0 + kLoss1) + 0.1 * (smooth0 + smooth1)) / 4});
}

TEST_CASE("cross_entropy: rows with ignore_index count for nothing") {
  check_loss(integers({2, -100}), {}, kLoss0, {1.0 / 8, 2.0 / 8, -3.0 / 8, 0, 0, 0});
  // Any label can be the ignored one, a class too.
  check_loss(integers({2, 255}), {.ignore_index = 255}, kLoss0,
             {1.0 / 8, 2.0 / 8, -3.0 / 8, 0, 0, 0});
  check_loss(two_labels(), {.ignore_index = 2}, kLoss1, {0, 0, 0, -5.0 / 8, 3.0 / 8, 2.0 / 8});
  const CrossEntropyOptions none{.reduction = Reduction::none, .label_smoothing = 0.3};
  check_values(slice(cross_entropy(two_rows(), integers({2, -100}), none), 0, 1, 2), {0});
  // Without any row the mean is 0 / 0 and the sum 0, as PyTorch has it.
  CHECK(std::isnan(cross_entropy(two_rows(), integers({-100, -100})).item()));
  check_values(cross_entropy(two_rows(), integers({-100, -100}), {.reduction = Reduction::sum}),
               {0});
}

TEST_CASE("cross_entropy: what stands in an ignored row cannot leak") {
  const Variable logits = leaf({ln(1), ln(2), ln(5), -kInfinity, 0, 0}, {2, 3});
  for (const double smoothing : {0.0, 0.3}) {
    const CrossEntropyOptions options{.label_smoothing = smoothing};
    const Variable alone = cross_entropy(slice(logits, 0, 0, 1), integers({2}), options);
    const Variable loss = cross_entropy(logits, integers({2, -100}), options);
    check_values(loss, {alone.item()});
    check_values(slice(grad({loss}, {logits})[0], 0, 1, 2), {0, 0, 0});
  }
  const Variable broken = leaf({0, 0, kNaN, 0}, {2, 2});
  check_values(cross_entropy(broken, integers({0, -100})), {ln(2)});
}

TEST_CASE("nll_loss: minus the label's entry, with the same weights and reductions") {
  const Variable scores = leaf({-1, -2, -3, -4, -5, -6}, {2, 3});
  check_values(nll_loss(scores, two_labels()), {(3 + 4) / 2.0});
  check_values(nll_loss(scores, two_labels(), {.weight = doubles({1, 2, 3})}), {(3 * 3 + 4) / 4.0});
  check_values(nll_loss(scores, integers({2, -100})), {3});
  check_values(nll_loss(scores, two_labels(), {.reduction = Reduction::none}), {3, 4});
  // On log_softmax it is cross entropy.
  check_values(nll_loss(log_softmax(two_rows(), 1), two_labels()), {(kLoss0 + kLoss1) / 2});
}

}  // namespace gradian::test
