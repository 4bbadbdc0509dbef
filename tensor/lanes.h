// Between the two layouts of pixels: planes, a channel after the other as in an [N, C, H, W] array,
// and lanes, in which kPanel channels of a pixel lie side by side.
#pragma once

#include "tensor/micro_kernel.h"

namespace gradian {

// lanes[count][kPanel] = the first `count` values of `channels` planes, plane_size apart; the lanes
// beyond `channels`, which is at most kPanel, are zeros.
void planes_to_lanes(const float* planes, int64_t plane_size, int64_t channels, int64_t count,
                     float* lanes);

// The opposite, for the first `channels` lanes.
void lanes_to_planes(const float* lanes, int64_t count, int64_t channels, float* planes,
                     int64_t plane_size);

}  // namespace gradian
