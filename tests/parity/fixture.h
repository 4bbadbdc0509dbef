// Holds functions of Gradian against the arrays that generate.py stored for them, in float64 to
// 1e-10 and in float32 to 1e-5 of an array's largest entry. Failures are doctest's; what is
// compared is up to the tables in tests/parity/test_*.cpp.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "autograd/gradcheck.h"

namespace gradian::parity {

// One fixture file. Its arrays are called `case.key`.
class Fixture {
 public:
  // Reads tests/parity/<family>.safetensors.
  explicit Fixture(const std::string& family);

  const std::map<std::string, Tensor>& arrays() const { return arrays_; }

  // Fails the test unless each array belongs to one of the cases, and each case has arrays.
  void check_covered_by(const std::vector<std::string>& cases) const;

 private:
  std::string family_;
  std::map<std::string, Tensor> arrays_;
};

// The arrays of one case, for a run in one floating dtype.
class CaseArrays {
 public:
  CaseArrays(const Fixture& fixture, std::string name, DType dtype);

  DType dtype() const { return dtype_; }
  bool has(const std::string& key) const;
  // In the dtype of the run, unless it is int64.
  Tensor get(const std::string& key);
  // Fails the test unless `actual` has the shape and the values of the array.
  void match(const std::string& key, const Tensor& actual);
  // Fails the test for every array that no one asked for.
  void check_all_used() const;

 private:
  const Tensor& find(const std::string& key);

  const Fixture& fixture_;
  std::string name_;
  DType dtype_;
  std::set<std::string> used_;
};

// By the name of their case, functions of the arrays in0, in1, ..., whose result is `out` and whose
// gradients, for the cotangent, are those of grad0, grad1, ... that exist.
using Cases = std::map<std::string, Function>;
using In = const std::vector<Variable>&;

// The names in a table of cases.
template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& cases) {
  std::vector<std::string> names;
  for (const auto& [name, value] : cases) names.push_back(name);
  return names;
}

void check_cases(const Fixture& fixture, const Cases& cases);

// A case in which Gradian differs from PyTorch on purpose: in the arrays listed, with both values.
struct Difference {
  struct Values {
    std::string key;
    std::vector<double> pytorch, gradian;
  };
  std::string name;
  Function function;
  std::vector<Values> values;
  std::string reason;
};

// Fails the test unless both values are what the rows say, and all other arrays agree.
void check_differences(const Fixture& fixture, const std::vector<Difference>& differences);

}  // namespace gradian::parity
