// Walks a dataset in mini-batches: slices of it, or rows gathered in a shuffled order.
// Reading and drawing images is done elsewhere in this folder.
#include "examples/data/dataset.h"

#include <algorithm>

#include "tensor/kernels.h"

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

// Contiguous, so that rows can be gathered.
Dataset checked(Dataset dataset, int64_t batch_size) {
  check(batch_size > 0, "batches: expected a batch size of at least 1, got ", batch_size);
  const Tensor &images = dataset.images, &labels = dataset.labels;
  check(images.dim() == 4 && labels.dim() == 1 && images.size(0) == labels.size(0),
        "batches: expected images [N, C, H, W] and labels [N], got ", images.shape(), " and ",
        labels.shape());
  return {images.contiguous(), labels.contiguous(), std::move(dataset.class_names)};
}

// The images of these identities, which become 0, 1, ... in this order.
Dataset part_of(const Dataset& dataset, const std::vector<int64_t>& identities) {
  std::vector<int64_t> new_label(static_cast<size_t>(dataset.num_classes()), -1);
  Dataset part;
  for (const int64_t identity : identities) {
    new_label[static_cast<size_t>(identity)] = static_cast<int64_t>(part.class_names.size());
    part.class_names.push_back(dataset.class_names[static_cast<size_t>(identity)]);
  }
  std::vector<int64_t> rows, labels;
  const std::vector<int64_t> old_labels = dataset.labels.to_vector<int64_t>();
  for (size_t i = 0; i < old_labels.size(); ++i)
    if (const int64_t label = new_label[static_cast<size_t>(old_labels[i])]; label >= 0) {
      rows.push_back(static_cast<int64_t>(i));
      labels.push_back(label);
    }
  part.images = gather_rows<float>(dataset.images.contiguous(), rows.data(),
                                   static_cast<int64_t>(rows.size()));
  part.labels = Tensor::from(labels);
  return part;
}

}  // namespace

std::string DataSplit::description() const {
  return text(name, ", ", train.size(), " training and ", test.size(), " test images");
}

Tensor shown_pixels(const Tensor& images) { return (images * 128.0 + 127.5) / 255.0; }

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

// Walks the rows in a random order and keeps those whose class is not yet full.
std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit) {
  const std::vector<int64_t> label_of = labels.to_vector<int64_t>();
  const int64_t quota = std::max<int64_t>(1, limit / std::max<int64_t>(1, classes));
  std::vector<int64_t> taken(static_cast<size_t>(classes));
  std::vector<int64_t> rows;
  Generator generator(0);
  for (const int64_t row : randperm(labels.numel(), generator).to_vector<int64_t>()) {
    const int64_t label = label_of[static_cast<size_t>(row)];
    check(label >= 0 && label < classes, "balanced_sample: label ", label, " at row ", row,
          ", but there are ", classes, " class names");
    if (static_cast<int64_t>(rows.size()) == limit) break;
    if (++taken[static_cast<size_t>(label)] <= quota) rows.push_back(row);
  }
  return rows;
}

DataSplit split_identities(const Dataset& dataset, int64_t test_identities, uint64_t seed,
                           const std::string& name) {
  const int64_t identities = dataset.num_classes();
  check(test_identities >= 1 && test_identities < identities, "split_identities: expected 1 to ",
        identities - 1, " test identities of ", identities, ", got ", test_identities);
  Generator generator(seed);
  std::vector<int64_t> order = randperm(identities, generator).to_vector<int64_t>();
  // Each part in the order of the whole.
  const auto middle = order.begin() + test_identities;
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  return {part_of(dataset, {middle, order.end()}), part_of(dataset, {order.begin(), middle}), name};
}

Dataset at_rows(const Dataset& dataset, const std::vector<int64_t>& rows) {
  for (const int64_t row : rows)
    check(row >= 0 && row < dataset.size(), "at_rows: expected rows from 0 to ", dataset.size() - 1,
          ", got ", row);
  const int64_t count = static_cast<int64_t>(rows.size());
  return {gather_rows<float>(dataset.images.contiguous(), rows.data(), count),
          gather_rows<int64_t>(dataset.labels.contiguous(), rows.data(), count),
          dataset.class_names};
}

Batches::Batches(Dataset dataset, int64_t batch_size)
    : dataset_(checked(std::move(dataset), batch_size)), batch_size_(batch_size) {}

int64_t Batches::size() const { return ceil_div(dataset_.size(), batch_size_); }

Batch Batches::Iterator::operator*() const {
  const Dataset& data = batches_.dataset_;
  check(index_ < batches_.size(), "batches: there is no batch ", index_, ", only ",
        batches_.size());
  const int64_t begin = index_ * batches_.batch_size_;
  const int64_t end = begin + std::min(batches_.batch_size_, data.size() - begin);
  return {data.images.slice(0, begin, end), data.labels.slice(0, begin, end)};
}

ShuffledBatches::ShuffledBatches(Dataset dataset, int64_t batch_size, uint64_t seed)
    : dataset_(checked(std::move(dataset), batch_size)),
      batch_size_(std::min(batch_size, dataset_.size())),
      seed_(seed),
      generator_(seed) {
  check(dataset_.size() > 0, "batches: expected at least 1 image, got 0");
}

int64_t ShuffledBatches::per_epoch() const { return dataset_.size() / batch_size_; }

Batch ShuffledBatches::at(int64_t step) {
  check(step >= 0, "batches: expected a step of at least 0, got ", step);
  draw_order(step / per_epoch());
  const int64_t* rows = order_.data<int64_t>() + step % per_epoch() * batch_size_;
  return {gather_rows<float>(dataset_.images, rows, batch_size_),
          gather_rows<int64_t>(dataset_.labels, rows, batch_size_)};
}

// All orders come from one generator, one after the other.
void ShuffledBatches::draw_order(int64_t epoch) {
  if (epoch < epochs_drawn_ - 1) {
    generator_ = Generator(seed_);
    epochs_drawn_ = 0;
  }
  for (; epochs_drawn_ <= epoch; ++epochs_drawn_) order_ = randperm(dataset_.size(), generator_);
}

}  // namespace gradian::examples
