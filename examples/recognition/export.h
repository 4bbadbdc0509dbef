// Hands a training over to examples/interop/glyphs.py, which does the same in PyTorch: the images
// of every step and of the tests as .npy, and the network before the first step.
#pragma once

#include <filesystem>

#include "examples/recognition/images.h"
#include "examples/recognition/recognizer.h"

namespace gradian::examples {

void export_training(const RecognitionImages& images, const ImageOptions& options, int64_t steps,
                     const Recognizer& initial, const std::filesystem::path& folder);

}  // namespace gradian::examples
