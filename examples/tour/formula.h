// Formulas as a person types them, such as sum(tanh(x * w) ^ 2), made functions of Variables.
#pragma once

#include <string>
#include <vector>

#include "autograd/gradcheck.h"

namespace gradian::examples {

struct Formula {
  std::vector<std::string> names;  // of its variables, in the order in which they come
  Function function;               // of them, in that order
};

// Numbers, names, + - * / ^, parentheses and functions of one argument. As on paper, ^ comes before
// the sign and is read from the right: -x^2^3 is -(x^(2^3)). Fails, naming the byte, where
// something else was expected; a text may have 1000 bytes.
Formula parse_formula(const std::string& text);

// "exp, log, ...": what parse_formula knows.
std::string formula_functions();

// "0.5,1" as float64 [2], a single number as []. `name` is named in errors.
Tensor parse_numbers(const std::string& text, const std::string& name);

}  // namespace gradian::examples
