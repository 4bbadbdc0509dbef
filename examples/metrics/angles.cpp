// Computes the statistics by their definitions, row by row, in double.
// Draws and prints nothing: see examples/report/.
#include "examples/metrics/angles.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <vector>

#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

class Mean {
 public:
  // Adds nothing when there is no value.
  void add(std::optional<double> value) {
    if (!value) return;
    sum_ += *value;
    ++count_;
  }
  double value() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : kNaN; }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

// The rows of a matrix as double.
struct Rows {
  explicit Rows(const Tensor& matrix)
      : values(matrix.to_vector<double>()), count(matrix.size(0)), width(matrix.size(1)) {}
  const double* operator[](int64_t row) const { return values.data() + row * width; }
  double* operator[](int64_t row) { return values.data() + row * width; }

  std::vector<double> values;
  int64_t count, width;
};

double norm(const double* a, int64_t width) {
  double sum = 0;
  for (int64_t i = 0; i < width; ++i) sum += a[i] * a[i];
  return std::sqrt(sum);
}

double distance(const double* a, const double* b, int64_t width) {
  double sum = 0;
  for (int64_t i = 0; i < width; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

// Nothing when one of them is zero. For unit vectors u, v: 2 atan2(|u - v|, |u + v|), which keeps
// its accuracy near 0 and 180 degrees, where the arc cosine loses half of the digits.
std::optional<double> angle_degrees(const double* a, const double* b, int64_t width) {
  const double norm_a = norm(a, width), norm_b = norm(b, width);
  if (norm_a == 0 || norm_b == 0) return std::nullopt;
  double difference = 0, sum = 0;
  for (int64_t i = 0; i < width; ++i) {
    const double u = a[i] / norm_a, v = b[i] / norm_b;
    difference += (u - v) * (u - v);
    sum += (u + v) * (u + v);
  }
  return 2 * std::atan2(std::sqrt(difference), std::sqrt(sum)) * 180 / std::numbers::pi;
}

void check_arguments(const Tensor& features, const Tensor& labels, const Tensor& weights) {
  check(features.dim() == 2 && is_floating(features.dtype()),
        "feature_statistics: expected features [N, d] of a floating dtype, got ", features.dtype(),
        " ", features.shape());
  check(labels.dtype() == DType::int64 && labels.shape() == Shape{features.size(0)},
        "feature_statistics: expected labels int64 [", features.size(0), "], got ", labels.dtype(),
        " ", labels.shape());
  check(!weights.defined() || (weights.dim() == 2 && weights.size(1) == features.size(1)),
        "feature_statistics: expected weights [C, ", features.size(1), "], got ", weights.shape());
}

struct Centers {
  Rows rows;
  std::vector<int64_t> present;  // the classes with samples
};

Centers class_centers(const Rows& features, const std::vector<int64_t>& labels, int64_t classes) {
  Rows sums(Tensor::zeros({classes, features.width}, DType::float64));
  std::vector<int64_t> samples(static_cast<size_t>(classes));
  for (int64_t i = 0; i < features.count; ++i) {
    const int64_t label = labels[static_cast<size_t>(i)];
    check(label >= 0 && label < classes, "feature_statistics: label ", label, " at row ", i,
          ", but there are ", classes, " classes");
    ++samples[static_cast<size_t>(label)];
    for (int64_t j = 0; j < features.width; ++j) sums[label][j] += features[i][j];
  }
  std::vector<int64_t> present;
  for (int64_t k = 0; k < classes; ++k) {
    const int64_t count = samples[static_cast<size_t>(k)];
    if (count > 0) present.push_back(k);
    // Without samples 0 / 0, which is NaN.
    for (int64_t j = 0; j < features.width; ++j) sums[k][j] /= static_cast<double>(count);
  }
  return {std::move(sums), std::move(present)};
}

// From each of the rows listed to the nearest other one of them: found by the cosine, which is one
// matrix product for thousands of classes, and measured by the definition.
Mean nearest_angles(const Rows& rows, const std::vector<int64_t>& listed) {
  std::vector<int64_t> directed;
  std::vector<double> units;
  for (const int64_t k : listed) {
    const double length = norm(rows[k], rows.width);
    if (length == 0) continue;
    directed.push_back(k);
    for (int64_t i = 0; i < rows.width; ++i) units.push_back(rows[k][i] / length);
  }
  Mean angles;
  const auto count = static_cast<int64_t>(directed.size());
  const Tensor all = Tensor::from(units, {count, rows.width});
  constexpr int64_t kBlock = 256;
  for (int64_t begin = 0; begin < count && count > 1; begin += kBlock) {
    const Tensor block = all.slice(0, begin, std::min(begin + kBlock, count));
    Tensor cosines = matmul(block, all.transpose(0, 1));  // [rows, count]
    for (int64_t i = 0; i < cosines.size(0); ++i)
      cosines.select(0, i).slice(0, begin + i, begin + i + 1).fill(-2);
    const std::vector<int64_t> nearest = argmax(cosines, 1).to_vector<int64_t>();
    for (size_t i = 0; i < nearest.size(); ++i)
      angles.add(angle_degrees(rows[directed[static_cast<size_t>(begin) + i]],
                               rows[directed[static_cast<size_t>(nearest[i])]], rows.width));
  }
  return angles;
}

}  // namespace

FeatureStatistics feature_statistics(const Tensor& features, const Tensor& labels,
                                     const Tensor& weights) {
  check_arguments(features, labels, weights);
  const Rows x(features);
  const std::vector<int64_t> y = labels.to_vector<int64_t>();
  const int64_t largest = y.empty() ? -1 : *std::max_element(y.begin(), y.end());
  const int64_t classes = weights.defined() ? weights.size(0) : std::max<int64_t>(0, largest + 1);
  const Centers centers = class_centers(x, y, classes);

  Mean distance_to_center, spread, intra, w_ec, w_inter;
  for (int64_t i = 0; i < x.count; ++i) {
    const double* center = centers.rows[y[static_cast<size_t>(i)]];
    distance_to_center.add(distance(x[i], center, x.width));
    intra.add(angle_degrees(x[i], center, x.width));
  }
  for (const int64_t k : centers.present)
    for (const int64_t other : centers.present)
      if (other > k) spread.add(distance(centers.rows[k], centers.rows[other], x.width));
  if (weights.defined()) {
    const Rows w(weights);
    std::vector<int64_t> all(static_cast<size_t>(classes));
    std::iota(all.begin(), all.end(), 0);
    w_inter = nearest_angles(w, all);
    for (const int64_t k : centers.present) w_ec.add(angle_degrees(w[k], centers.rows[k], x.width));
  }
  return {distance_to_center.value(),
          spread.value(),
          intra.value(),
          nearest_angles(centers.rows, centers.present).value(),
          w_ec.value(),
          w_inter.value(),
          Tensor::from(centers.rows.values, {classes, x.width})};
}

}  // namespace gradian::examples
