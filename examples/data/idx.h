// Reads labelled images in the IDX format, the one MNIST and its successors are published in:
// two zero bytes, a type byte, the number of axes, the sizes as big-endian uint32, then the values.
// Only plain files are understood: gzip'd ones must be unpacked first.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "examples/data/dataset.h"

namespace gradian::examples {

// Reads the four files that idx_files.h finds in a folder. Pixels are normalised and stay as they
// lie in the file: EMNIST's images are stored with rows and columns exchanged. The classes are
// Fashion-MNIST's ten when the data set's name contains "fashion", otherwise the labels from the
// smallest to the largest that there is: EMNIST's letters, 1 to 26, become the classes 0 to 25
// with the names "1" to "26".
DataSplit read_idx(const std::filesystem::path& source);

// Images [N, 1, H, W] float32, normalised, and labels [N] int64, 0 to 255, from the bytes of one
// file. Labels are unsigned bytes [N], or QMNIST's int32 [N, 8], of which the first column is the
// class. `file` is what errors call it. Sizes are held against the number of bytes before memory
// is taken.
Tensor decode_idx_images(std::string_view bytes, const std::string& file);
Tensor decode_idx_labels(std::string_view bytes, const std::string& file);

}  // namespace gradian::examples
