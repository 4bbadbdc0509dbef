// Holds the table of gradients against the headers, so that nothing differentiable can be added
// without its proof. It reads the headers' text: it knows the style they are written in, not C++.
#pragma once

#include "tests/gradients/table.h"

namespace gradian::proof {

// One line for each public function or module in the headers that the table lacks or has too few
// cases for (fewer than overloads), and for each row of the table that no header declares. Headers:
// autograd/ops.h for ops and functions, nn/*.h for layers, losses/*.h for losses.
std::vector<std::string> completeness_failures(const std::vector<GradientSubject>& table,
                                               const std::string& source_dir);

}  // namespace gradian::proof
