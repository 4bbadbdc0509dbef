// The elementwise functions of one floating variable, for tables in which all are treated alike.
#pragma once

#include "autograd/ops.h"

namespace gradian::test {

struct UnaryFunction {
  const char* name;
  Variable (*f)(const Variable&);
};

inline const UnaryFunction kUnaryFunctions[] = {
    {"exp", exp},
    {"log", log},
    {"log1p", log1p},
    {"sqrt", sqrt},
    {"sin", sin},
    {"cos", cos},
    {"acos", acos},
    {"tanh", tanh},
    {"erf", erf},
    {"sigmoid", sigmoid},
    {"softplus", softplus},
    {"relu", relu},
    {"abs", abs},
    {"square", square},
    {"reciprocal", reciprocal},
    {"rsqrt", rsqrt},
    {"silu", silu},
    {"gelu", [](const Variable& x) { return gelu(x); }},
    {"gelu", [](const Variable& x) { return gelu(x, true); }},
    {"leaky_relu", [](const Variable& x) { return leaky_relu(x); }},
    {"dropout", [](const Variable& x) { return dropout(x); }},
    {"pow", [](const Variable& x) { return pow(x, 2); }},
};

}  // namespace gradian::test
