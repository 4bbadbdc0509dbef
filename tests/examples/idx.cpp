// The reader of IDX files: how files are found, what is read, and the error of every way in which
// they can be wrong. Each test writes the small files it reads.
#include "examples/data/idx.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "tests/child_process.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::Ended;
using gradian::test::run_in_child;
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

struct Names {
  std::string train_images = "train-images-idx3-ubyte", train_labels = "train-labels-idx1-ubyte",
              test_images = "t10k-images-idx3-ubyte", test_labels = "t10k-labels-idx1-ubyte";
};

void write_data_set(const TemporaryFolder& folder, const Names& names = {}) {
  folder.write(names.train_images, image_file(3));
  folder.write(names.train_labels, label_file({2, 0, 1}));
  folder.write(names.test_images, image_file(2));
  folder.write(names.test_labels, label_file({3, 1}));
}

// As published: "emnist-letters-train-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte".
Names prefixed(const std::string& prefix) {
  return {prefix + "train-images-idx3-ubyte", prefix + "train-labels-idx1-ubyte",
          prefix + "test-images-idx3-ubyte", prefix + "test-labels-idx1-ubyte"};
}

// Big-endian int32 [N, 8], the class in the first column.
std::string extended_label_file(const std::vector<int>& labels) {
  std::string bytes{'\0', '\0', '\x0c', '\x02'};
  bytes += big_endian(static_cast<uint32_t>(labels.size())) + big_endian(8);
  for (const int label : labels) {
    bytes += big_endian(static_cast<uint32_t>(label));
    for (uint32_t column = 1; column < 8; ++column) bytes += big_endian(1000 * column);
  }
  return bytes;
}

std::string error_of_reading(const fs::path& source) {
  return test::error_of([&] { read_idx(source); });
}

}  // namespace

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
  write_data_set(folder, {.test_labels = "t10k-labels.idx1-ubyte"});
  CHECK(read_idx(folder.path()).test.size() == 2);
}

TEST_CASE("EMNIST's files are found by their names, and its letters from 1 become classes from 0") {
  const TemporaryFolder folder("emnist");
  const Names names = prefixed("emnist-letters-");
  write_data_set(folder, names);
  folder.write(names.train_labels, label_file({26, 1, 4}));
  folder.write(names.test_labels, label_file({3, 26}));
  folder.write("emnist-letters-mapping.txt", "1 65 97");
  const DataSplit data = read_idx(folder.path());
  CHECK(data.name == "emnist-letters");
  CHECK(data.train.labels.to_vector<int64_t>() == std::vector<int64_t>{25, 0, 3});
  CHECK(data.test.labels.to_vector<int64_t>() == std::vector<int64_t>{2, 25});
  REQUIRE(data.train.num_classes() == 26);
  CHECK(data.train.class_names.front() == "1");
  CHECK(data.test.class_names.back() == "26");
}

TEST_CASE("QMNIST's files are found by their names, and the first of its 8 labels is the class") {
  const TemporaryFolder folder;
  Names names = prefixed("qmnist-");
  names.train_labels = "qmnist-train-labels-idx2-int";
  names.test_labels = "qmnist-test-labels-idx2-int";
  write_data_set(folder, names);
  folder.write(names.train_labels, extended_label_file({9, 0, 4}));
  folder.write(names.test_labels, extended_label_file({3, 1}));
  const DataSplit data = read_idx(folder.path());
  CHECK(data.name == "qmnist");
  CHECK(data.train.labels.to_vector<int64_t>() == std::vector<int64_t>{9, 0, 4});
  CHECK(data.test.labels.to_vector<int64_t>() == std::vector<int64_t>{3, 1});
  CHECK(data.train.num_classes() == 10);
}

TEST_CASE("of several data sets in a folder one is named by how its files begin") {
  const TemporaryFolder folder;
  write_data_set(folder, prefixed("emnist-digits-"));
  write_data_set(folder, prefixed("emnist-letters-"));
  const std::string path = folder.path().string();
  CHECK(error_of_reading(path) ==
        path +
            "/: holds several data sets: emnist-digits-..., emnist-letters-...; name one by how "
            "its files begin, such as " +
            path + "/emnist-letters-");
  CHECK(read_idx(folder.path() / "emnist-letters").name == "emnist-letters");
  CHECK(read_idx(folder.path() / "emnist-digits-").name == "emnist-digits");
  CHECK(error_of_reading(path + "/emnist-nothing") ==
        path +
            "/emnist-nothing: expected a folder of IDX files, or one and the beginning of the "
            "files' names");
}

TEST_CASE("files of two data sets are not taken for one, nor one of two files for the other") {
  const TemporaryFolder folder;
  write_data_set(folder, {.test_images = "other-t10k-images-idx3-ubyte"});
  CHECK(doctest::String(error_of_reading(folder.path()).c_str()) ==
        doctest::Contains("holds several data sets: ..., other-..."));
  const TemporaryFolder twice;
  write_data_set(twice);
  twice.write("test-images-idx3-ubyte", image_file(2));
  CHECK(error_of_reading(twice.path()) == twice.path().string() +
                                              "/: expected one file of test images, found "
                                              "t10k-images-idx3-ubyte, test-images-idx3-ubyte");
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

TEST_CASE("a missing IDX file is an error that says what the folder holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  CHECK(error_of_reading(path) == path +
                                      "/: no file of training images such as "
                                      "train-images-idx3-ubyte; the folder is empty");
  folder.write("train-labels-idx1-ubyte", label_file({1}));
  for (int i = 0; i < 9; ++i) folder.write(text("image-", i, ".png"), "");
  CHECK(error_of_reading(path) ==
        path +
            "/: no file of training images such as train-images-idx3-ubyte; there are "
            "image-0.png, image-1.png, image-2.png, image-3.png, image-4.png, image-5.png, "
            "image-6.png, image-7.png and 2 more");
  CHECK(error_of_reading(folder.path() / "nowhere" / "mnist") ==
        path +
            "/nowhere/mnist: expected a folder of IDX files, or one and the beginning of the "
            "files' names");
  CHECK(error_of_reading("") ==
        ": expected a folder of IDX files, or one and the beginning of the files' names");
}

TEST_CASE("a folder of .gz files, as they are downloaded, is an error with the command to unpack") {
  const TemporaryFolder folder("my data");
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    folder.write(std::string(name) + ".gz", "\x1f\x8b");
  const std::string path = folder.path().string();
  CHECK(error_of_reading(path) ==
        path + "/: holds train-images-idx3-ubyte.gz, to be unpacked first: gunzip -k '" + path +
            "/'*.gz");

  const TemporaryFolder partly;
  write_data_set(partly);
  fs::rename(partly.path() / "train-labels-idx1-ubyte",
             partly.path() / "train-labels-idx1-ubyte.gz");
  CHECK(error_of_reading(partly.path()) ==
        partly.path().string() +
            "/: holds train-labels-idx1-ubyte.gz, to be unpacked first: "
            "gunzip -k " +
            partly.path().string() + "/train-labels-idx1-ubyte.gz");
}

TEST_CASE("IDX files and folders that may not be read are errors with the reason") {
  const TemporaryFolder folder;
  write_data_set(folder);
  const fs::path file = folder.path() / "t10k-images-idx3-ubyte";
  const auto refused = [&] {
    return run_in_child([&] {
             if (geteuid() == 0) check(setuid(65534) == 0, "still the superuser");  // may do all
             read_idx(folder.path());
           })
        .output;
  };
  fs::permissions(file, fs::perms::none);
  CHECK(refused() == file.string() + ": cannot be opened: Permission denied");
  fs::permissions(folder.path(), fs::perms::none);
  CHECK(refused() == folder.path().string() + ": cannot be listed: Permission denied");
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("a file whose size contradicts its header is refused before it is read") {
  const TemporaryFolder folder;
  write_data_set(folder);
  const fs::path file = folder.path() / "train-images-idx3-ubyte";
  fs::resize_file(file, uintmax_t{1} << 40);  // without blocks on the disk
  CHECK(error_of_reading(folder.path()) ==
        file.string() +
            ": trailing bytes: the header promises [3, 2, 3] bytes, but 1099511627760 "
            "follow it");
}

TEST_CASE("what is no file but stands in the place of an IDX file is refused at once, by name") {
  struct Case {
    const char* what;
    std::function<void(const fs::path&)> make;
    const char* error;
  };
  const Case cases[] = {
      {"folder", [](const fs::path& file) { fs::create_directory(file); },
       "expected a file, got a folder"},
      {"pipe", [](const fs::path& file) { mkfifo(file.c_str(), 0600); },
       "expected a file, got a pipe or a device"},
      {"endless device", [](const fs::path& file) { fs::create_symlink("/dev/zero", file); },
       "expected a file, got a pipe or a device"},
      {"link to nothing", [](const fs::path& file) { fs::create_symlink("nowhere", file); },
       "cannot be read: No such file or directory"},
      {"link to itself", [](const fs::path& file) { fs::create_symlink(file, file); },
       "cannot be read: Too many levels of symbolic links"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const TemporaryFolder folder;
    write_data_set(folder);
    const fs::path file = folder.path() / "t10k-images-idx3-ubyte";
    fs::remove(file);
    c.make(file);
    const Ended ended = run_in_child([&] { read_idx(folder.path()); }, /*seconds=*/20);
    CHECK(ended.how == "exit 1");
    CHECK(ended.output == file.string() + ": " + c.error);
  }
}

// The header is true, so the memory has to be asked for. (A sanitizer ends the process there.)
TEST_CASE("a file that is larger than the memory is an error that names it and its size" *
          doctest::skip(test::kSanitized)) {
  const TemporaryFolder folder;
  write_data_set(folder);
  folder.write("train-images-idx3-ubyte", idx_header({1 << 10, 1 << 16, 1 << 16}));
  const fs::path file = folder.path() / "train-images-idx3-ubyte";
  fs::resize_file(file, 16 + (uintmax_t{1} << 42));  // without blocks on the disk
  const Ended ended = run_in_child([&] { read_idx(folder.path()); });
  CHECK(ended.how == "exit 1");
  CHECK(ended.output == file.string() +
                            ": cannot be read: there is no memory for its "
                            "4398046511120 bytes");
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
  const auto labels = [](const std::string& bytes) { return decode_idx_labels(bytes, "f"); };
  CHECK_THROWS_WITH_AS(labels(good),
                       "f: expected the magic number 00 00 08 01 (unsigned bytes, axes: 1), got "
                       "00 00 08 03",
                       Error);
  const std::string extended = extended_label_file({7, 300});
  CHECK_THROWS_WITH_AS(labels(extended), "f: expected labels from 0 to 255, got 300 at row 1",
                       Error);
  CHECK_THROWS_WITH_AS(labels(extended_label_file({-5})),
                       "f: expected labels from 0 to 255, got -5 at row 0", Error);
  CHECK_THROWS_WITH_AS(labels(extended.substr(0, 70)),
                       "f: truncated: the header promises [2, 8] values of 4 bytes, but 58 follow "
                       "it",
                       Error);
  CHECK_THROWS_WITH_AS(
      labels(extended.substr(0, 4) + big_endian(8) + big_endian(2) + extended.substr(12)),
      "f: expected int32 labels [N, 8] as QMNIST has them, got [8, 2]", Error);
  CHECK_THROWS_WITH_AS(labels(idx_header({0})), "f: expected sizes of at least 1, got [0]", Error);
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
