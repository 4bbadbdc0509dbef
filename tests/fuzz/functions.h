// The table of the functions that the fuzzer calls.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/fuzz/source.h"

namespace gradian::fuzz {

struct Function {
  std::string name;
  // Makes its arguments and calls it. A result that is no Variable is given as one, or not at all.
  std::function<Variable(Source&)> call;
};

// Each public function of autograd/ops.h, tensor/kernels.h and tensor/conv/, an overload a row, and
// some of Tensor's and the losses'.
const std::vector<Function>& functions();

}  // namespace gradian::fuzz
