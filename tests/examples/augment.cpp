// Augmented images: what each option does, and what the random numbers depend on.
#include "examples/data/augment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "examples/data/dataset.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::error_of;
using gradian::test::identical;

namespace {

constexpr int64_t kSize = 33, kMiddle = 16, kImages = 200;

// kImages copies of an image [C, H, W] of pixels from 0 to 1.
template <class Pixel>
Tensor copies(const Pixel& pixel, int64_t channels = 1, int64_t height = kSize,
              int64_t width = kSize) {
  Tensor image = Tensor::empty({1, channels, height, width});
  float* at = image.mutable_data<float>();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) *at++ = normalized_pixel(255 * float(pixel(y, x)));
  return image.expand({kImages, channels, height, width}).contiguous();
}

// Of each image what `figure` makes of its first channel.
template <class Figure>
std::vector<double> figures(const Tensor& images, const Figure& figure) {
  std::vector<double> result;
  for (int64_t i = 0; i < images.size(0); ++i) {
    const Tensor plane = ((images.select(0, i).select(0, 0) * 128 + 127.5) / 255).contiguous();
    result.push_back(figure(plane));
  }
  return result;
}

// A soft spot of radius 3, so many pixels to the right of the middle.
Tensor spots(int64_t to_the_right) {
  return copies([&](int64_t y, int64_t x) {
    const double dy = double(y - kMiddle), dx = double(x - kMiddle - to_the_right);
    return std::exp(-(dx * dx + dy * dy) / 4);
  });
}

struct Place {
  double x, y;  // from the middle of the image
};
Place place_of_spot(const Tensor& plane) {
  double x = 0, y = 0, all = 0;
  const float* at = plane.data<float>();
  for (int64_t row = 0; row < plane.size(0); ++row)
    for (int64_t column = 0; column < plane.size(1); ++column, ++at) {
      all += *at;
      x += *at * double(column - kMiddle);
      y += *at * double(row - kMiddle);
    }
  return {x / all, y / all};
}

double mean_of(const Tensor& plane) { return sum(plane).item() / double(plane.numel()); }

double deviation_of(const Tensor& plane) {
  const Tensor difference = plane - mean_of(plane);
  return std::sqrt(mean_of(difference * difference));
}

// All lie in [low, high], and fill most of it.
void check_spread(std::vector<double> values, double low, double high) {
  std::sort(values.begin(), values.end());
  const double slack = 0.01 * (high - low), tenth = 0.1 * (high - low);
  CHECK(values.front() >= low - slack);
  CHECK(values.front() < low + tenth);
  CHECK(std::abs(values[values.size() / 2] - 0.5 * (low + high)) < 1.5 * tenth);
  CHECK(values.back() > high - tenth);
  CHECK(values.back() <= high + slack);
}

}  // namespace

TEST_CASE("without any strength an image stays as it is") {
  Generator generator(1);
  const Tensor images = rand({3, 2, 9, 12}, DType::float32, -0.99, 0.99, generator);
  test::check_close(augment(images, {}), images, 1e-6);
}

TEST_CASE("an augmented image depends on its seed, its step and its place in the batch alone") {
  Generator generator(1);
  const Tensor images = rand({40, 1, 12, 12}, DType::float32, -1, 1, generator);
  const auto augmented = [](const Tensor& some, uint64_t seed, int64_t step) {
    return augment(some, kGlyphAugmentation, seed, step);
  };
  const Tensor all = augmented(images, 1, 2);
  CHECK(identical(augmented(images.slice(0, 0, 5), 1, 2), all.slice(0, 0, 5).contiguous()));
  const int threads = num_threads();
  for (const int other : {1, 2, 5}) {
    set_num_threads(other);
    CHECK(identical(augmented(images, 1, 2), all));
  }
  set_num_threads(threads);
  const int64_t far = int64_t{1} << 32;
  for (const Tensor& other : {augmented(images, 2, 2), augmented(images, 1 + uint64_t(far), 2),
                              augmented(images, 1, 3), augmented(images, 1, 2 + far)})
    for (int64_t i = 0; i < 40; ++i) CHECK(!identical(other.select(0, i), all.select(0, i)));
  const Tensor same = augmented(images.slice(0, 0, 1).expand({2, 1, 12, 12}), 1, 2);
  CHECK(!identical(same.select(0, 0), same.select(0, 1)));
}

TEST_CASE("shift moves an image either way by at most its part of the side") {
  const Tensor moved = augment(spots(0), {.shift = 0.2});
  const double most = 0.2 * double(kSize);
  check_spread(figures(moved, [](const Tensor& p) { return place_of_spot(p).x; }), -most, most);
  check_spread(figures(moved, [](const Tensor& p) { return place_of_spot(p).y; }), -most, most);
}

TEST_CASE("rotation turns an image about its middle by at most its angle") {
  const Tensor turned = augment(spots(10), {.rotation = 0.5});
  check_spread(figures(turned,
                       [](const Tensor& plane) {
                         const Place place = place_of_spot(plane);
                         CHECK(std::hypot(place.x, place.y) == doctest::Approx(10).epsilon(0.01));
                         return std::atan2(place.y, place.x);
                       }),
               -0.5, 0.5);
}

TEST_CASE("scale is the log of a factor of both directions, stretch of the width alone") {
  const auto log_of_distance = [](const Tensor& plane) {
    return std::log(place_of_spot(plane).x / 8);
  };
  check_spread(figures(augment(spots(8), {.scale = 0.3}), log_of_distance), -0.3, 0.3);
  check_spread(figures(augment(spots(8), {.stretch = 0.3}), log_of_distance), -0.3, 0.3);
  const Tensor low = spots(8).transpose(2, 3).contiguous();
  const auto log_of_depth = [](const Tensor& plane) {
    return std::log(place_of_spot(plane).y / 8);
  };
  const auto wide = figures(augment(spots(8), {.stretch = 0.3}), log_of_distance);
  const auto high = figures(augment(low, {.stretch = 0.3}), log_of_depth);
  for (size_t i = 0; i < wide.size(); ++i) CHECK(std::abs(wide[i] + high[i]) < 0.02);
}

TEST_CASE("shear moves what is below to the side, and nothing downwards") {
  const Tensor low = spots(8).transpose(2, 3).contiguous();
  check_spread(figures(augment(low, {.shear = 0.5}),
                       [](const Tensor& plane) {
                         CHECK(place_of_spot(plane).y == doctest::Approx(8).epsilon(0.01));
                         return place_of_spot(plane).x / 8;
                       }),
               -0.5, 0.5);
}

TEST_CASE("whatever turns and shears an image keeps areas, and its middle in place but for shift") {
  const AugmentOptions all{.rotation = 1, .stretch = 0.3, .shear = 0.5, .shift = 0.2};
  const Tensor moved = augment(spots(0), all), shifted = augment(spots(0), {.shift = 0.2});
  const double light = mean_of(shifted.select(0, 0).select(0, 0) * 128 + 127.5);
  for (int64_t i = 0; i < kImages; ++i) {
    const Tensor plane = (moved.select(0, i).select(0, 0) * 128 + 127.5).contiguous();
    CHECK(mean_of(plane) == doctest::Approx(light).epsilon(0.02));
    const Place place = place_of_spot(plane);
    const Place expected =
        place_of_spot((shifted.select(0, i).select(0, 0) * 128 + 127.5).contiguous());
    CHECK(std::abs(place.x - expected.x) < 0.05);
    CHECK(std::abs(place.y - expected.y) < 0.05);
  }
}

TEST_CASE("flip exchanges left and right of about half of the images, and does nothing else") {
  const Tensor images = spots(8), flipped = images.flip({3}).contiguous();
  const Tensor changed = augment(images, {.flip = true});
  int count = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    const bool is_flipped = changed.at({i, 0, kMiddle, kMiddle - 8}) > 0;
    count += is_flipped;
    test::check_close(changed.select(0, i), (is_flipped ? flipped : images).select(0, i), 1e-6);
  }
  CHECK(count > 0.35 * kImages);
  CHECK(count < 0.65 * kImages);
}

TEST_CASE("strokes are cut from a surface at about half of its height, and thickness varies that") {
  // A ridge: 1 in the middle column, falling to 0 over 10 pixels to each side.
  const Tensor ridge = copies(
      [](int64_t, int64_t x) { return std::max(0.0, 1 - 0.1 * double(std::abs(x - kMiddle))); });
  const auto width_of_stroke = [](const Tensor& plane) { return mean_of(plane) * double(kSize); };
  for (const double width : figures(augment(ridge, {.ink = true}), width_of_stroke))
    CHECK(width == doctest::Approx(10).epsilon(0.02));
  check_spread(figures(augment(ridge, {.ink = true, .thickness = 0.2}), width_of_stroke), 6, 14);
  // Black and white, with grey at the edges only.
  const Tensor cut = augment(ridge, {.ink = true}).select(0, 0).select(0, 0).select(0, kMiddle);
  CHECK(cut.at({kMiddle}) == doctest::Approx(normalized_pixel(255)));
  CHECK(cut.at({0}) == doctest::Approx(normalized_pixel(0)));
}

TEST_CASE("around a drawing there is black, and a photo goes on as at its edge") {
  const Tensor white = copies([](int64_t, int64_t) { return 1; });
  const auto mean = [](const Tensor& plane) { return mean_of(plane); };
  for (const double value : figures(augment(white, {.rotation = 1, .shift = 0.5}), mean))
    CHECK(value == doctest::Approx(1));
  for (const double value : figures(augment(white, {.scale = 1, .ink = true}), mean))
    CHECK(value <= 1.00001);
  const auto shifted = figures(augment(white, {.shift = 0.5, .ink = true}), mean);
  CHECK(*std::min_element(shifted.begin(), shifted.end()) < 0.5);
}

TEST_CASE("blur keeps the light of a spot and lowers its top") {
  const Tensor point = copies([](int64_t y, int64_t x) { return y == kMiddle && x == kMiddle; });
  const Tensor blurred = augment(point, {.blur = 0.8});
  const double all = 1.0 / (kSize * kSize);
  for (const double mean : figures(blurred, mean_of)) CHECK(mean == doctest::Approx(all));
  const auto tops = figures(blurred, [](const Tensor& p) { return p.at({kMiddle, kMiddle}); });
  // Of a deviation of 0.8: 1 / (1 + 2 exp(-1 / 1.28) + 2 exp(-4 / 1.28))^2.
  const double lowest = std::pow(1 + 2 * std::exp(-1 / 1.28) + 2 * std::exp(-4 / 1.28), -2);
  const auto [low, high] = std::minmax_element(tops.begin(), tops.end());
  CHECK(*low >= lowest - 1e-5);
  CHECK(*low < lowest + 0.02);
  CHECK(*high > 0.95);
}

TEST_CASE("contrast changes differences from grey, brightness grey itself") {
  const Tensor halves = copies([](int64_t, int64_t x) { return x < kMiddle ? 0.4 : 0.6; });
  const auto left = [](const Tensor& plane) { return plane.at({0, 0}); };
  const auto log_of_contrast = [](const Tensor& plane) {
    return std::log((plane.at({0, kSize - 1}) - plane.at({0, 0})) / 0.2);
  };
  check_spread(figures(augment(halves, {.contrast = 0.5}), log_of_contrast), -0.5, 0.5);
  const Tensor brighter = augment(halves, {.brightness = 0.3});
  check_spread(figures(brighter, left), 0.1, 0.7);
  for (const double log : figures(brighter, log_of_contrast)) CHECK(std::abs(log) < 1e-4);
}

TEST_CASE("noise has the deviation that was drawn, no mean, and differs between channels") {
  const Tensor grey = copies([](int64_t, int64_t) { return 0.5; }, 3);
  const Tensor noisy = augment(grey, {.noise = 0.1});
  const auto deviations = figures(noisy, deviation_of);
  CHECK(*std::max_element(deviations.begin(), deviations.end()) < 0.11);
  CHECK(*std::max_element(deviations.begin(), deviations.end()) > 0.09);
  CHECK(*std::min_element(deviations.begin(), deviations.end()) < 0.01);
  for (const double mean : figures(noisy, mean_of))
    CHECK(std::abs(mean - 0.5) < 5 * 0.1 / double(kSize));
  CHECK(std::abs(mean_of(noisy * 128 + 127.5) / 255 - 0.5) < 0.001);
  CHECK(!identical(noisy.select(1, 0), noisy.select(1, 1)));
}

TEST_CASE("a strength times a number is all of it times that") {
  const AugmentOptions half = 0.5 * kGlyphAugmentation;
  CHECK(half.rotation == 0.5 * kGlyphAugmentation.rotation);
  CHECK(half.noise == 0.5 * kGlyphAugmentation.noise);
  CHECK(half.ink);
}

TEST_CASE("what cannot be augmented is an error") {
  const Tensor images = Tensor::zeros({1, 1, 4, 4});
  CHECK(error_of([&] {
          augment(Tensor::zeros({4, 4}), {});
        }) == "augment: expected float32 images [B, C, H, W], got float32 [4, 4]");
  CHECK(error_of([&] { augment(images.to(DType::float64), {}); }) ==
        "augment: expected float32 images [B, C, H, W], got float64 [1, 1, 4, 4]");
  CHECK(error_of([&] { augment(images, {.noise = -1}); }) ==
        "augment: expected strengths from 0 to 10, got -1");
  CHECK(error_of([&] { augment(images, {.scale = std::numeric_limits<double>::quiet_NaN()}); }) ==
        "augment: expected strengths from 0 to 10, got nan");
}
