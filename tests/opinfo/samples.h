// The samples that generate.py wrote; samples.py describes the two files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradian::opinfo {

struct Sample {
  std::string id, family, op, number;
  bool refused = false;  // by PyTorch: there is nothing to compare
  std::vector<std::string> calls;
};

// Samples that cannot be replayed.
struct LeftOutCount {
  std::string family, op, reason;
  int64_t count = 0;
};

struct SampleFile {
  std::vector<Sample> samples;
  std::vector<LeftOutCount> left_out;
  std::map<std::string, Tensor> arrays;  // by <sample's id>.<key>
};

// Reads samples.txt and samples.safetensors in `folder`.
SampleFile read_samples(const std::string& folder);

}  // namespace gradian::opinfo
