#include "tests/opinfo/explained.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace gradian::opinfo {
namespace {

constexpr const char* kEmptyInConcat =
    "Shapes must agree; PyTorch skips tensors of shape [0] whatever the others' shapes.";

bool is_nan(double x) { return std::isnan(x); }
bool is_infinite(double x) { return std::isinf(x); }
bool is_zero(double x) { return x == 0; }
bool is_not_positive(double x) { return x <= 0; }

bool lists(const std::string& words, const std::string& word) {
  std::istringstream stream(words);
  for (std::string each; stream >> each;)
    if (each == word) return true;
  return words.empty();
}

// Whether the results agree once the entries at which `x` says so are left out.
bool differ_only_at(const std::function<bool(double)>& at, const std::vector<double>& x,
                    const Difference& difference) {
  std::vector<double> ours = difference.ours;
  if (ours.empty() || ours.size() != x.size()) return false;
  for (size_t i = 0; i < x.size(); ++i)
    if (at(x[i])) ours[i] = difference.theirs[i];
  return mismatch(ours, difference.theirs).empty();
}

}  // namespace

const std::vector<Explanation>& explanations() {
  static const std::vector<Explanation> rows = {
      {"", "refusal", "is out of range for 0 axes",
       "A tensor without axes has no axis 0; PyTorch takes it as one of size 1."},
      {"squeeze", "refusal", "is not of size 1",
       "An axis that cannot be squeezed is an error; in PyTorch nothing happens."},
      {"constant_pad_nd nn.functional.pad.constant", "refusal", "negative padding",
       "pad() does not cut, slice() does."},
      {"cat", "refusal", "shapes [0] and", kEmptyInConcat},
      {"cat", "refusal", "out of range for 1 axes", kEmptyInConcat},
      {"nn.functional.batch_norm", "refusal", "expected [N, C, ...], got [0]",
       "Without an axis of channels there is nothing to normalise over."},
      {"nn.BatchNorm1d nn.BatchNorm2d", "refusal", "need more than one value a channel",
       "An empty batch has no statistics to train with."},
      {"nn.BatchNorm1d nn.BatchNorm2d", "refusal", "eps=0.0",
       "Without eps it is the formula itself, which fails only where there is no variance."},
      {"nn.functional.layer_norm", "refusal", "eps must be finite and not negative",
       "A negative eps has no meaning; PyTorch takes the root of what is left."},
      {"logsumexp", "refusal", "no values along axes",
       "Of no values it is refused, as max is; PyTorch's is -infinity."},
      {"nn.functional.silu", "", "",
       "silu has its limits at the infinities; PyTorch multiplies 0 by infinity.", is_infinite},
      {"abs", "", "", "A derivative at NaN is NaN; PyTorch's sign(NaN) is 0.", is_nan},
      {"sign", "out", "", "sign(NaN) is NaN; PyTorch's is 0.", is_nan},
      {"nn.functional.hardtanh", "", "",
       "NaN passes through clamp, and so does its gradient; PyTorch's is 0.", is_nan},
      {"nn.functional.prelu", "second_v", "",
       "PyTorch contradicts itself: its gradient at 0 has the slope `weight`, its second order 1.",
       is_zero},
      {"pow", "second", "exponent=@1",
       "The derivative of 0^p by p >= 0 is 0 in every order, PyTorch's second one NaN; that of x^p "
       "by p at x < 0 is NaN in every order, PyTorch's second one finite at p = 0.",
       is_not_positive},
  };
  return rows;
}

bool explains(const Explanation& explanation, const Sample& sample, const SampleFile& file,
              const Difference& difference) {
  const auto holds_part = [&](const std::string& text) {
    return text.find(explanation.part) != std::string::npos;
  };
  return lists(explanation.ops, sample.op) && difference.result.starts_with(explanation.result) &&
         (holds_part(difference.text) ||
          std::any_of(sample.calls.begin(), sample.calls.end(), holds_part)) &&
         (!explanation.only_at ||
          differ_only_at(explanation.only_at,
                         file.arrays.at(sample.id + ".in0").to_vector<double>(), difference));
}

}  // namespace gradian::opinfo
