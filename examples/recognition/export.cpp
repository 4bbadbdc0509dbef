#include "examples/recognition/export.h"

#include <algorithm>

#include "tensor/files/npy.h"

namespace gradian::examples {
namespace {

void write_set(const std::filesystem::path& folder, const std::string& name, const Dataset& set) {
  write_npy(folder / (name + "_images.npy"), set.images);
  write_npy(folder / (name + "_labels.npy"), set.labels);
}

}  // namespace

void export_training(const RecognitionImages& images, const ImageOptions& options, int64_t steps,
                     const Recognizer& initial, const std::filesystem::path& folder) {
  const Shape& one = images.train.images.shape();
  Dataset all{Tensor::empty({steps * options.batch_size, one[1], one[2], one[3]}),
              Tensor::empty({steps * options.batch_size}, DType::int64),
              {}};
  float* pixels = all.images.mutable_data<float>();
  int64_t* labels = all.labels.mutable_data<int64_t>();
  AugmentedBatches batches(images, options);
  for (int64_t step = 0; step < steps; ++step) {
    const Batch batch = batches.at(step);
    pixels = std::copy_n(batch.images.data<float>(), batch.images.numel(), pixels);
    labels = std::copy_n(batch.labels.data<int64_t>(), batch.labels.numel(), labels);
  }
  write_set(folder, "train", all);
  for (size_t i = 0; i < images.test_sets.size(); ++i) {
    write_set(folder, text("gallery", i), images.test_sets[i].gallery);
    write_set(folder, text("probes", i), images.test_sets[i].probes);
  }
  save(initial, folder / "initial.safetensors");
}

}  // namespace gradian::examples
