#include "losses/reduction.h"

#include "tensor/kernels.h"

namespace gradian {

Variable reduce(const Variable& losses, Reduction reduction) {
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

void check_same_kind(const Variable& a, const Variable& b, const char* op) {
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), op,
        ": expected operands of one shape and dtype, got ", describe(a.value()), " and ",
        describe(b.value()));
}

}  // namespace gradian
