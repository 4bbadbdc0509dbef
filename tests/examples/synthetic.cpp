// Drawn glyphs: against a second, plain implementation, and what a user may rely on.
#include "examples/data/synthetic.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/reference.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::identical;

namespace {

using Point = std::complex<double>;  // x + iy

Generator generator_at(uint64_t seed, uint64_t purpose, uint64_t index) {
  Generator generator;
  generator.set_state(seed, ((purpose << 40) + index) << 20);
  return generator;
}

double between(double low, double high, Generator& generator) {
  const double u = generator.uniform();
  return (1 - u) * low + u * high;
}

Point in_square(Generator& generator) {
  const double x = between(-1, 1, generator), y = between(-1, 1, generator);
  return {x, y};
}

// The ends of the segments that stand for the curve with three control points, by de Casteljau.
std::vector<Point> points_of(const Point* control) {
  std::vector<Point> points;
  for (int i = 0; i <= 8; ++i) {
    const auto mix = [t = i / 8.0](Point a, Point b) { return a + t * (b - a); };
    points.push_back(mix(mix(control[0], control[1]), mix(control[1], control[2])));
  }
  return points;
}

// The nine control points of the three strokes of a class, their ink just in [-1, 1]^2.
std::vector<Point> glyph(uint64_t seed, uint64_t label) {
  Generator generator = generator_at(seed, 1, label);
  std::vector<Point> control;
  Point pen = in_square(generator);
  for (int stroke = 0; stroke < 3; ++stroke) {
    if (generator.uniform() < 0.3) pen = in_square(generator);
    Point end = in_square(generator);
    while (std::abs(end - pen) <= 0.9) end = in_square(generator);
    const Point middle = in_square(generator);
    control.insert(control.end(), {pen, middle, end});
    pen = end;
  }
  double left = HUGE_VAL, right = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
  for (size_t stroke = 0; stroke < 3; ++stroke)
    for (const Point p : points_of(&control[3 * stroke])) {
      left = std::min(left, p.real()), right = std::max(right, p.real());
      top = std::min(top, p.imag()), bottom = std::max(bottom, p.imag());
    }
  const double half = std::max(right - left, bottom - top) / 2;
  for (Point& p : control) p = (p - Point(left + right, top + bottom) / 2.0) / half;
  return control;
}

double distance(Point p, Point a, Point b) {
  const double along = std::real((p - a) * std::conj(b - a)) / std::norm(b - a);
  return std::abs(p - (a + std::clamp(along, 0.0, 1.0) * (b - a)));
}

// Each pixel by its distance to the nearest of all segments, without any shortcut.
std::vector<double> drawn(uint64_t seed, uint64_t purpose, uint64_t sample, uint64_t label,
                          int64_t size) {
  const double width = static_cast<double>(size);
  std::vector<Point> control = glyph(seed, label);
  Generator generator = generator_at(seed, purpose, sample);
  const Point turn = std::polar(1.0, between(-0.3, 0.3, generator));
  const double scale_x = between(0.26, 0.38, generator), scale_y = between(0.26, 0.38, generator);
  const double shear = between(-0.25, 0.25, generator);
  const double shift_x = between(-0.08, 0.08, generator), shift_y = between(-0.08, 0.08, generator);
  const double radius = width * between(0.02, 0.045, generator);
  const double contrast = between(150, 255, generator);
  std::vector<Point> points;
  for (size_t stroke = 0; stroke < 3; ++stroke) {
    for (size_t i = 3 * stroke; i < 3 * stroke + 3; ++i) {
      const Point p = control[i] + 0.12 * in_square(generator);
      const Point posed = turn * (p.real() * scale_x + p.imag() * scale_y * Point(shear, 1));
      control[i] = width * (posed + Point(0.5 + shift_x, 0.5 + shift_y));
    }
    for (const Point p : points_of(&control[3 * stroke])) points.push_back(p);
  }
  std::vector<double> pixels;
  for (int64_t row = 0; row < size; ++row)
    for (int64_t column = 0; column < size; ++column) {
      const Point center(static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5);
      double nearest = HUGE_VAL;
      for (size_t i = 1; i < points.size(); ++i)
        if (i % 9 != 0)  // no segment joins two strokes
          nearest = std::min(nearest, distance(center, points[i - 1], points[i]));
      const double ink = std::clamp(radius + 0.5 - nearest, 0.0, 1.0);
      pixels.push_back(std::clamp(contrast * ink + between(-40, 40, generator), 0.0, 255.0));
    }
  return pixels;
}

}  // namespace

TEST_CASE("synthetic images are those of a plain implementation") {
  constexpr int64_t kClasses = 40, kSamples = 80;  // more than a block of samples
  for (const int64_t size : {8, 29}) {
    const DataSplit data = synthetic(kClasses, kSamples, kClasses, /*seed=*/6, size);
    for (const Dataset* set : {&data.train, &data.test})
      for (int64_t i = 0; i < set->size(); ++i) {
        CAPTURE(size);
        CAPTURE(i);
        const auto sample = static_cast<uint64_t>(i);
        CHECK(set->labels.at({i}) == static_cast<double>(i % kClasses));
        const std::vector<double> expected =
            drawn(6, set == &data.train ? 2 : 3, sample, sample % kClasses, size);
        const std::vector<float> actual = set->images.select(0, i).to_vector<float>();
        double largest = 0;
        for (size_t p = 0; p < expected.size(); ++p)
          largest = std::max(largest, std::abs(actual[p] - (expected[p] - 127.5) / 128));
        CHECK(largest < 1e-5);
      }
  }
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
