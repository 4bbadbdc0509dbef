// Draws glyphs: a glyph is a chain of quadratic Bezier curves in the square [-1, 1]^2; a sample
// moves their control points by a random pose and paints every pixel by its distance to them.
// How a dataset is walked is left to dataset.h.
#include "examples/data/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

struct Point {
  double x, y;
};
Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point operator*(double s, Point p) { return {s * p.x, s * p.y}; }
double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
double length(Point p) { return std::sqrt(dot(p, p)); }

using Curve = std::array<Point, 3>;  // control points
using Glyph = std::array<Curve, 3>;

// Each curve is drawn as this many straight segments.
constexpr int kSegments = 8;

Point point_on(const Curve& curve, int segment_end) {
  const double t = static_cast<double>(segment_end) / kSegments;
  return (1 - t) * (1 - t) * curve[0] + 2 * t * (1 - t) * curve[1] + t * t * curve[2];
}

// Independent sequences of random numbers from one seed: element `index` of a purpose starts at
// its own place, 2^20 draws from the next.
enum class Purpose : uint64_t { glyphs = 1, train = 2, test = 3 };
Generator generator_of(uint64_t seed, Purpose purpose, int64_t index) {
  Generator generator;
  generator.set_state(seed, (static_cast<uint64_t>(purpose) << 40 | static_cast<uint64_t>(index))
                                << 20);
  return generator;
}

double between(double low, double high, Generator& generator) {
  return low + (high - low) * generator.uniform();
}

Point point_in_square(Generator& generator) {
  const double x = between(-1, 1, generator);
  return {x, between(-1, 1, generator)};
}

// A point that is not too near to `other`, so that a stroke is more than a dot.
Point point_away_from(Point other, Generator& generator) {
  while (true) {
    const Point point = point_in_square(generator);
    if (length(point - other) > 0.9) return point;
  }
}

// Moves and scales a glyph so that its ink just fits [-1, 1]^2.
Glyph fit_to_square(Glyph glyph) {
  Point low = glyph[0][0], high = low;
  for (const Curve& curve : glyph)
    for (int i = 0; i <= kSegments; ++i) {
      const Point point = point_on(curve, i);
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
  const Point middle = 0.5 * (low + high), size = high - low;
  for (Curve& curve : glyph)
    for (Point& point : curve) point = (2 / std::max(size.x, size.y)) * (point - middle);
  return glyph;
}

Glyph make_glyph(uint64_t seed, int64_t label) {
  Generator generator = generator_of(seed, Purpose::glyphs, label);
  Glyph glyph;
  Point pen = point_in_square(generator);
  for (Curve& curve : glyph) {
    if (generator.uniform() < 0.3) pen = point_in_square(generator);  // lift the pen
    const Point end = point_away_from(pen, generator);
    curve = {pen, point_in_square(generator), end};
    pen = end;
  }
  return fit_to_square(glyph);
}

// Where a point of the glyph lies in the image, in pixels.
struct Pose {
  Point column_x, column_y, shift;
  Point operator()(Point p) const { return p.x * column_x + p.y * column_y + shift; }
};

Pose random_pose(int64_t image_size, Generator& generator) {
  const double size = static_cast<double>(image_size);
  const double angle = between(-0.3, 0.3, generator);  // radians, 17 degrees
  const double scale_x = size * between(0.26, 0.38, generator);
  const double scale_y = size * between(0.26, 0.38, generator);
  const double shear = between(-0.25, 0.25, generator);
  const double c = std::cos(angle), s = std::sin(angle);
  const double shift_x = between(-0.08, 0.08, generator), shift_y = between(-0.08, 0.08, generator);
  return {scale_x * Point{c, s}, scale_y * Point{shear * c - s, shear * s + c},
          size * Point{0.5 + shift_x, 0.5 + shift_y}};
}

double distance_to_segment(Point p, Point a, Point b) {
  const Point along = b - a, offset = p - a;
  const double t = std::clamp(dot(offset, along) / std::max(dot(along, along), 1e-12), 0.0, 1.0);
  return length(offset - t * along);
}

// Coverage of pixels by ink, 0 to 1, as a pen of the given radius leaves it.
class Canvas {
 public:
  Canvas(int64_t size, double pen_radius)
      : size_(size), radius_(pen_radius), ink_(static_cast<size_t>(size * size), 0.0f) {}

  void draw(const Curve& curve) {
    Point from = curve[0];
    for (int i = 1; i <= kSegments; ++i) {
      const Point to = point_on(curve, i);
      draw_segment(from, to);
      from = to;
    }
  }
  const std::vector<float>& ink() const { return ink_; }

 private:
  // Only the pixels around the segment are looked at.
  void draw_segment(Point a, Point b) {
    const double reach = radius_ + 1;
    const int64_t left = pixel(std::min(a.x, b.x) - reach),
                  right = pixel(std::max(a.x, b.x) + reach);
    const int64_t top = pixel(std::min(a.y, b.y) - reach),
                  bottom = pixel(std::max(a.y, b.y) + reach);
    for (int64_t row = top; row <= bottom; ++row)
      for (int64_t column = left; column <= right; ++column) {
        const Point center{static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5};
        // Full ink half a pixel inside of the edge, none half a pixel outside.
        const double coverage =
            std::clamp(radius_ + 0.5 - distance_to_segment(center, a, b), 0.0, 1.0);
        float& ink = ink_[static_cast<size_t>(row * size_ + column)];
        ink = std::max(ink, static_cast<float>(coverage));
      }
  }
  int64_t pixel(double position) const {
    return std::clamp(static_cast<int64_t>(std::floor(position)), int64_t{0}, size_ - 1);
  }

  int64_t size_;
  double radius_;
  std::vector<float> ink_;
};

void draw_sample(const Glyph& glyph, int64_t image_size, Generator& generator, float* pixels) {
  const Pose pose = random_pose(image_size, generator);
  const double pen_radius = static_cast<double>(image_size) * between(0.02, 0.045, generator);
  const double contrast = between(150, 255, generator);
  Canvas canvas(image_size, pen_radius);
  for (Curve curve : glyph) {
    for (Point& point : curve) {
      const Point wobble = 0.12 * point_in_square(generator);  // no two hands write alike
      point = pose(point + wobble);
    }
    canvas.draw(curve);
  }
  for (const float ink : canvas.ink()) {
    const double pixel = contrast * ink + between(-40, 40, generator);
    *pixels++ = normalized_pixel(static_cast<float>(std::clamp(pixel, 0.0, 255.0)));
  }
}

Dataset draw_set(const std::vector<Glyph>& glyphs, int64_t samples, uint64_t seed, Purpose purpose,
                 int64_t image_size) {
  const int64_t classes = static_cast<int64_t>(glyphs.size());
  Dataset data{Tensor::empty({samples, 1, image_size, image_size}),
               Tensor::empty({samples}, DType::int64), numbered_classes(classes)};
  float* const images = data.images.mutable_data<float>();
  int64_t* const labels = data.labels.mutable_data<int64_t>();
  constexpr int64_t kSamplesPerBlock = 64;
  runtime::parallel_ranges(samples, kSamplesPerBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Generator generator = generator_of(seed, purpose, i);
      labels[i] = i % classes;
      draw_sample(glyphs[static_cast<size_t>(labels[i])], image_size, generator,
                  images + i * image_size * image_size);
    }
  });
  return data;
}

}  // namespace

DataSplit synthetic(int64_t num_classes, int64_t train_samples, int64_t test_samples, uint64_t seed,
                    int64_t image_size) {
  check(num_classes >= 1 && train_samples >= 1 && test_samples >= 1,
        "synthetic: expected at least 1 class and 1 sample of each kind, got ", num_classes,
        " classes, ", train_samples, " training and ", test_samples, " test samples");
  check(image_size >= 8, "synthetic: expected an image size of at least 8, got ", image_size);
  std::vector<Glyph> glyphs;
  for (int64_t k = 0; k < num_classes; ++k) glyphs.push_back(make_glyph(seed, k));
  return {draw_set(glyphs, train_samples, seed, Purpose::train, image_size),
          draw_set(glyphs, test_samples, seed, Purpose::test, image_size), "synthetic glyphs"};
}

}  // namespace gradian::examples
