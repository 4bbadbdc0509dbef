// The differences from PyTorch that are meant, each with its reason.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/opinfo/replay.h"

namespace gradian::opinfo {

// Explains a difference when all that it says holds.
struct Explanation {
  std::string ops;     // of the sample, separated by spaces; empty: any
  std::string result;  // how the result's name begins: out, grad, second, refusal
  std::string part;    // of the sample's calls or of the difference's text
  std::string reason;
  // Elementwise functions: where in the first input the results may differ.
  std::function<bool(double)> only_at = {};
};

const std::vector<Explanation>& explanations();

bool explains(const Explanation& explanation, const Sample& sample, const SampleFile& file,
              const Difference& difference);

}  // namespace gradian::opinfo
