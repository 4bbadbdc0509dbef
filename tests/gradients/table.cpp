// Joins the parts of the table of gradients.
#include "tests/gradients/table.h"

#include "autograd/all_ops.h"

namespace gradian::proof {

std::vector<GradientSubject> gradient_table() {
  std::vector<GradientSubject> table;
  for (const OpCases& op : AllOps::cases()) table.push_back({"op", op.name, op.cases});
  for (const auto& part :
       {function_subjects(), layer_subjects(), loss_subjects(), margin_loss_subjects()})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

}  // namespace gradian::proof
