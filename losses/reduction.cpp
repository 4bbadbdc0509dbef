#include "losses/reduction.h"

#include "tensor/kernels.h"

namespace gradian {

Variable reduce(const Variable& losses, Reduction reduction) {
  const Calling calling("reduce");
  check(losses.defined(), "the variable is undefined");
  switch (reduction) {
    case Reduction::none:
      return losses;
    case Reduction::sum:
      return sum(losses);
    case Reduction::mean:
      return mean(losses);
  }
  fail("unknown reduction ", static_cast<int>(reduction));
}

Variable weighted(const Variable& weight, const Variable& losses) {
  const Calling calling("weighted");
  const Tensor excluded = (weight == 0) * (isfinite(losses.value()) == 0);
  // In place of the losses, not of the product: its gradient would be 0 times infinity.
  return weight * where(excluded, 0, losses);
}

Variable where_counted(const Tensor& weight, const Variable& x) {
  const Calling calling("where_counted");
  return sum(weight == 0).item() == 0 ? x : where(weight, x, 0);
}

void check_same_kind(const Variable& a, const Variable& b) {
  const Calling calling("check_same_kind");
  check(a.shape() == b.shape() && a.dtype() == b.dtype(),
        "expected operands of one shape and dtype, got ", describe(a.value()), " and ",
        describe(b.value()));
  check(is_floating(a.dtype()), "expected float32 or float64, got ", a.dtype());
}

}  // namespace gradian
