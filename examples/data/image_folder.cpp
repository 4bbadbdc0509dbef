#include "examples/data/image_folder.h"

#include <algorithm>
#include <system_error>

#include "examples/data/pnm.h"
#include "examples/data/resample.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

// What a folder holds, in alphabetical order.
std::vector<fs::path> listed(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  check(!error, folder.string(), ": cannot be listed: ", error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// [C, H, W] of as many channels as are wanted.
Tensor with_channels(const Tensor& image, bool colour) {
  if (colour) return image.expand({3, image.size(1), image.size(2)});
  if (image.size(0) == 1) return image;
  const std::vector<float> weights{0.299f, 0.587f, 0.114f};
  return sum(image * Tensor::from(weights, {3, 1, 1}), {0}, true);
}

// Of one file: the image, or why there is none.
struct Attempt {
  Tensor image = {};
  std::string error = {};
};

std::vector<Attempt> read_all(const std::vector<fs::path>& files, const ImageFormat& format) {
  std::vector<Attempt> attempts(files.size());
  runtime::parallel_for(static_cast<int64_t>(files.size()), [&](int64_t i) {
    const size_t at = static_cast<size_t>(i);
    try {
      attempts[at].image = read_image(files[at], format);
    } catch (const Error& error) {
      attempts[at].error = error.what();
    }
  });
  return attempts;
}

// Gathers the images of identities, and what is to be said of those left out.
class Collection {
 public:
  Collection(const ImageFolderOptions& options, std::ostream& warnings)
      : options_(options), warnings_(warnings) {}

  void add_identity(const fs::path& folder) {
    std::vector<Tensor> images;
    for (Attempt& attempt : read_all(listed(folder), options_.format))
      if (attempt.error.empty())
        images.push_back(attempt.image.unsqueeze(0));
      else
        leave_out(attempt.error, "the file");
    const int64_t count = static_cast<int64_t>(images.size());
    if (count < options_.least_images) {
      leave_out(text(folder.string(), ": expected at least ", options_.least_images,
                     " images, got ", count),
                "the identity");
      return;
    }
    labels_.insert(labels_.end(), images.size(), static_cast<int64_t>(names_.size()));
    names_.push_back(folder.filename().string());
    images_.insert(images_.end(), images.begin(), images.end());
  }

  Dataset dataset(const fs::path& folder) && {
    check(!names_.empty(), folder.string(),
          ": expected folders, one for each identity, with PGM or PPM images in them, got none",
          first_left_out_.empty() ? "" : "; the first that was left out: ", first_left_out_);
    const int64_t count = static_cast<int64_t>(labels_.size());
    return {concat(images_, 0), Tensor::from(labels_, {count}), std::move(names_)};
  }

 private:
  void leave_out(const std::string& why, const char* what) {
    check(!options_.strict, why);
    if (first_left_out_.empty()) first_left_out_ = why;
    warnings_ << "warning: " << why << "; " << what << " is left out\n";
  }

  const ImageFolderOptions& options_;
  std::ostream& warnings_;
  std::string first_left_out_{};
  std::vector<Tensor> images_{};  // [1, C, H, W] each
  std::vector<int64_t> labels_{};
  std::vector<std::string> names_{};
};

}  // namespace

Tensor read_image(const fs::path& file, const ImageFormat& format) {
  const Tensor image = with_channels(read_pnm(file), format.colour);  // 0 to 255
  const Tensor resampled =
      resample(image, Grid::covering(image.size(1), format.height),
               Grid::covering(image.size(2), format.width), kTriangle, Around::nothing);
  return (resampled - 127.5) / 128;
}

Dataset read_image_folder(const fs::path& folder, const ImageFolderOptions& options,
                          std::ostream& warnings) {
  const ImageFormat& format = options.format;
  check(format.height >= 1 && format.width >= 1, "images: expected a size of at least 1 x 1, got ",
        format.height, " x ", format.width);
  Collection collection(options, warnings);
  for (const fs::path& entry : listed(folder)) {
    std::error_code error;
    if (fs::is_directory(entry, error)) collection.add_identity(entry);
  }
  return std::move(collection).dataset(folder);
}

}  // namespace gradian::examples
