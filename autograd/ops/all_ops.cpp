// Joins the case tables of all op families.
#include "autograd/all_ops.h"

namespace gradian {

std::vector<OpCases> all_op_cases() {
  std::vector<OpCases> all;
  for (const auto& family :
       {cases_of(ElementwiseOps{}), cases_of(ActivationOps{}), cases_of(ShapeOps{}),
        cases_of(ReductionOps{}), cases_of(NormOps{}), cases_of(IndexingOps{}),
        cases_of(ProductOps{}), cases_of(MarginHeadOps{})})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace gradian
