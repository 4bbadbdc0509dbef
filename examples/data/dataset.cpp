// Walks a dataset in mini-batches: slices of it, or rows gathered in a shuffled order.
// Reading and drawing images is done elsewhere in this folder.
#include "examples/data/dataset.h"

#include <algorithm>

namespace gradian::examples {
namespace {

// result[i] = x[rows[i]] for i in [0, count), along the first axis; x is contiguous.
template <class T>
Tensor gather_rows(const Tensor& x, const int64_t* rows, int64_t count) {
  Shape shape = x.shape();
  shape[0] = count;
  Tensor result = Tensor::empty(shape, x.dtype());
  const int64_t row_size = x.numel() / x.size(0);
  const T* source = x.data<T>();
  T* target = result.mutable_data<T>();
  for (int64_t i = 0; i < count; ++i)
    std::copy_n(source + rows[i] * row_size, row_size, target + i * row_size);
  return result;
}

}  // namespace

std::string DataSplit::description() const {
  return text(name, ", ", train.size(), " training and ", test.size(), " test images");
}

std::vector<std::string> numbered_classes(int64_t count, int64_t first) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(first + i));
  return names;
}

Dataset take(const Dataset& dataset, int64_t count) {
  check(count > 0, "take: expected at least 1 sample, got ", count);
  const int64_t end = std::min(count, dataset.size());
  return {dataset.images.slice(0, 0, end), dataset.labels.slice(0, 0, end), dataset.class_names};
}

Batches::Batches(Dataset dataset, int64_t batch_size)
    : dataset_(std::move(dataset)), batch_size_(batch_size) {
  check(batch_size > 0, "batches: expected a batch size of at least 1, got ", batch_size);
  const Tensor &images = dataset_.images, &labels = dataset_.labels;
  check(images.dim() == 4 && labels.dim() == 1 && images.size(0) == labels.size(0),
        "batches: expected images [N, 1, H, W] and labels [N], got ", images.shape(), " and ",
        labels.shape());
  dataset_.images = images.contiguous();
  dataset_.labels = labels.contiguous();
}

Batches::Batches(Dataset dataset, int64_t batch_size, Generator& shuffle, bool drop_last)
    : Batches(std::move(dataset), batch_size) {
  shuffle_ = &shuffle;
  drop_last_ = drop_last;
}

int64_t Batches::size() const {
  const int64_t full = dataset_.size() / batch_size_;
  const bool has_rest = dataset_.size() % batch_size_ > 0;
  return full + (has_rest && !(drop_last_ && full > 0) ? 1 : 0);
}

Batches::Iterator Batches::begin() const {
  return Iterator(*this, shuffle_ ? randperm(dataset_.size(), *shuffle_) : Tensor(), 0);
}

Batch Batches::Iterator::operator*() const {
  const Dataset& data = batches_.dataset_;
  check(index_ < batches_.size(), "batches: there is no batch ", index_, ", only ",
        batches_.size());
  const int64_t begin = index_ * batches_.batch_size_;
  const int64_t end = begin + std::min(batches_.batch_size_, data.size() - begin);
  if (!order_.defined())
    return {data.images.slice(0, begin, end), data.labels.slice(0, begin, end)};
  const int64_t* rows = order_.data<int64_t>() + begin;
  return {gather_rows<float>(data.images, rows, end - begin),
          gather_rows<int64_t>(data.labels, rows, end - begin)};
}

}  // namespace gradian::examples
