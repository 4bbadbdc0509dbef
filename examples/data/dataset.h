// Labelled images in memory, and the walk over them in mini-batches that a training loop makes.
// Where they come from is the business of idx.h (files) and synthetic.h (drawn by the program).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradian::examples {

struct Dataset {
  Tensor images;                         // [N, 1, H, W] float32
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

// "0", "1", ..., for classes without names of their own, or from another first number.
std::vector<std::string> numbered_classes(int64_t count, int64_t first = 0);

// The first `count` samples, or all when there are fewer. A view: no pixel is copied.
Dataset take(const Dataset& dataset, int64_t count);

struct Batch {
  Tensor images;  // [B, 1, H, W]
  Tensor labels;  // [B]
};

// One epoch as a range of batches: each sample once, the last batch possibly smaller.
//   for (const Batch& batch : Batches(data.train, 128, generator)) ...
class Batches {
 public:
  // In the order of the dataset. The batches are views of it.
  Batches(Dataset dataset, int64_t batch_size);
  // In an order that each begin() draws anew. `drop_last` leaves a smaller last batch out, unless
  // it is the only one.
  Batches(Dataset dataset, int64_t batch_size, Generator& shuffle, bool drop_last = false);

  // Number of batches.
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
    Iterator(const Batches& batches, Tensor order, int64_t index)
        : batches_(batches), order_(std::move(order)), index_(index) {}

    const Batches& batches_;
    Tensor order_;  // [N] rows of the dataset; undefined: as they are
    int64_t index_;
  };

  Iterator begin() const;
  Iterator end() const { return Iterator(*this, Tensor(), size()); }

 private:
  Dataset dataset_;
  int64_t batch_size_;
  Generator* shuffle_ = nullptr;
  bool drop_last_ = false;
};

}  // namespace gradian::examples
