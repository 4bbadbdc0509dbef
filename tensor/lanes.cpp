#include "tensor/lanes.h"

#include <algorithm>

namespace gradian {
namespace {

// to[offset[e]][lane] = planes[lane][begin + e] for e < count, by fours that may overlap.
void gather_lanes(const float* const* planes, int64_t begin, int64_t count, const int64_t* offset,
                  float* to) {
  if (count < 4) {
    for (int64_t e = 0; e < count; ++e)
      for (int64_t lane = 0; lane < kPanel; ++lane) to[offset[e] + lane] = planes[lane][begin + e];
    return;
  }
  // Eight images at a time: planes are often a power of two apart, and then the lines of more
  // images would compete for the same places in the cache.
  for (int64_t lane = 0; lane < kPanel; lane += 8)
    for (int64_t next = 0; next < count; next += 4) {
      const int64_t e = std::min(next, count - 4);
      Float8 columns[4];
      load_transposed(planes + lane, begin + e, columns);
      for (int64_t i = 0; i < 4; ++i) store(to + offset[e + i] + lane, columns[i]);
    }
}

}  // namespace

LaneRows::LaneRows(int64_t channels, int64_t rows, int64_t columns)
    : channels_(channels),
      rows_(rows),
      columns_(columns),
      buffer_(Tensor::empty({channels * plane()})),
      data_(buffer_.mutable_data<float>()) {}

void LaneRows::read(const Images& images, const float* data, int64_t first_image, int64_t first_row,
                    int64_t left) {
  const int64_t begin = std::clamp<int64_t>(first_row, 0, images.height);
  const int64_t end = std::clamp<int64_t>(first_row + rows_, begin, images.height);
  // Where each pixel goes; columns that no one asked for go to the place after the channel's end.
  std::vector<int64_t> offset;
  for (int64_t y = begin; y < end; ++y)
    for (int64_t x = 0; x < images.width; ++x) {
      const bool inside = x + left >= 0 && x + left < columns_;
      const int64_t pixel = (y - first_row) * columns_ + x + left;
      offset.push_back((inside ? pixel : rows_ * columns_) * kPanel);
    }
  const std::vector<float> no_image(size_t(images.plane()));
  const int64_t count = (end - begin) * images.width;

  for (int64_t c = 0; c < channels_; ++c) {
    float* const to = data_ + c * plane();
    if (c >= images.channels) {
      std::fill_n(to, plane(), 0.0f);
      continue;
    }
    clear_border(to, begin - first_row, end - first_row, left, images.width);
    const float* planes[kPanel];
    for (int64_t lane = 0; lane < kPanel; ++lane)
      planes[lane] = first_image + lane < images.count
                         ? data + ((first_image + lane) * images.channels + c) * images.plane()
                         : no_image.data();
    gather_lanes(planes, begin * images.width, count, offset.data(), to);
  }
}

// Zeros around the image's part of a channel: its rows first..last-1, `width` columns from `left`.
void LaneRows::clear_border(float* to, int64_t first, int64_t last, int64_t left, int64_t width) {
  const int64_t begin = std::clamp<int64_t>(left, 0, columns_);
  const int64_t end = std::clamp<int64_t>(left + width, begin, columns_);
  for (int64_t r = 0; r < rows_; ++r) {
    float* const line = to + r * row();
    const bool outside = r < first || r >= last;
    std::fill(line, line + (outside ? columns_ : begin) * kPanel, 0.0f);
    if (!outside) std::fill(line + end * kPanel, line + row(), 0.0f);
  }
}

void write_lanes(const float* values, int64_t count, const Images& images, int64_t first_image,
                 int64_t channel, int64_t begin, float* data) {
  const int64_t lanes = std::min(kPanel, images.count - first_image);
  const auto plane = [&](int64_t lane) {
    return data + ((first_image + lane) * images.channels + channel) * images.plane() + begin;
  };
  static constexpr int64_t no_stride[8] = {};
  int64_t lane = 0;
  for (; lane + 8 <= lanes; lane += 8) {
    float* to[8];
    for (int64_t i = 0; i < 8; ++i) to[i] = plane(lane + i);
    for (int64_t next = 0; next < count / 4 * 4; next += 4) {
      const float* const from = values + next * kPanel + lane;
      store_transposed<4>(load<Float8>(from), load<Float8>(from + kPanel),
                          load<Float8>(from + 2 * kPanel), load<Float8>(from + 3 * kPanel), to,
                          no_stride, 0, next);
    }
    for (int64_t e = count / 4 * 4; e < count; ++e)
      for (int64_t i = 0; i < 8; ++i) to[i][e] = values[e * kPanel + lane + i];
  }
  for (; lane < lanes; ++lane)
    for (int64_t e = 0; e < count; ++e) plane(lane)[e] = values[e * kPanel + lane];
}

}  // namespace gradian
