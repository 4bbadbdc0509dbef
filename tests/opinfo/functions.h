// From PyTorch's functions, layers, losses and optimisers to Gradian's, a row each. A row takes its
// arguments out of the call before it calls Gradian.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/opinfo/call.h"

namespace gradian::opinfo {

using Row = std::function<Variable(Call&)>;
using Table = std::map<std::string, Row>;

Table functions();   // functions.cpp: on tensors
Table layers();      // layers.cpp: what holds parameters or pools
Table losses();      // losses.cpp
Table optimizers();  // optimizers.cpp: their result is the parameters after each step

// All of them.
const Table& table();

}  // namespace gradian::opinfo
