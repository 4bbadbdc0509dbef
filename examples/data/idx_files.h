// Finds the four files of a labelled set of images by the names that they are published under.
// What is in them is the business of idx.h.
#pragma once

#include <filesystem>
#include <string>

namespace gradian::examples {

struct IdxFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
  std::string name;  // of the data set: what its files' names begin with, or else the folder's
};

// `source` is a folder, or a folder and the beginning of the files' names, such as
// "emnist/emnist-letters". Known are names such as
//   train-images-idx3-ubyte, t10k-labels.idx1-ubyte          MNIST, Fashion-MNIST, KMNIST
//   emnist-letters-train-images-idx3-ubyte, emnist-letters-test-labels-idx1-ubyte
//   qmnist-train-images-idx3-ubyte, qmnist-test-labels-idx2-int
// Fails unless there is one file of each kind, saying what was found instead: which ones there are
// to choose from, or the command that unpacks what has been downloaded as .gz.
IdxFiles find_idx_files(const std::filesystem::path& source);

}  // namespace gradian::examples
