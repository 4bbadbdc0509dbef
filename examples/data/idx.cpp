// Finds, checks and decodes IDX files. Every way in which one can be wrong is an Error that names
// the file, what came and what was expected. What a Dataset is and does is left to dataset.h.
#include "examples/data/idx.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <sstream>

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

std::string hex(std::string_view bytes) {
  std::ostringstream out;
  out << std::hex << std::setfill('0');
  for (const char c : bytes)
    out << (out.tellp() > 0 ? " " : "") << std::setw(2) << int{static_cast<unsigned char>(c)};
  return out.str();
}

int64_t big_endian_uint32(std::string_view bytes, size_t at) {
  int64_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct IdxArray {
  Shape shape;
  std::string_view values;  // unsigned bytes
};

IdxArray decode(std::string_view bytes, int axes, const std::string& file) {
  check(bytes.substr(0, 2) != "\x1f\x8b", file, ": is gzip-compressed; unpack it with: mv '", file,
        "' '", file, ".gz' && gzip -d '", file, ".gz'");

  const size_t header = 4 + 4 * static_cast<size_t>(axes);
  check(bytes.size() >= header, file, ": truncated: expected a header of ", header, " bytes, got ",
        bytes.size(), " bytes in all");
  const char magic[4] = {0, 0, 8, static_cast<char>(axes)};
  const std::string_view expected(magic, 4), got = bytes.substr(0, 4);
  check(got == expected, file, ": expected the magic number ", hex(expected),
        " (unsigned bytes, axes: ", axes, "), got ", hex(got));

  // The product of three 32-bit sizes may overflow, so it stops growing once it is too large.
  const int64_t available = static_cast<int64_t>(bytes.size() - header);
  int64_t promised = 1;
  Shape shape;
  for (int axis = 0; axis < axes; ++axis) {
    shape.push_back(big_endian_uint32(bytes, 4 + 4 * static_cast<size_t>(axis)));
    if (shape[axis] > 0 && promised > available / shape[axis])
      promised = available + 1;
    else
      promised *= shape[axis];
  }
  check(std::find(shape.begin(), shape.end(), 0) == shape.end(), file,
        ": expected sizes of at least 1, got ", shape);
  check(promised == available, file, promised > available ? ": truncated" : ": trailing bytes",
        ": the header promises ", shape, " bytes, but ", available, " follow it");
  return {shape, bytes.substr(header)};
}

// `kind` is such as "train-images", `axes` its number of axes.
fs::path find_file(const fs::path& folder, const std::string& kind, int axes) {
  const std::string ending = text("idx", axes, "-ubyte");
  const std::string names[] = {kind + '-' + ending, kind + '.' + ending};
  for (const std::string& name : names)
    if (fs::exists(folder / name)) return folder / name;
  for (const std::string& name : names) {
    const fs::path packed = folder / (name + ".gz");
    check(!fs::exists(packed), packed.string(), ": is gzip-compressed; unpack it with: gzip -dk '",
          packed.string(), "'");
  }
  fail(folder.string(), ": no file ", names[0], " or ", names[1]);
}

std::string read_bytes(const fs::path& file) {
  check(fs::is_regular_file(file), file.string(), ": expected a file");
  std::ifstream in(file, std::ios::binary);
  check(in.is_open(), file.string(), ": cannot be opened");
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  check(!in.bad(), file.string(), ": cannot be read");
  return bytes;
}

// `set` is "train" or "t10k". The class names are still to come.
Dataset read_set(const fs::path& folder, const std::string& set) {
  const fs::path image_file = find_file(folder, set + "-images", 3);
  const fs::path label_file = find_file(folder, set + "-labels", 1);
  Dataset data{decode_idx_images(read_bytes(image_file), image_file.string()),
               decode_idx_labels(read_bytes(label_file), label_file.string()),
               {}};
  check(data.images.size(0) == data.size(), label_file.string(), ": expected ", data.images.size(0),
        " labels, one for each image of ", image_file.filename().string(), ", got ", data.size());
  return data;
}

// The last part of the path, also for "data/mnist/" and ".".
std::string folder_name(const fs::path& folder) {
  const fs::path full = fs::weakly_canonical(folder);
  return full.has_filename() ? full.filename().string() : full.parent_path().filename().string();
}

bool mentions_fashion(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.find("fashion") != std::string::npos;
}

const std::vector<std::string> kFashionClasses{"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                               "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                               "Bag",         "Ankle boot"};

int64_t largest(const Tensor& labels) {
  return *std::max_element(labels.data<int64_t>(), labels.data<int64_t>() + labels.numel());
}

}  // namespace

Tensor decode_idx_images(std::string_view bytes, const std::string& file) {
  const auto [shape, values] = decode(bytes, 3, file);
  Tensor images = Tensor::empty({shape[0], 1, shape[1], shape[2]});
  std::transform(values.begin(), values.end(), images.mutable_data<float>(),
                 [](unsigned char pixel) { return normalized_pixel(pixel); });
  return images;
}

Tensor decode_idx_labels(std::string_view bytes, const std::string& file) {
  const auto [shape, values] = decode(bytes, 1, file);
  Tensor labels = Tensor::empty(shape, DType::int64);
  std::transform(values.begin(), values.end(), labels.mutable_data<int64_t>(),
                 [](unsigned char label) { return label; });
  return labels;
}

DataSplit read_idx(const fs::path& folder) {
  check(fs::is_directory(folder), folder.string(), ": expected a folder of IDX files");
  const std::string name = folder_name(folder);
  const bool fashion = mentions_fashion(name);
  DataSplit data{read_set(folder, "train"), read_set(folder, "t10k"),
                 fashion ? "Fashion-MNIST" : name};

  const Shape train = data.train.images.shape(), test = data.test.images.shape();
  check(train[2] == test[2] && train[3] == test[3], folder.string(),
        ": training and test images differ in size: ", train, " and ", test);

  const int64_t classes = 1 + std::max(largest(data.train.labels), largest(data.test.labels));
  check(!fashion || classes <= static_cast<int64_t>(kFashionClasses.size()), folder.string(),
        ": label ", classes - 1, ", but Fashion-MNIST has ", kFashionClasses.size(),
        " classes (the folder's name says that it is)");
  data.train.class_names = fashion ? kFashionClasses : numbered_classes(classes);
  data.test.class_names = data.train.class_names;
  return data;
}

}  // namespace gradian::examples
