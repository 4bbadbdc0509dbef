// Images that the program draws itself, for machines without a data set: each class is a glyph of
// a few pen strokes, each sample a wobbly, slanted, noisy copy of it. Reads no file.
#pragma once

#include <cstdint>

#include "examples/data/dataset.h"

namespace gradian::examples {

// Class k's glyph is a function of (seed, k) alone, sample i a function of (seed, i, num_classes,
// image_size): asking for more samples keeps those there were, and the number of threads does not
// matter. Labels run 0, 1, ..., num_classes - 1, 0, ... so that any first part is balanced.
DataSplit synthetic(int64_t num_classes, int64_t train_samples, int64_t test_samples, uint64_t seed,
                    int64_t image_size = 28);

}  // namespace gradian::examples
