// The data readers of the examples: mini-batches, IDX files and their errors, drawn glyphs.
// Fashion-MNIST itself is not needed; each test writes the small files it reads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include "examples/data/dataset.h"
#include "examples/data/idx.h"
#include "examples/data/synthetic.h"
#include "tests/helpers.h"
#include "tests/reference.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::identical;
using gradian::test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

std::string idx_header(const std::vector<uint32_t>& sizes) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) bytes += big_endian(size);
  return bytes;
}

std::string label_file(const std::vector<int>& labels) {
  std::string bytes = idx_header({static_cast<uint32_t>(labels.size())});
  for (const int label : labels) bytes += static_cast<char>(label);
  return bytes;
}

// Images of 2 x 3 pixels; pixel j of image i has the value 10 i + j.
std::string image_file(uint32_t count) {
  std::string bytes = idx_header({count, 2, 3});
  for (uint32_t i = 0; i < count; ++i)
    for (uint32_t j = 0; j < 6; ++j) bytes += static_cast<char>(10 * i + j);
  return bytes;
}

void write_data_set(const TemporaryFolder& folder) {
  folder.write("train-images-idx3-ubyte", image_file(3));
  folder.write("train-labels-idx1-ubyte", label_file({2, 0, 1}));
  folder.write("t10k-images-idx3-ubyte", image_file(2));
  folder.write("t10k-labels-idx1-ubyte", label_file({3, 1}));
}

// Image i holds the value i everywhere, and its label is i.
Dataset counting_dataset(int64_t count) {
  Dataset data{Tensor::empty({count, 1, 2, 2}), Tensor::arange(count), numbered_classes(count)};
  for (int64_t i = 0; i < count; ++i) data.images.slice(0, i, i + 1).fill(static_cast<double>(i));
  return data;
}

std::vector<int64_t> labels_in_order(const Batches& batches) {
  std::vector<int64_t> labels;
  for (const Batch& batch : batches)
    for (const int64_t label : batch.labels.to_vector<int64_t>()) labels.push_back(label);
  return labels;
}

}  // namespace

TEST_CASE("batches without a generator cover the dataset in its order, the last one smaller") {
  const Batches batches(counting_dataset(7), 3);
  CHECK(batches.size() == 3);
  CHECK(labels_in_order(batches) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  std::vector<int64_t> sizes;
  for (const Batch& batch : batches) sizes.push_back(batch.images.size(0));
  CHECK(sizes == std::vector<int64_t>{3, 3, 1});
}

TEST_CASE("shuffled batches hold each sample once, with its own image") {
  Generator generator(1);
  std::multiset<int64_t> seen;
  for (const Batch& batch : Batches(counting_dataset(10), 4, generator))
    for (int64_t i = 0; i < batch.labels.numel(); ++i) {
      seen.insert(static_cast<int64_t>(batch.labels.at({i})));
      CHECK(batch.images.at({i, 0, 1, 1}) == batch.labels.at({i}));
    }
  CHECK(seen == std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("each epoch is shuffled anew, and equal seeds shuffle alike") {
  Generator one(5), other(5);
  const Dataset data = counting_dataset(50);
  const Batches batches(data, 8, one);
  const auto first_epoch = labels_in_order(batches);
  CHECK(first_epoch != labels_in_order(batches));
  CHECK(first_epoch == labels_in_order(Batches(data, 8, other)));
}

TEST_CASE("asking for the number of batches draws no random number") {
  Generator generator(5);
  CHECK(Batches(counting_dataset(10), 4, generator).size() == 3);
  CHECK(generator.position() == 0);
}

TEST_CASE("drop_last leaves the smaller last batch out") {
  Generator generator(1);
  const Batches batches(counting_dataset(10), 4, generator, /*drop_last=*/true);
  CHECK(batches.size() == 2);
  CHECK(labels_in_order(batches).size() == 8);
}

TEST_CASE("take gives the first samples, and all when there are fewer") {
  const Dataset data = counting_dataset(5);
  CHECK(take(data, 2).labels.to_vector<int64_t>() == std::vector<int64_t>{0, 1});
  CHECK(take(data, 2).images.shape() == Shape{2, 1, 2, 2});
  CHECK(take(data, 2).num_classes() == 5);
  CHECK(take(data, 9).size() == 5);
  CHECK_THROWS_WITH_AS(take(data, 0), "take: expected at least 1 sample, got 0", Error);
}

TEST_CASE("a batch size below 1 and labels that do not match the images are errors") {
  Dataset data = counting_dataset(5);
  CHECK_THROWS_WITH_AS(Batches(data, 0), "batches: expected a batch size of at least 1, got 0",
                       Error);
  data.labels = Tensor::arange(4);
  CHECK_THROWS_WITH_AS(Batches(data, 2),
                       doctest::Contains("expected images [N, 1, H, W] and labels [N]"), Error);
}

TEST_CASE("IDX files read back as the pixels and labels that were written") {
  const TemporaryFolder folder("digits");
  write_data_set(folder);
  const DataSplit data = read_idx(folder.path());
  CHECK(data.name == "digits");
  CHECK(data.train.images.shape() == Shape{3, 1, 2, 3});
  CHECK(data.train.images.at({2, 0, 1, 2}) == (25 - 127.5) / 128);
  CHECK(data.train.labels.to_vector<int64_t>() == std::vector<int64_t>{2, 0, 1});
  CHECK(data.test.labels.to_vector<int64_t>() == std::vector<int64_t>{3, 1});
  CHECK(data.train.class_names == std::vector<std::string>{"0", "1", "2", "3"});
  CHECK(data.test.num_classes() == 4);
}

TEST_CASE("IDX pixels of value 0 and 255 are normalised, not taken for negative") {
  const Tensor images =
      decode_idx_images(idx_header({1, 1, 2}) + std::string{'\0', '\xff'}, "pixels");
  CHECK(images.to_vector<float>() == std::vector<float>{-127.5f / 128, 127.5f / 128});
  CHECK(decode_idx_labels(label_file({255}), "labels").item() == 255);
}

TEST_CASE("IDX file names may have a dot before idx") {
  const TemporaryFolder folder;
  write_data_set(folder);
  fs::rename(folder.path() / "t10k-labels-idx1-ubyte", folder.path() / "t10k-labels.idx1-ubyte");
  CHECK(read_idx(folder.path()).test.size() == 2);
}

TEST_CASE("a folder whose name contains fashion has the ten class names of Fashion-MNIST") {
  const TemporaryFolder folder("My-Fashion-data");
  write_data_set(folder);
  const DataSplit data = read_idx(folder.path() / "");
  CHECK(data.name == "Fashion-MNIST");
  CHECK(data.train.num_classes() == 10);
  CHECK(data.train.class_names[9] == "Ankle boot");

  folder.write("t10k-labels-idx1-ubyte", label_file({3, 17}));
  CHECK_THROWS_WITH_AS(read_idx(folder.path()),
                       doctest::Contains("label 17, but Fashion-MNIST has 10 classes"), Error);
}

TEST_CASE("a missing IDX file is an error that lists the names looked for") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(
      read_idx(folder.path()),
      doctest::Contains(": no file train-images-idx3-ubyte or train-images.idx3-ubyte"), Error);
  CHECK_THROWS_WITH_AS(read_idx(folder.path() / "nowhere"),
                       doctest::Contains("nowhere: expected a folder of IDX files"), Error);
}

TEST_CASE("an IDX file of which only the .gz is there is an error that says how to unpack it") {
  const TemporaryFolder folder;
  write_data_set(folder);
  fs::rename(folder.path() / "train-labels-idx1-ubyte",
             folder.path() / "train-labels-idx1-ubyte.gz");
  CHECK_THROWS_WITH_AS(read_idx(folder.path()), doctest::Contains("unpack it with: gzip -dk '"),
                       Error);
}

TEST_CASE("a folder in the place of an IDX file is an error") {
  const TemporaryFolder folder;
  write_data_set(folder);
  fs::remove(folder.path() / "t10k-images-idx3-ubyte");
  fs::create_directory(folder.path() / "t10k-images-idx3-ubyte");
  CHECK_THROWS_WITH_AS(read_idx(folder.path()),
                       doctest::Contains("t10k-images-idx3-ubyte: expected a file"), Error);
}

TEST_CASE("every malformed IDX file is an error that names what came and what was expected") {
  const auto images = [](const std::string& bytes) { return decode_idx_images(bytes, "f"); };
  const std::string good = image_file(2);

  CHECK_THROWS_WITH_AS(images("\x1f\x8b" + good), doctest::Contains("f: is gzip-compressed"),
                       Error);
  CHECK_THROWS_WITH_AS(images(label_file({1, 2, 3, 4, 5, 6, 7, 8})),
                       "f: expected the magic number 00 00 08 03 (unsigned bytes, axes: 3), got "
                       "00 00 08 01",
                       Error);
  CHECK_THROWS_WITH_AS(images(""),
                       "f: truncated: expected a header of 16 bytes, got 0 bytes in all", Error);
  CHECK_THROWS_WITH_AS(images(good.substr(0, 15)), doctest::Contains("got 15 bytes in all"), Error);
  CHECK_THROWS_WITH_AS(images(good.substr(0, good.size() - 1)),
                       "f: truncated: the header promises [2, 2, 3] bytes, but 11 follow it",
                       Error);
  CHECK_THROWS_WITH_AS(images(good + "x"),
                       "f: trailing bytes: the header promises [2, 2, 3] bytes, but 13 follow it",
                       Error);
  CHECK_THROWS_WITH_AS(images(idx_header({0, 28, 28})),
                       "f: expected sizes of at least 1, got [0, 28, 28]", Error);
  CHECK_THROWS_WITH_AS(decode_idx_labels(idx_header({0}), "f"),
                       "f: expected sizes of at least 1, got [0]", Error);
}

TEST_CASE("IDX sizes whose product overflows are an error, and no memory is taken for them") {
  const uint32_t most = 0xffffffff;
  CHECK_THROWS_WITH_AS(decode_idx_images(idx_header({most, most, most}) + "abc", "f"),
                       doctest::Contains("f: truncated: the header promises [4294967295, "
                                         "4294967295, 4294967295] bytes, but 3 follow it"),
                       Error);
  // 2^16 * 2^24 * 2^24 is 0 in 64 bits.
  CHECK_THROWS_WITH_AS(decode_idx_images(idx_header({1 << 16, 1 << 24, 1 << 24}), "f"),
                       doctest::Contains("f: truncated"), Error);
}

TEST_CASE("numbers of images and labels that differ are an error that gives both") {
  const TemporaryFolder folder;
  write_data_set(folder);
  folder.write("train-labels-idx1-ubyte", label_file({2, 0}));
  CHECK_THROWS_WITH_AS(
      read_idx(folder.path()),
      doctest::Contains("train-labels-idx1-ubyte: expected 3 labels, one for each image of "
                        "train-images-idx3-ubyte, got 2"),
      Error);
}

TEST_CASE("training and test images of different sizes are an error") {
  const TemporaryFolder folder;
  write_data_set(folder);
  folder.write("t10k-images-idx3-ubyte", idx_header({2, 1, 1}) + "ab");
  CHECK_THROWS_WITH_AS(read_idx(folder.path()),
                       doctest::Contains("training and test images differ in size"), Error);
}

TEST_CASE("equal seeds draw equal synthetic images, other seeds others") {
  const auto images = [](uint64_t seed) { return synthetic(4, 40, 20, seed).train.images; };
  CHECK(identical(images(7), images(7)));
  CHECK_FALSE(identical(images(7), images(8)));
}

TEST_CASE("synthetic images are the same for every number of threads") {
  const auto images = [](int threads) {
    const reference::Threads guard(threads);
    return synthetic(5, 200, 1, 3).train.images;
  };
  CHECK(identical(images(1), images(3)));
}

TEST_CASE("asking for more synthetic samples keeps those there were") {
  const DataSplit few = synthetic(4, 10, 5, 1), many = synthetic(4, 100, 50, 1);
  CHECK(identical(few.train.images, take(many.train, 10).images));
  CHECK(identical(few.test.images, take(many.test, 5).images));
}

TEST_CASE("synthetic training and test images differ") {
  const DataSplit data = synthetic(4, 8, 8, 1);
  CHECK_FALSE(identical(data.train.images, data.test.images));
}

TEST_CASE("synthetic classes are as frequent as their number allows") {
  const DataSplit data = synthetic(7, 100, 30, 1);
  for (const Dataset* set : {&data.train, &data.test}) {
    std::vector<int64_t> count(7);
    for (const int64_t label : set->labels.to_vector<int64_t>())
      ++count[static_cast<size_t>(label)];
    const auto [fewest, most] = std::minmax_element(count.begin(), count.end());
    CHECK(*most - *fewest <= 1);
  }
  CHECK(data.train.num_classes() == 7);
}

TEST_CASE("synthetic pixels lie in the range of normalised bytes, and every image has ink") {
  const DataSplit data = synthetic(10, 100, 1, 1, /*image_size=*/20);
  CHECK(data.train.images.shape() == Shape{100, 1, 20, 20});
  for (int64_t i = 0; i < 100; ++i) {
    const auto pixels = data.train.images.select(0, i).to_vector<float>();
    const auto [darkest, brightest] = std::minmax_element(pixels.begin(), pixels.end());
    CHECK(*darkest >= normalized_pixel(0));
    CHECK(*brightest <= normalized_pixel(255));
    CHECK(std::count_if(pixels.begin(), pixels.end(), [](float p) { return p > -0.1f; }) >= 10);
  }
}

TEST_CASE("the mean images of any two synthetic classes differ") {
  constexpr int64_t kClasses = 20, kPixels = 784, kCopies = 50;
  const DataSplit data = synthetic(kClasses, kClasses * kCopies, 1, 2);
  const auto pixels = data.train.images.to_vector<double>();
  std::vector<std::vector<double>> means(kClasses, std::vector<double>(kPixels));
  for (int64_t i = 0; i < data.train.size(); ++i)
    for (int64_t p = 0; p < kPixels; ++p)
      means[static_cast<size_t>(i % kClasses)][static_cast<size_t>(p)] +=
          pixels[static_cast<size_t>(i * kPixels + p)] / kCopies;
  for (size_t a = 0; a < kClasses; ++a)
    for (size_t b = a + 1; b < kClasses; ++b) {
      double largest = 0;
      for (size_t p = 0; p < kPixels; ++p)
        largest = std::max(largest, std::abs(means[a][p] - means[b][p]));
      CHECK_MESSAGE(largest > 0.3, "classes ", a, " and ", b);
    }
}

TEST_CASE("synthetic refuses sizes that make no data set") {
  CHECK_THROWS_WITH_AS(synthetic(0, 10, 10, 1), doctest::Contains("got 0 classes"), Error);
  CHECK_THROWS_WITH_AS(synthetic(2, 10, 10, 1, 4),
                       "synthetic: expected an image size of at least 8, got 4", Error);
}
