// Arguments that a reader of PyTorch's signatures, or of ours in a hurry, puts in the wrong place:
// they do not compile.
#include "tests/helpers.h"

namespace gradian::test {
namespace {

template <class V>
concept KeepdimAsCorrection = requires(const V& x) {
  var(x, 1, true);
};
template <class V>
concept TrainingAsProbability = requires(const V& x) {
  dropout(x, true);
};
template <class V>
concept TextAsFlag = requires(const V& x) {
  gelu(x, "none");
};
template <class V>
concept PowerAsAxis = requires(const V& x) {
  normalize(x, 2.0);
};
template <class V>
concept PowerThenAxis = requires(const V& x) {
  normalize(x, 2, 1);
};
template <class V>
concept TrainingAsEpsilon = requires(const V& x, const Tensor& t) {
  batch_norm(x, t, t, x, x, true);
};
template <class V>
concept FlagAsAxes = requires(const V& x) {
  sum(x, true);
};
template <class V>
concept FlagAmongAxes = requires(const V& x) {
  sum(x, {true});
};
template <class V>
concept RealNumberAsAxes = requires(const V& x) {
  sum(x, 1.0);
};
template <class V>
concept DirectionAsAxis = requires(const V& x) {
  sort(x, true);
}
|| requires(const V& x) { argsort(x, true); }
|| requires(const V& x) { topk(x, 2, false); };
template <class V>
concept NumberOrListAsAxes = requires(const V& x, int64_t axis) {
  sum(x);
  sum(x, 1);
  sum(x, axis, true);
  sum(x, {0, -1});
};
template <class V>
concept RightOrder = requires(const V& x, const Tensor& t) {
  var(x, 1, 0, true);
  dropout(x, 0, true);
  dropout(x, 1);
  gelu(x, true);
  normalize(x, -1, 1e-12);
  batch_norm(x, t, t, x, x, 1e-5);
};

TEST_CASE("an argument in another one's place does not compile") {
  static_assert(RightOrder<Variable>);
  static_assert(!KeepdimAsCorrection<Variable> && !KeepdimAsCorrection<Tensor>);
  static_assert(!TrainingAsProbability<Variable>);
  static_assert(!DirectionAsAxis<Tensor>);
  static_assert(!TextAsFlag<Variable>);
  static_assert(!PowerAsAxis<Variable> && !PowerThenAxis<Variable>);
  static_assert(!TrainingAsEpsilon<Variable>);
  static_assert(NumberOrListAsAxes<Variable> && NumberOrListAsAxes<Tensor>);
  static_assert(!FlagAsAxes<Variable> && !FlagAsAxes<Tensor>);
  static_assert(!FlagAmongAxes<Variable> && !FlagAmongAxes<Tensor>);
  static_assert(!RealNumberAsAxes<Variable> && !RealNumberAsAxes<Tensor>);
}

}  // namespace
}  // namespace gradian::test
