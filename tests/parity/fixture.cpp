#include "tests/parity/fixture.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tensor/files/safetensors.h"
#include "tests/parity/mismatch.h"

namespace gradian::parity {
namespace {

double tolerance(DType dtype) { return dtype == DType::float64 ? 1e-10 : 1e-5; }

// One of the results of a case: out, grad0, grad1, ...
using Result = std::pair<std::string, Tensor>;

std::vector<Result> evaluate(CaseArrays& arrays, const Function& function) {
  std::vector<Variable> inputs, wanted;
  std::vector<std::string> keys;
  for (int i = 0; arrays.has(text("in", i)); ++i) {
    const std::string key = text("grad", i);
    inputs.emplace_back(arrays.get(text("in", i)), arrays.has(key));
    if (!arrays.has(key)) continue;
    wanted.push_back(inputs.back());
    keys.push_back(key);
  }
  const Variable out = function(inputs);
  std::vector<Result> results = {{"out", out.value()}};
  const auto gradients = grad({out}, wanted, {Variable(arrays.get("cotangent"))});
  for (size_t i = 0; i < wanted.size(); ++i)
    results.emplace_back(keys[i], gradients[i].defined()
                                      ? gradients[i].value()
                                      : Tensor::zeros(wanted[i].shape(), wanted[i].dtype()));
  return results;
}

// Of one result: it is what its row says, and so is PyTorch's; without a row they agree.
void check_difference(CaseArrays& arrays, const Difference& difference, const std::string& key,
                      const Tensor& actual) {
  INFO("case ", difference.name, ": ", difference.reason);
  const auto& rows = difference.values;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& values) { return values.key == key; });
  if (row == rows.end()) return arrays.match(key, actual);
  const double allowed = tolerance(arrays.dtype());
  const std::string theirs = mismatch(arrays.get(key).to_vector<double>(), row->pytorch, allowed);
  const std::string ours = mismatch(actual.to_vector<double>(), row->gradian, allowed);
  CHECK_MESSAGE(theirs.empty(), "PyTorch's ", key, ": ", theirs);
  CHECK_MESSAGE(ours.empty(), "Gradian's ", key, ": ", ours);
  CHECK_MESSAGE(!mismatch(row->pytorch, row->gradian, allowed).empty(), key, " does not differ");
}

}  // namespace

Fixture::Fixture(const std::string& family)
    : family_(family),
      arrays_(read_safetensors(text(GRADIAN_SOURCE_DIR "/tests/parity/", family, ".safetensors"))
                  .tensors) {}

void Fixture::check_covered_by(const std::vector<std::string>& cases) const {
  std::set<std::string> owners;
  for (const auto& entry : arrays_) {
    size_t matches = 0;
    for (const std::string& name : cases)
      if (entry.first.starts_with(name + ".")) ++matches, owners.insert(name);
    CHECK_MESSAGE(matches == 1, family_, ": ", matches, " cases use the array ", entry.first);
  }
  for (const std::string& name : cases)
    CHECK_MESSAGE(owners.count(name) == 1, family_, ": there is no array of the case ", name);
}

CaseArrays::CaseArrays(const Fixture& fixture, std::string name, DType dtype)
    : fixture_(fixture), name_(std::move(name)), dtype_(dtype) {}

bool CaseArrays::has(const std::string& key) const {
  return fixture_.arrays().count(name_ + "." + key) > 0;
}

const Tensor& CaseArrays::find(const std::string& key) {
  const auto found = fixture_.arrays().find(name_ + "." + key);
  check(found != fixture_.arrays().end(), "fixture: there is no array ", name_, '.', key);
  used_.insert(found->first);
  return found->second;
}

Tensor CaseArrays::get(const std::string& key) {
  const Tensor& array = find(key);
  return is_floating(array.dtype()) ? array.to(dtype_).clone() : array;
}

void CaseArrays::match(const std::string& key, const Tensor& actual) {
  const Tensor& expected = find(key);
  const std::string label = text(name_, '.', key, " in ", dtype_);
  CHECK_MESSAGE(actual.dtype() == dtype_, label);
  CHECK_MESSAGE(actual.shape() == expected.shape(), label, ": shape ", text(actual.shape()),
                ", expected ", text(expected.shape()));
  const std::string found =
      mismatch(actual.to_vector<double>(), expected.to_vector<double>(), tolerance(dtype_));
  CHECK_MESSAGE(found.empty(), label, ": ", found);
}

void CaseArrays::check_all_used() const {
  for (const auto& entry : fixture_.arrays())
    if (entry.first.starts_with(name_ + "."))
      CHECK_MESSAGE(used_.count(entry.first) == 1, "the array ", entry.first, " is not used");
}

void check_cases(const Fixture& fixture, const Cases& cases) {
  for (const auto& [name, function] : cases) {
    for (const DType dtype : {DType::float64, DType::float32}) {
      CaseArrays arrays(fixture, name, dtype);
      for (const auto& [key, actual] : evaluate(arrays, function)) arrays.match(key, actual);
      arrays.check_all_used();
    }
  }
}

void check_differences(const Fixture& fixture, const std::vector<Difference>& differences) {
  for (const Difference& difference : differences) {
    CaseArrays arrays(fixture, difference.name, DType::float64);
    for (const auto& [key, actual] : evaluate(arrays, difference.function))
      check_difference(arrays, difference, key, actual);
    arrays.check_all_used();
  }
}

}  // namespace gradian::parity
