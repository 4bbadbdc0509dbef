// Joins the case tables of all op families.
#include "autograd/all_ops.h"

namespace gradian {

std::vector<OpCases> all_op_cases() {
  std::vector<OpCases> all;
  for (const auto& family :
       {cases_of(ops::ElementwiseOps{}), cases_of(ops::ActivationOps{}), cases_of(ops::ShapeOps{}),
        cases_of(ops::ReductionOps{}), cases_of(ops::NormOps{}), cases_of(ops::IndexingOps{}),
        cases_of(ops::ProductOps{}), cases_of(ops::MarginHeadOps{})})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace gradian
