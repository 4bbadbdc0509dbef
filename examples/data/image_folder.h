// Images of one's own: a folder with a folder for each identity, which holds its images as PGM or
// PPM files, as the face databases do. Two folders deep, no deeper.
//   orl/s1/1.pgm  orl/s1/2.pgm  ...  orl/s40/10.pgm
#pragma once

#include <cstdint>
#include <filesystem>
#include <iostream>

#include "examples/data/dataset.h"

namespace gradian::examples {

struct ImageFormat {
  int64_t height = 32, width = 32;
  bool colour = false;
};

struct ImageFolderOptions {
  ImageFormat format = {};
  int64_t least_images = 2;  // of an identity
  bool strict = false;       // what would be left out is an error
};

// [C, H, W] of normalised pixels, C = 1 if grey, or 3. The image is resampled to the format, also
// where that has other proportions: each new pixel is a mean of the old ones around it, or lies
// between them where the image is smaller. Grey of colours is 0.299 R + 0.587 G + 0.114 B (ITU-R
// BT.601).
Tensor read_image(const std::filesystem::path& file, const ImageFormat& format);

// All identities, by their folders' names in alphabetical order, which are the class names; each
// one's images together, by their files' names. What begins with a dot is not looked at, nor is a
// file beside the identities' folders. A file that is no such image is left out, and so is an
// identity with too few that are: `warnings` gets a line for each. Unless there is one identity,
// that is an error.
Dataset read_image_folder(const std::filesystem::path& folder,
                          const ImageFolderOptions& options = {},
                          std::ostream& warnings = std::cerr);

}  // namespace gradian::examples
