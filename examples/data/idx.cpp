// Finds, checks and decodes IDX files. Every way in which one can be wrong is an Error that names
// the file, what came and what was expected. What a Dataset is and does is left to dataset.h.
#include "examples/data/idx.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "examples/data/file_bytes.h"
#include "examples/data/idx_files.h"
#include "examples/program/text.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

int64_t big_endian_uint32(std::string_view bytes, size_t at) {
  int64_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// What the values of a file are.
struct Layout {
  const char* description;
  char type;
  int axes;
  int64_t value_size;  // bytes

  std::string magic() const { return {0, 0, type, static_cast<char>(axes)}; }
  size_t header_size() const { return 4 + 4 * static_cast<size_t>(axes); }
};
constexpr Layout kImages{"unsigned bytes, axes: 3", 8, 3, 1};
constexpr Layout kLabels{"unsigned bytes, axes: 1", 8, 1, 1};
constexpr Layout kExtendedLabels{"int32, axes: 2", 0x0c, 2, 4};  // QMNIST's
constexpr int64_t kExtendedColumns = 8;

const Layout& layout_of_labels(std::string_view start) {
  return start.starts_with(kExtendedLabels.magic()) ? kExtendedLabels : kLabels;
}

// The sizes that a file of `size` bytes, which begins with `start`, has in its header.
Shape decode_header(std::string_view start, int64_t size, const Layout& layout,
                    const std::string& file) {
  check_unpacked(start, file);
  const size_t header = layout.header_size();
  check(start.size() >= header, file, ": truncated: expected a header of ", header, " bytes, got ",
        size, " bytes in all");
  const std::string_view got = start.substr(0, 4);
  check(got == layout.magic(), file, ": expected the magic number ", hex_bytes(layout.magic()),
        " (", layout.description, "), got ", hex_bytes(got));

  // The product of three 32-bit sizes may overflow, so it stops growing once it is too large.
  const int64_t available = size - static_cast<int64_t>(header);
  int64_t promised = layout.value_size;
  Shape shape;
  for (int axis = 0; axis < layout.axes; ++axis) {
    shape.push_back(big_endian_uint32(start, 4 + 4 * static_cast<size_t>(axis)));
    if (shape[axis] > 0 && promised > available / shape[axis])
      promised = available + 1;
    else
      promised *= shape[axis];
  }
  check(std::find(shape.begin(), shape.end(), 0) == shape.end(), file,
        ": expected sizes of at least 1, got ", shape);
  check(promised == available, file, promised > available ? ": truncated" : ": trailing bytes",
        ": the header promises ", shape, layout.value_size > 1 ? " values of 4" : "",
        " bytes, but ", available, " follow it");
  return shape;
}

Shape decode_header(std::string_view bytes, const Layout& layout, const std::string& file) {
  return decode_header(bytes, static_cast<int64_t>(bytes.size()), layout, file);
}

std::string reason(int error) { return std::generic_category().message(error); }

// All bytes of a file. The header, whose layout `layout_of(start)` tells, is held against the size
// of the file before memory is taken for it.
template <class LayoutOf>
std::string read_bytes(const fs::path& path, const LayoutOf& layout_of) {
  const std::string file = path.string();
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  check(!error, file, ": cannot be read: ", error.message());
  check(fs::is_regular_file(status), file, ": expected a file",
        fs::is_directory(status) ? ", got a folder" : ", got a pipe or a device");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  check(in.is_open(), file, ": cannot be opened: ", reason(errno));
  const uintmax_t size = fs::file_size(path, error);
  check(!error, file, ": cannot be read: ", error.message());

  constexpr uintmax_t kStart = 64;  // no header is longer
  std::string bytes(std::min(size, kStart), '\0');
  const auto read = [&](size_t begin) {
    errno = 0;
    in.read(bytes.data() + begin, static_cast<std::streamsize>(bytes.size() - begin));
    check(in.good(), file, ": cannot be read: ", errno ? reason(errno) : "it became shorter");
  };
  read(0);
  decode_header(bytes, static_cast<int64_t>(size), layout_of(bytes), file);
  const size_t begin = bytes.size();
  try {
    bytes.resize(size);
  } catch (const std::exception&) {  // bad_alloc or length_error
    fail(file, ": cannot be read: there is no memory for its ", size, " bytes");
  }
  read(begin);
  return bytes;
}

// The class names are still to come.
Dataset read_set(const fs::path& image_file, const fs::path& label_file) {
  const std::string images =
      read_bytes(image_file, [](std::string_view) -> const Layout& { return kImages; });
  const std::string labels = read_bytes(label_file, layout_of_labels);
  Dataset data{decode_idx_images(images, image_file.string()),
               decode_idx_labels(labels, label_file.string()),
               {}};
  check(data.images.size(0) == data.size(), label_file.string(), ": expected ", data.images.size(0),
        " labels, one for each image of ", image_file.filename().string(), ", got ", data.size());
  return data;
}

const std::vector<std::string> kFashionClasses{"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                               "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                               "Bag",         "Ankle boot"};

struct Range {
  int64_t lowest, highest;
};

Range range_of(const Tensor& train, const Tensor& test) {
  std::vector<int64_t> labels = train.to_vector<int64_t>();
  for (const int64_t label : test.to_vector<int64_t>()) labels.push_back(label);
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  return {*lowest, *highest};
}

}  // namespace

Tensor decode_idx_images(std::string_view bytes, const std::string& file) {
  const Shape shape = decode_header(bytes, kImages, file);
  const std::string_view pixels = bytes.substr(kImages.header_size());
  Tensor images = Tensor::empty({shape[0], 1, shape[1], shape[2]});
  std::transform(pixels.begin(), pixels.end(), images.mutable_data<float>(),
                 [](unsigned char pixel) { return normalized_pixel(pixel); });
  return images;
}

Tensor decode_idx_labels(std::string_view bytes, const std::string& file) {
  const Layout& layout = layout_of_labels(bytes);
  const Shape shape = decode_header(bytes, layout, file);
  const bool extended = layout.axes == 2;
  check(!extended || shape[1] == kExtendedColumns, file, ": expected int32 labels [N, ",
        kExtendedColumns, "] as QMNIST has them, got ", shape);
  const std::string_view values = bytes.substr(layout.header_size());
  Tensor labels = Tensor::empty({shape[0]}, DType::int64);
  int64_t* const label = labels.mutable_data<int64_t>();
  for (int64_t i = 0; i < shape[0]; ++i) {
    const size_t row = static_cast<size_t>(i);
    label[i] = extended ? big_endian_uint32(values, row * 4 * kExtendedColumns)
                        : static_cast<unsigned char>(values[row]);
    check(label[i] <= 255, file, ": expected labels from 0 to 255, got ",
          static_cast<int32_t>(label[i]), " at row ", i);
  }
  return labels;
}

DataSplit read_idx(const fs::path& source) {
  const IdxFiles files = find_idx_files(source);
  const bool fashion = lowercase(files.name).find("fashion") != std::string::npos;
  DataSplit data{read_set(files.train_images, files.train_labels),
                 read_set(files.test_images, files.test_labels),
                 fashion ? "Fashion-MNIST" : files.name};

  const Shape train = data.train.images.shape(), test = data.test.images.shape();
  check(train[2] == test[2] && train[3] == test[3], source.string(),
        ": training and test images differ in size: ", train, " and ", test);

  const auto [lowest, highest] = range_of(data.train.labels, data.test.labels);
  check(!fashion || highest < static_cast<int64_t>(kFashionClasses.size()), source.string(),
        ": label ", highest, ", but Fashion-MNIST has ", kFashionClasses.size(),
        " classes (the name says that it is)");
  for (Dataset* set : {&data.train, &data.test}) {
    set->class_names = fashion ? kFashionClasses : numbered_classes(highest - lowest + 1, lowest);
    if (!fashion) set->labels = sub(set->labels, Tensor::scalar(lowest, DType::int64));
  }
  return data;
}

}  // namespace gradian::examples
