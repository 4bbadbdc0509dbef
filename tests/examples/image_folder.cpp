// Folders of images: what is read, resampled and left out, and sets that are split by identities.
#include "examples/data/image_folder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "examples/data/resample.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::error_of;
using gradian::test::TemporaryFolder;

namespace {

// Of one grey.
std::string pgm(int64_t width, int64_t height, int grey) {
  return text("P5 ", width, ' ', height, " 255\n") +
         std::string(static_cast<size_t>(width * height), static_cast<char>(grey));
}

constexpr ImageFormat kSmall{.height = 2, .width = 2};

// In the shape of the AT&T database: 40 people, 10 images each of 92 x 112, one grey a person.
void write_people(const TemporaryFolder& folder) {
  folder.write("README", "Not an image.");
  for (int person = 1; person <= 40; ++person)
    for (int image = 1; image <= 10; ++image)
      folder.write(text("s", person, '/', image, ".pgm"), pgm(92, 112, person + 100));
}

// Of the images [N, C, H, W] the first pixels.
std::vector<float> first_pixels(const Tensor& images) {
  return images.select(3, 0).select(2, 0).select(1, 0).to_vector<float>();
}

}  // namespace

TEST_CASE("a folder of 40 people with 10 images each becomes a set of 40 identities") {
  const TemporaryFolder folder;
  write_people(folder);
  std::ostringstream warnings;
  const Dataset people =
      read_image_folder(folder.path(), {.format = {.height = 28, .width = 23}}, warnings);
  CHECK(warnings.str() == "");
  CHECK(people.images.shape() == Shape{400, 1, 28, 23});
  CHECK(people.num_classes() == 40);
  CHECK(people.class_names[0] == "s1");
  CHECK(people.class_names[1] == "s10");
  const std::vector<int64_t> labels = people.labels.to_vector<int64_t>();
  const std::vector<float> pixels = first_pixels(people.images);
  for (size_t i = 0; i < labels.size(); ++i) {
    const std::string& name = people.class_names[static_cast<size_t>(labels[i])];
    CHECK(pixels[i] == doctest::Approx((std::stof(name.substr(1)) + 100 - 127.5) / 128));
  }
}

TEST_CASE("a bad image is named and left out, and is an error where it is asked to be") {
  const TemporaryFolder folder;
  write_people(folder);
  folder.write("s7/3.pgm", pgm(92, 112, 107).substr(0, 5000));
  folder.write("s7/.hidden", "");
  std::ostringstream warnings;
  const Dataset people = read_image_folder(folder.path(), {.format = kSmall}, warnings);
  const std::string bad = (folder.path() / "s7/3.pgm").string() +
                          ": truncated: expected 10304 bytes of samples, got 4986";
  CHECK(warnings.str() == "warning: " + bad + "; the file is left out\n");
  CHECK(people.size() == 399);
  CHECK(people.num_classes() == 40);
  CHECK(error_of([&] { read_image_folder(folder.path(), {.format = kSmall, .strict = true}); }) ==
        bad);
}

TEST_CASE("an identity with too few images is named and left out") {
  const TemporaryFolder folder;
  for (const char* name : {"a/1", "a/2", "b/1", "c/1", "c/2"}) folder.write(name, pgm(1, 1, 0));
  std::ostringstream warnings;
  const Dataset images = read_image_folder(folder.path(), {.format = kSmall}, warnings);
  CHECK(warnings.str() == "warning: " + (folder.path() / "b").string() +
                              ": expected at least 2 images, got 1; the identity is left out\n");
  CHECK(images.class_names == std::vector<std::string>{"a", "c"});
  CHECK(images.labels.to_vector<int64_t>() == std::vector<int64_t>{0, 0, 1, 1});
}

TEST_CASE("a folder without any image that can be read is an error that gives the first reason") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  const std::string expected =
      path + ": expected folders, one for each identity, with PGM or PPM images in them, got none";
  std::ostringstream warnings;
  CHECK(error_of([&] { read_image_folder(path, {}, warnings); }) == expected);
  folder.write("ann/1.jpg", "\xff\xd8\xff");
  CHECK(error_of([&] { read_image_folder(path, {}, warnings); }) ==
        expected + "; the first that was left out: " + path +
            "/ann/1.jpg: is a JPEG image; convert it with ImageMagick (ppm for colour): mogrify "
            "-format pgm " +
            path + "/ann/1.jpg");
  CHECK(error_of([&] {
          read_image_folder(path + "/bob");
        }).starts_with(path + "/bob: cannot be listed: "));
  CHECK(error_of([&] { read_image_folder(path, {.format = {.height = 0}}); }) ==
        "images: expected a size of at least 1 x 1, got 0 x 32");
}

TEST_CASE("grey is weighted from colours, and grey has three equal colours") {
  const TemporaryFolder folder;
  folder.write("colour.ppm", "P3 1 1 255 100 200 50");
  folder.write("grey.pgm", "P2 1 1 255 100");
  const auto pixels = [&](const char* file, bool colour) {
    const Tensor image = read_image(folder.path() / file, {1, 1, colour});
    CHECK(image.shape() == Shape{colour ? 3 : 1, 1, 1});
    return image * 128 + 127.5;
  };
  test::check_values(pixels("colour.ppm", false), {0.299 * 100 + 0.587 * 200 + 0.114 * 50}, 1e-3);
  test::check_values(pixels("colour.ppm", true), {100, 200, 50}, 1e-3);
  test::check_values(pixels("grey.pgm", false), {100}, 1e-3);
  test::check_values(pixels("grey.pgm", true), {100, 100, 100}, 1e-3);
}

TEST_CASE("images are resampled by a triangle that is as wide as two pixels of the smaller image") {
  const auto resampled = [](const Tensor& image, int64_t height, int64_t width) {
    return resample(image, Grid::covering(image.size(0), height),
                    Grid::covering(image.size(1), width), kTriangle, Around::nothing);
  };
  // Distances of 1/4, 1/4 and 3/4 of its radius: weights of 3/7, 3/7 and 1/7.
  test::check_values(resampled(Tensor::from({{7.f, 14.f, 21.f, 0.f}}), 1, 2),
                     {3 + 6 + 3, 2 + 9 + 0}, 1e-5);
  test::check_values(resampled(Tensor::from({{0.f}, {8.f}}), 4, 1), {0, 2, 6, 8}, 1e-5);
  // Where black is around the image it counts.
  test::check_values(
      resample(Tensor::from({{8.f}}), {1, 0.5, 1}, {3, 0, 0.5}, kTriangle, Around::black),
      {4, 8, 4}, 1e-5);
}

TEST_CASE("a smooth filter's weights are those of the paper, and add up to 1 everywhere") {
  CHECK(mitchell(0) == doctest::Approx(8.0 / 9));
  CHECK(mitchell(1) == doctest::Approx(1.0 / 18));
  CHECK(mitchell(-1.5) == doctest::Approx(-5.0 / 144));
  CHECK(mitchell(2) == 0);
  for (const double x : {0.0, 0.3, 0.5, 0.9})
    CHECK(mitchell(x + 1) + mitchell(x) + mitchell(x - 1) + mitchell(x - 2) == doctest::Approx(1));
}

TEST_CASE("a split by identities has each in one part, with all of its images and its name") {
  Dataset data{Tensor::empty({12, 1, 1, 1}), Tensor::empty({12}, DType::int64),
               numbered_classes(4)};
  for (int64_t i = 0; i < 12; ++i) {
    data.labels.mutable_data<int64_t>()[i] = i % 4;
    data.images.mutable_data<float>()[i] = static_cast<float>(10 * (i % 4) + i / 4);
  }
  std::set<std::string> tested;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const DataSplit split = split_identities(data, 2, seed, "name");
    CHECK(split.name == "name");
    CHECK(split.test.size() == 6);
    CHECK(split.train.size() == 6);
    CHECK(split.train.num_classes() == 2);
    std::set<std::string> names;
    for (const Dataset* part : {&split.train, &split.test}) {
      CHECK(std::is_sorted(part->class_names.begin(), part->class_names.end()));
      names.insert(part->class_names.begin(), part->class_names.end());
      const std::vector<float> pixels = first_pixels(part->images);
      const std::vector<int64_t> labels = part->labels.to_vector<int64_t>();
      for (size_t i = 0; i < pixels.size(); ++i)
        CHECK(part->class_names[static_cast<size_t>(labels[i])] ==
              std::to_string(static_cast<int>(pixels[i]) / 10));
    }
    CHECK(names.size() == 4);
    tested.insert(split.test.class_names.begin(), split.test.class_names.end());
  }
  CHECK(tested.size() == 4);
  for (const int64_t wrong : {0, 4})
    CHECK(error_of([&] { split_identities(data, wrong, 0); }) ==
          text("split_identities: expected 1 to 3 test identities of 4, got ", wrong));
}
