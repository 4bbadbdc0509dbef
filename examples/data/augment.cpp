#include "examples/data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "examples/data/dataset.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

constexpr double AugmentOptions::*kStrengths[] = {
    &AugmentOptions::rotation, &AugmentOptions::scale,    &AugmentOptions::stretch,
    &AugmentOptions::shear,    &AugmentOptions::shift,    &AugmentOptions::thickness,
    &AugmentOptions::blur,     &AugmentOptions::contrast, &AugmentOptions::brightness,
    &AugmentOptions::noise};

// Even in [-most, most).
double either_way(double most, Generator& generator) {
  return most * (2 * generator.uniform() - 1);
}

// Where a pixel of the new image comes from, in pixels of the old one.
struct Pose {
  double xx, xy, yx, yy;  // x = xx * column + xy * row + x0
  double x0, y0;
};

Pose random_pose(const AugmentOptions& options, int64_t height, int64_t width,
                 Generator& generator) {
  const double angle = either_way(options.rotation, generator);
  const double scale = either_way(options.scale, generator);
  const double stretch = either_way(options.stretch, generator);
  const double shear = either_way(options.shear, generator);
  const double side = static_cast<double>(std::min(height, width));
  const double shift_x = side * either_way(options.shift, generator);
  const double shift_y = side * either_way(options.shift, generator);
  const bool flip = generator.uniform() < 0.5 && options.flip;

  // The new image is rotated, sheared and scaled, so the way back divides, shears and rotates.
  const double across = (flip ? -1 : 1) * std::exp(-scale - stretch);
  const double down = std::exp(-scale + stretch), c = std::cos(angle), s = std::sin(angle);
  Pose pose{across * (c + shear * s), across * (s - shear * c), -down * s, down * c, 0, 0};
  // The middle stays, but for the shift.
  const double middle_x = 0.5 * static_cast<double>(width - 1);
  const double middle_y = 0.5 * static_cast<double>(height - 1);
  pose.x0 = middle_x - pose.xx * (middle_x + shift_x) - pose.xy * (middle_y + shift_y);
  pose.y0 = middle_y - pose.yx * (middle_x + shift_x) - pose.yy * (middle_y + shift_y);
  return pose;
}

// One channel, from 0 to 1.
struct Plane {
  int64_t height, width;
  std::vector<float> pixels;

  Plane(int64_t height, int64_t width)
      : height(height), width(width), pixels(static_cast<size_t>(height * width)) {}
  float* row(int64_t y) { return pixels.data() + y * width; }
  const float* row(int64_t y) const { return pixels.data() + y * width; }
};

// With a border of one pixel: black, or what is beside it.
Plane bordered(const float* normalized, int64_t height, int64_t width, bool black) {
  Plane plane(height + 2, width + 2);
  for (int64_t y = 0; y < plane.height; ++y)
    for (int64_t x = 0; x < plane.width; ++x) {
      const int64_t inside_y = std::clamp<int64_t>(y - 1, 0, height - 1);
      const int64_t inside_x = std::clamp<int64_t>(x - 1, 0, width - 1);
      const bool inside = inside_y == y - 1 && inside_x == x - 1;
      if (inside || !black)
        plane.row(y)[x] = pixel_of_normalized(normalized[inside_y * width + inside_x]) / 255;
    }
  return plane;
}

// Bilinear.
void resample(const Plane& from, const Pose& pose, Plane& to) {
  const float right = static_cast<float>(from.width - 1),
              bottom = static_cast<float>(from.height - 1);
  for (int64_t row = 0; row < to.height; ++row)
    for (int64_t column = 0; column < to.width; ++column) {
      const double i = static_cast<double>(row), j = static_cast<double>(column);
      const float x =
          std::clamp(static_cast<float>(pose.xx * j + pose.xy * i + pose.x0 + 1), 0.0f, right);
      const float y =
          std::clamp(static_cast<float>(pose.yx * j + pose.yy * i + pose.y0 + 1), 0.0f, bottom);
      const int64_t left = std::min(static_cast<int64_t>(x), from.width - 2);
      const int64_t top = std::min(static_cast<int64_t>(y), from.height - 2);
      const float dx = x - static_cast<float>(left), dy = y - static_cast<float>(top);
      const float *const above = from.row(top) + left, *const below = above + from.width;
      to.row(row)[column] = (1 - dy) * ((1 - dx) * above[0] + dx * above[1]) +
                            dy * ((1 - dx) * below[0] + dx * below[1]);
    }
}

// What is higher than `height` becomes white, with an edge about one pixel wide: the surface falls
// by some 10 times its height, if it went on so, on the way across the image.
void cut(Plane& plane, double height) {
  const float steepness = static_cast<float>(plane.width) / 10, middle = static_cast<float>(height);
  for (float& pixel : plane.pixels)
    pixel = std::clamp(0.5f + steepness * (pixel - middle), 0.0f, 1.0f);
}

// Gaussian, over two pixels to each side.
void blur(Plane& plane, double deviation) {
  std::array<float, 3> weights{1, 0, 0};  // by distance
  for (size_t d = 1; d <= 2; ++d)
    weights[d] =
        static_cast<float>(std::exp(-0.5 * static_cast<double>(d * d) / (deviation * deviation)));
  const float sum = weights[0] + 2 * (weights[1] + weights[2]);
  for (float& weight : weights) weight /= sum;
  const auto along = [&](const Plane& from, Plane& to, int64_t dx, int64_t dy) {
    for (int64_t y = 0; y < from.height; ++y)
      for (int64_t x = 0; x < from.width; ++x) {
        float value = 0;
        for (int64_t d = -2; d <= 2; ++d)
          value += weights[static_cast<size_t>(std::abs(d))] *
                   from.row(std::clamp<int64_t>(
                       y + d * dy, 0,
                       from.height - 1))[std::clamp<int64_t>(x + d * dx, 0, from.width - 1)];
        to.row(y)[x] = value;
      }
  };
  Plane across(plane.height, plane.width);
  along(plane, across, 1, 0);
  along(across, plane, 0, 1);
}

// Nearly normal: each value is a sum of four bytes.
void add_noise(Plane& plane, double deviation, std::array<uint32_t, 2> key, uint32_t channel) {
  const double deviation_of_sum = std::sqrt(4 * (256.0 * 256.0 - 1) / 12);
  const float factor = static_cast<float>(deviation / deviation_of_sum);
  for (size_t begin = 0; begin < plane.pixels.size(); begin += 4) {
    const auto block = philox({static_cast<uint32_t>(begin), channel, 0, 0}, key);
    for (size_t i = 0; i < std::min<size_t>(4, plane.pixels.size() - begin); ++i) {
      const uint32_t bits = block[i];
      const uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
      plane.pixels[begin + i] += factor * (static_cast<float>(sum) - 510);
    }
  }
}

void augment_image(const float* image, const Shape& shape, const AugmentOptions& options,
                   std::array<uint32_t, 4> random, float* result) {
  const int64_t channels = shape[1], height = shape[2], width = shape[3];
  Generator generator(static_cast<uint64_t>(random[0]) << 32 | random[1]);
  const Pose pose = random_pose(options, height, width, generator);
  const double cut_height = 0.5 + either_way(options.thickness, generator);
  const double blur_deviation = options.blur * generator.uniform();
  const float contrast = static_cast<float>(std::exp(either_way(options.contrast, generator)));
  const float middle = static_cast<float>(0.5 + either_way(options.brightness, generator));
  const double noise_deviation = options.noise * generator.uniform();
  Plane plane(height, width);
  for (int64_t channel = 0; channel < channels; ++channel) {
    resample(bordered(image + channel * height * width, height, width, options.ink), pose, plane);
    if (options.ink) cut(plane, cut_height);
    if (blur_deviation > 0) blur(plane, blur_deviation);
    for (float& pixel : plane.pixels) pixel = middle + contrast * (pixel - 0.5f);
    if (noise_deviation > 0)
      add_noise(plane, noise_deviation, {random[2], random[3]}, static_cast<uint32_t>(channel));
    for (const float pixel : plane.pixels)
      *result++ = normalized_pixel(255 * std::clamp(pixel, 0.0f, 1.0f));
  }
}

}  // namespace

const AugmentOptions kGlyphAugmentation{.rotation = 0.2,
                                        .scale = 0.15,
                                        .stretch = 0.1,
                                        .shear = 0.2,
                                        .shift = 0.07,
                                        .ink = true,
                                        .thickness = 0.15,
                                        .blur = 0.8,
                                        .contrast = 0.4,
                                        .brightness = 0.1,
                                        .noise = 0.12};
const AugmentOptions kPhotoAugmentation{.rotation = 0.15,
                                        .scale = 0.1,
                                        .stretch = 0.05,
                                        .shear = 0.05,
                                        .shift = 0.05,
                                        .flip = true,
                                        .blur = 0.5,
                                        .contrast = 0.3,
                                        .brightness = 0.1,
                                        .noise = 0.03};

AugmentOptions operator*(double strength, AugmentOptions options) {
  for (const auto member : kStrengths) options.*member *= strength;
  return options;
}

Tensor augment(const Tensor& images, const AugmentOptions& options, uint64_t seed, int64_t step) {
  const Calling calling("augment");
  check(images.dim() == 4 && images.dtype() == DType::float32 && images.numel() > 0,
        "expected float32 images [B, C, H, W], got ", images.dtype(), ' ', images.shape());
  for (const auto member : kStrengths)
    check(options.*member >= 0 && options.*member <= 10, "expected strengths from 0 to 10, got ",
          options.*member);
  const Shape shape = images.shape();
  const Tensor source = images.contiguous();
  Tensor result = Tensor::empty(shape);
  const float* const from = source.data<float>();
  float* const to = result.mutable_data<float>();
  const int64_t image_size = shape[1] * shape[2] * shape[3];
  constexpr int64_t kImagesPerBlock = 8;
  runtime::parallel_ranges(shape[0], kImagesPerBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t at = static_cast<uint64_t>(step);
      const auto random = philox(
          {static_cast<uint32_t>(i), 1, static_cast<uint32_t>(at), static_cast<uint32_t>(at >> 32)},
          {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
      augment_image(from + i * image_size, shape, options, random, to + i * image_size);
    }
  });
  return result;
}

}  // namespace gradian::examples
