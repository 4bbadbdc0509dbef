// Replays a sample in every memory layout and compares what Gradian computes with what PyTorch did.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/opinfo/layouts.h"
#include "tests/opinfo/samples.h"

namespace gradian::opinfo {

struct Difference {
  std::string layout;
  std::string result;  // "out", "grad0", ... as in samples.py, or "refusal"
  std::string text;    // what is farthest off, or the error
  std::vector<double> ours, theirs;
};

struct Outcome {
  std::optional<std::string> left_out;  // the reason
  std::vector<Difference> differences;
};

// Empty when they agree to 1e-10 of PyTorch's largest entry; else what is farthest off.
std::string mismatch(const std::vector<double>& ours, const std::vector<double>& theirs);

Outcome replay(const Sample& sample, const SampleFile& file);

}  // namespace gradian::opinfo
