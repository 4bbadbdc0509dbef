// Labelled images in memory, and the walk over them in mini-batches that a training loop makes.
// Where they come from is the business of idx.h (files), image_folder.h (folders of one's own),
// glyphs.h (fonts) and synthetic.h (drawn by the program).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradian::examples {

struct Dataset {
  Tensor images;                         // [N, C, H, W] float32, C = 1 if grey, 3 if coloured
  Tensor labels;                         // [N] int64, in [0, num_classes())
  std::vector<std::string> class_names;  // one a class

  int64_t size() const { return labels.numel(); }
  int64_t num_classes() const { return static_cast<int64_t>(class_names.size()); }
};

struct DataSplit {
  Dataset train, test;
  std::string name;

  // "Fashion-MNIST, 60000 training and 10000 test images"
  std::string description() const;
};

// The value that pixels from 0 to 255 have in a Dataset: from -0.996 to 0.996.
inline float normalized_pixel(float pixel) { return (pixel - 127.5f) / 128; }
// Back again.
inline float pixel_of_normalized(float value) { return value * 128 + 127.5f; }

// Images of a Dataset with pixels from 0 to 1, as pictures have them.
Tensor shown_pixels(const Tensor& images);

// "0", "1", ..., for classes without names of their own, or from another first number.
std::vector<std::string> numbered_classes(int64_t count, int64_t first = 0);

// The first `count` samples, or all when there are fewer. A view: no pixel is copied.
Dataset take(const Dataset& dataset, int64_t count);

// The samples at these rows, in their order.
Dataset at_rows(const Dataset& dataset, const std::vector<int64_t>& rows);

// Rows picked of labels [N]: at most `limit`, and at most limit / classes a class, chosen at random
// from a fixed seed. Equal labels give equal rows.
std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit);

// Parts a set by identities, which the seed shuffles: none of them is in both. Labels and class
// names are those of each part. To have three parts, part the training set once more.
DataSplit split_identities(const Dataset& dataset, int64_t test_identities, uint64_t seed,
                           const std::string& name = "images");

struct Batch {
  Tensor images;  // [B, C, H, W]
  Tensor labels;  // [B]
};

// The dataset as a range of batches in its order, the last one possibly smaller. They are views of
// it.
//   for (const Batch& batch : Batches(data.test, 500)) ...
class Batches {
 public:
  Batches(Dataset dataset, int64_t batch_size);
  int64_t size() const;

  class Iterator {
   public:
    Batch operator*() const;
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    friend class Batches;
    Iterator(const Batches& batches, int64_t index) : batches_(batches), index_(index) {}

    const Batches& batches_;
    int64_t index_;
  };

  Iterator begin() const { return Iterator(*this, 0); }
  Iterator end() const { return Iterator(*this, size()); }

 private:
  Dataset dataset_;
  int64_t batch_size_;
};

// The batches of a training, numbered by its steps: epoch after epoch without end, each with every
// image once, in an order of its own. The orders follow from the seed alone, so that a training can
// go on at any step.
class ShuffledBatches {
 public:
  ShuffledBatches(Dataset dataset, int64_t batch_size, uint64_t seed);
  // Batches in an epoch. A smaller last one is left out, unless it is the only one: batch norm
  // cannot do with a rest of one image.
  int64_t per_epoch() const;
  // That of this step, from 0.
  Batch at(int64_t step);

 private:
  void draw_order(int64_t epoch);

  Dataset dataset_;
  int64_t batch_size_;
  uint64_t seed_;
  Generator generator_;
  int64_t epochs_drawn_ = 0;
  Tensor order_;  // [N] of the last epoch that was drawn
};

}  // namespace gradian::examples
