#include "tests/opinfo/samples.h"

#include <fstream>
#include <sstream>

#include "tensor/files/safetensors.h"

namespace gradian::opinfo {

SampleFile read_samples(const std::string& folder) {
  const std::string path = folder + "/samples.txt";
  std::ifstream stream(path);
  check(stream.good(), path, ": cannot be opened");
  SampleFile file;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "sample" || kind == "error") {
      Sample& sample = file.samples.emplace_back();
      sample.refused = kind == "error";
      words >> sample.id >> sample.family >> sample.op >> sample.number;
    } else if (kind == "call" && !file.samples.empty()) {
      file.samples.back().calls.push_back(line.substr(kind.size() + 1));
    } else if (kind == "left_out") {
      LeftOutCount& left_out = file.left_out.emplace_back();
      words >> left_out.family >> left_out.op >> left_out.count >> std::ws;
      std::getline(words, left_out.reason);
    } else {
      fail(path, ": expected sample, error, call or left_out, got '", line, '\'');
    }
  }
  file.arrays = read_safetensors(folder + "/samples.safetensors").tensors;
  return file;
}

}  // namespace gradian::opinfo
