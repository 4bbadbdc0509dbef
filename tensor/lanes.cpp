#include "tensor/lanes.h"

#include <algorithm>

namespace gradian {

void planes_to_lanes(const float* planes, int64_t plane_size, int64_t channels, int64_t count,
                     float* lanes) {
  int64_t lane = 0;
  // Eight planes at a time, and four pixels; the last four may overlap those before.
  for (; lane + 8 <= channels && count >= 4; lane += 8) {
    const float* from[8];
    for (int64_t i = 0; i < 8; ++i) from[i] = planes + (lane + i) * plane_size;
    for (int64_t next = 0; next < count; next += 4) {
      const int64_t pixel = std::min(next, count - 4);
      Float8 columns[4];
      load_transposed(from, pixel, columns);
      for (int64_t i = 0; i < 4; ++i) store(lanes + (pixel + i) * kPanel + lane, columns[i]);
    }
  }
  for (; lane < kPanel; ++lane)
    for (int64_t pixel = 0; pixel < count; ++pixel)
      lanes[pixel * kPanel + lane] = lane < channels ? planes[lane * plane_size + pixel] : 0.0f;
}

void lanes_to_planes(const float* lanes, int64_t count, int64_t channels, float* planes,
                     int64_t plane_size) {
  static constexpr int64_t no_stride[8] = {};
  int64_t lane = 0;
  for (; lane + 8 <= channels && count >= 4; lane += 8) {
    float* to[8];
    for (int64_t i = 0; i < 8; ++i) to[i] = planes + (lane + i) * plane_size;
    for (int64_t next = 0; next < count; next += 4) {
      const int64_t pixel = std::min(next, count - 4);
      const float* const from = lanes + pixel * kPanel + lane;
      store_transposed<4>(load<Float8>(from), load<Float8>(from + kPanel),
                          load<Float8>(from + 2 * kPanel), load<Float8>(from + 3 * kPanel), to,
                          no_stride, 0, pixel);
    }
  }
  for (; lane < channels; ++lane)
    for (int64_t pixel = 0; pixel < count; ++pixel)
      planes[lane * plane_size + pixel] = lanes[pixel * kPanel + lane];
}

}  // namespace gradian
