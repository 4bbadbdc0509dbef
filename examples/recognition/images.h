// What a recognition is trained and tested on: identities, each with a few images, drawn anew at
// every step. Two sources of them: fonts of Chinese characters, and a folder of your own images.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "examples/data/augment.h"
#include "examples/data/dataset.h"
#include "examples/recognition/evaluation.h"

namespace gradian::examples {

struct ImageOptions {
  std::filesystem::path images = {};  // folder with a folder for each identity; empty: characters
  std::filesystem::path fonts = {};   // of the characters; empty: where Debian has them
  int64_t identities = 1000;          // characters to train on
  int64_t channels = 1;               // of your own images: 1, grey, or 3
  int64_t size = 24;                  // side of the square that images are scaled to
  bool validation = false;            // test on identities that neither training nor the tests have
  int64_t wrong_labels = 0;           // percent of the training images that exchange their labels
  int64_t batch_size = 128;
  uint64_t seed = 1;
};

struct RecognitionImages {
  Dataset train;
  std::vector<int64_t> wrong_rows;  // of train, whose labels were exchanged
  AugmentOptions augmentation;
  AugmentOptions plain;  // what augment() needs to draw a training image as it is
  std::vector<TestSet> test_sets;
  std::string description;
  std::vector<std::string> warnings;
};

// The characters that are tested are the same for every number of identities and every seed. Of a
// folder a quarter of the identities, by the seed, is tested, and another one is the validation's.
RecognitionImages read_images(const ImageOptions& options);

// The training images of a step, each in a pose of its own.
class AugmentedBatches {
 public:
  AugmentedBatches(const RecognitionImages& images, const ImageOptions& options);
  int64_t per_epoch() const { return batches_.per_epoch(); }
  Batch at(int64_t step);

 private:
  ShuffledBatches batches_;
  AugmentOptions augmentation_;
  uint64_t seed_;
};

}  // namespace gradian::examples
