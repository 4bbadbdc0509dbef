// A trained embedding network with all that it takes to use it: how its images have to look, and
// from which similarity on two of them count as the same identity. Kept in one safetensors file.
#pragma once

#include <filesystem>

#include "nn/layers.h"

namespace gradian::examples {

struct Recognizer {
  int64_t channels = 1, size = 24, features = 128;
  // The cosine that was chosen for this rate of false accepts (losses/verification.h).
  double threshold = 1, false_accept_rate = 0;
  nn::Sequential network;
};

// The network with random weights.
Recognizer make_recognizer(int64_t channels, int64_t size, int64_t features);

void save(const Recognizer& recognizer, const std::filesystem::path& file);
Recognizer load_recognizer(const std::filesystem::path& file);

}  // namespace gradian::examples
