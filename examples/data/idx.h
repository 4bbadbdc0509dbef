// Reads labelled images in the IDX format, the one MNIST and Fashion-MNIST are published in:
// two zero bytes, a type byte, the number of axes, the sizes as big-endian uint32, then the values.
// Only unsigned bytes are understood, and only plain files: gzip'd ones must be unpacked first.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "examples/data/dataset.h"

namespace gradian::examples {

// Reads the four files {train,t10k}-{images-idx3,labels-idx1}-ubyte of a folder (a dot before
// "idx" will do as well). Pixels are normalised. The classes are Fashion-MNIST's ten when the
// folder's name contains "fashion", otherwise "0" up to the largest label.
DataSplit read_idx(const std::filesystem::path& folder);

// Images [N, 1, H, W] float32, normalised, and labels [N] int64 from the bytes of one file. `file`
// is what errors call it. Sizes are held against the number of bytes before memory is taken.
Tensor decode_idx_images(std::string_view bytes, const std::string& file);
Tensor decode_idx_labels(std::string_view bytes, const std::string& file);

}  // namespace gradian::examples
