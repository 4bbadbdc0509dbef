// Which scale and margin suit a number of classes in a number of dimensions, and what the first
// loss should be. No loss prints any of it: a program that lets its user choose a margin prints
// why_infeasible().
#pragma once

#include "losses/margin.h"

namespace gradian {

// The most, in radians, that the two closest of so many weight rows can be apart. For C <= D + 1
// classes acos(-1 / (C - 1)), a regular simplex, and in the plane 2 pi / C; otherwise an upper
// bound: 90 degrees, exact for C <= 2 D (Rankin, "The closest packing of spherical caps in n
// dimensions", 1955), or less where caps of half of it would cover more than the sphere.
double largest_smallest_angle(int64_t num_classes, int64_t in_features);

// Values to begin with, and in `bounds` what each comes from. m: the published 0.5 and 0.35, or
// half of the largest margin, which leaves the other half to the features of a class. s: what
// softmax needs to give a feature on its class's row the probability P = 0.999 in spite of the
// margin, ln((C - 1) P / (1 - P)) / (target + 1 / (C - 1)); for target 1 that is CosFace's
// section 3.3.
struct Recommendation {
  double s, arc_face_m, cos_face_m;
  std::string bounds;  // two lines
};
Recommendation recommend(int64_t num_classes, int64_t in_features);

// Empty, or a sentence: the margin wants more room than there is between classes, so that even with
// each feature on its class's weight row some other class has as high a logit.
std::string why_infeasible(const Margin& margin, int64_t num_classes, int64_t in_features);

// ln(1 + (C - 1) exp(-s target)), where all cosines are 0, as in many dimensions they nearly are at
// the start: target is apply_margin(0).
double expected_first_loss(int64_t num_classes, double s, const Margin& margin);

}  // namespace gradian
