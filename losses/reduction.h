// How a loss turns its values, one an element or a row, into its result.
#pragma once

#include "autograd/ops.h"

namespace gradian {

enum class Reduction { none, mean, sum };

Variable reduce(const Variable& losses, Reduction reduction);

// Fails unless both have one shape and dtype, naming `op` and both.
void check_same_kind(const Variable& a, const Variable& b, const char* op);

}  // namespace gradian
