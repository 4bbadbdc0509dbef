// The target of the angular margins: the cosine of the true class as a function of its angle, how
// the code of the note (losses/README.md) differs from ArcFace, the overflow rules, and where the
// angle has no derivative. Angles in the tables are in degrees.
#include <cmath>
#include <limits>
#include <numbers>

#include "losses/margin.h"
#include "tests/gradients/margins.h"
#include "tests/helpers.h"
#include "tests/margin_constants.h"
#include "tests/text.h"

namespace gradian::test {
namespace {

using std::numbers::pi;

constexpr double kDegree = pi / 180;

// The target cosine phi at an angle (radians), its derivative by the cosine, and by the angle.
struct Target {
  double value, by_cosine, by_angle;
};
Target target_at(double theta, const Margin& margin) {
  const Variable cosine = leaf(std::cos(theta));
  const Variable phi = apply_margin(cosine, margin);
  const double slope = grad({phi}, {cosine})[0].item();
  return {phi.item(), slope, -slope * std::sin(theta)};
}

}  // namespace

TEST_CASE("margin: ArcFace's target is cos(theta + m), its slope sin(theta + m) / sin(theta)") {
  for (const double degrees : {1, 5, 10, 30, 45, 60, 75, 90, 120, 150}) {
    CAPTURE(degrees);
    const double theta = degrees * kDegree;
    const Target target = target_at(theta, kArcFace);
    CHECK(target.value == doctest::Approx(std::cos(theta + kArc)).epsilon(1e-12));
    CHECK(target.by_cosine ==
          doctest::Approx(std::sin(theta + kArc) / std::sin(theta)).epsilon(1e-10));
  }
}

TEST_CASE("margin: all three margins together are cos(m1 theta + m2) - m3") {
  for (const Margin& margin : proof::margins()) {
    CAPTURE(margin);
    for (const double theta : {0.1, 0.3, 0.5, 0.7}) {  // inside 4 theta <= pi
      const double angle = margin.m1 * theta + margin.m2;
      const Target target = target_at(theta, margin);
      CHECK(target.value == doctest::Approx(std::cos(angle) - margin.m3).epsilon(1e-12));
      CHECK(target.by_angle == doctest::Approx(-margin.m1 * std::sin(angle)).epsilon(1e-10));
    }
  }
}

TEST_CASE("margin: with m1 = 1 and m2 = 0 the target is cosine - m3 to the last bit") {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable cosine(doubles({-1, -0.3, 0, 0.7, 1}).to(dtype));
    CHECK(identical(apply_margin(cosine, {.m3 = 0.35}).value(), (cosine - 0.35).value()));
    CHECK(apply_margin(cosine, {}).id() == cosine.id());
  }
}

TEST_CASE("margin: the note's code is CosFace, and here is how it differs from ArcFace") {
  // By angle: how far either lowers the target cosine, the same as a margin on the angle (the
  // angle whose cosine is phi, less theta), and the pull on the feature, which is proportional to
  // |dphi/dtheta|. "" stands for an angle that is not there, as cos(theta) - 0.5 < -1.
  const double equal_slopes = (pi - kArc) / 2 / kDegree, border = (pi - kArc) / kDegree;
  struct Row {
    double degrees;
    const char *arc_drop, *note_angle, *arc_slope, *note_pull, *arc_pull;
  };
  const std::vector<Row> rows = {{10, "0.204", "51.0", "3.60", "0.174", "0.625"},
                                 {30, "0.346", "38.5", "1.708", "0.500", "0.854"},
                                 {60, "0.476", "30.0", "1.154", "0.866", "1.000"},
                                 {equal_slopes, "0.4948", "28.96", "1.000", "0.969", "0.969"},
                                 {90, "0.479", "30.0", "0.878", "1", "0.878"},
                                 {120, "0.354", "60.0", "0.601", "0.866", "0.520"},
                                 {border, "0.122", "", "0.000", "0.479", "0.000"},
                                 {160, "0.049", "", "-0.440", "0.342", "-0.150"}};
  const auto check_printed = [](double value, const std::string& printed) {
    CHECK(as_printed(value, printed) == printed);
  };
  for (const Row& row : rows) {
    CAPTURE(row.degrees);
    const double theta = row.degrees * kDegree;
    const Target note = target_at(theta, kNote);
    const Target arc = target_at(theta, with(kArcFace, MarginOverflow::none));
    CHECK(std::cos(theta) - note.value == doctest::Approx(0.5).epsilon(1e-12));
    CHECK(note.by_cosine == 1);
    check_printed(std::cos(theta) - arc.value, row.arc_drop);
    check_printed(arc.by_cosine, row.arc_slope);
    check_printed(-note.by_angle, row.note_pull);
    check_printed(-arc.by_angle, row.arc_pull);
    const double note_angle = (std::acos(note.value) - theta) / kDegree;
    if (std::isnan(note_angle))
      CHECK(std::string(row.note_angle).empty());
    else
      check_printed(note_angle, row.note_angle);
    // ArcFace's margin on the angle is its m = 28.65 degrees, until theta + m passes 180.
    if (theta + kArc <= pi) check_printed((std::acos(arc.value) - theta) / kDegree, "28.65");
  }
  // The equal-slope angle is where ArcFace's drop is largest: below 0.5, so that m = 0.5 of the
  // note's code is the larger margin at every angle up to the border.
  for (double theta = 0; theta < pi - kArc; theta += 0.01)
    CHECK(std::cos(theta) - target_at(theta, kArcFace).value <=
          std::cos(equal_slopes * kDegree) - std::cos(equal_slopes * kDegree + kArc) + 1e-12);
}

TEST_CASE("margin: at theta = 0 the clamp costs 4.5e-4 radians") {
  // The target is cos(m + 4.5e-4), not cos(m): the drop is 0.1226 instead of 0.1224.
  CHECK(kSmallestAngle == doctest::Approx(4.47e-4).epsilon(1e-6));
  const double drop = 1 - target_at(0, kArcFace).value;
  CHECK(drop == doctest::Approx(1 - std::cos(kArc + kSmallestAngle)).epsilon(1e-12));
  CHECK(std::abs(drop - (1 - std::cos(kArc))) < 2.2e-4);
}

TEST_CASE("margin: each overflow rule on both sides of its border") {
  // 0.1 rad before and after the border. Beyond theta = pi - m the angle theta + m is pi + 0.1:
  //   mirror -2 - cos(pi + 0.1), cos_fallback cos(pi - 0.4) - m sin(m), none cos(pi + 0.1).
  // easy_margin has its border at 90 degrees: cos(pi/2 - 0.1 + m) before it, cos(theta) after.
  struct Row {
    MarginOverflow overflow;
    double border, before, after;
  };
  const double past = pi - kArc, right = pi / 2;
  const std::vector<Row> rows = {
      {MarginOverflow::mirror, past, -std::cos(0.1), -2 + std::cos(0.1)},
      {MarginOverflow::cos_fallback, past, -std::cos(0.1), -std::cos(0.4) - 0.5 * std::sin(0.5)},
      {MarginOverflow::easy_margin, right, -std::sin(0.4), -std::sin(0.1)},
      {MarginOverflow::none, past, -std::cos(0.1), -std::cos(0.1)}};
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.overflow));
    CHECK(target_at(row.border - 0.1, with(kArcFace, row.overflow)).value ==
          doctest::Approx(row.before).epsilon(1e-12));
    CHECK(target_at(row.border + 0.1, with(kArcFace, row.overflow)).value ==
          doctest::Approx(row.after).epsilon(1e-12));
  }
  // The size of the jump at the border itself, with ArcFace's m = 0.5.
  const auto jump = [&](MarginOverflow overflow, double border) {
    const Margin margin = with(kArcFace, overflow);
    return target_at(border + 1e-9, margin).value - target_at(border - 1e-9, margin).value;
  };
  CHECK(std::abs(jump(MarginOverflow::mirror, past)) < 1e-8);
  CHECK(std::abs(jump(MarginOverflow::none, past)) < 1e-8);
  CHECK(jump(MarginOverflow::cos_fallback, past) == doctest::Approx(-0.117).epsilon(1e-3));
  CHECK(jump(MarginOverflow::easy_margin, right) == doctest::Approx(0.479).epsilon(1e-3));
}

TEST_CASE("margin: mirror has a continuous value and slope at every border") {
  for (const double m1 : {1.0, 1.35, 4.0}) {
    for (const double m2 : {0.0, kArc}) {
      if (m1 == 1 && m2 == 0) continue;  // no angle beyond pi
      for (int k = 1; k * pi < m1 * pi + m2; ++k) {
        CAPTURE(m1);
        CAPTURE(k);
        const double border = (k * pi - m2) / m1, step = 1e-6;
        const Margin margin{.m1 = m1, .m2 = m2};
        const Target before = target_at(border - step, margin);
        const Target after = target_at(border + step, margin);
        // (-1)^k cos - 2k: at the border 1 - 2k from either side, with slope 0.
        if (border + step > pi - kSmallestAngle) continue;  // in the clamp's reach: 180 degrees
        CHECK(before.value == doctest::Approx(1 - 2 * k).epsilon(1e-10));
        CHECK(after.value == doctest::Approx(1 - 2 * k).epsilon(1e-10));
        CHECK(std::abs(before.by_angle) < 2 * m1 * m1 * step);
        CHECK(std::abs(after.by_angle) < 2 * m1 * m1 * step);
      }
    }
  }
}

TEST_CASE("margin: which targets fall with the angle all the way from 0 to pi") {
  struct Row {
    const char* name;
    Margin margin;
    bool falls;
  };
  const std::vector<Row> rows = {
      {"softmax", {}, true},
      {"note", kNote, true},
      {"ArcFace", kArcFace, true},
      {"SphereFace 1.35", {.m1 = 1.35}, true},
      {"SphereFace 1.35 and 0.5", {.m1 = 1.35, .m2 = 0.5}, true},
      {"SphereFace 4", {.m1 = 4}, true},
      {"SphereFace 4 and 0.5", {.m1 = 4, .m2 = 0.5}, true},
      {"combined", {.m1 = 0.9, .m2 = 0.4, .m3 = 0.15}, true},
      {"cos_fallback", with(kArcFace, MarginOverflow::cos_fallback), true},
      {"cos_fallback, m1 4",
       {.m1 = 4, .overflow = MarginOverflow::cos_fallback},
       false},  // up at pi / 4
      {"easy_margin", with(kArcFace, MarginOverflow::easy_margin), false},
      {"none", with(kArcFace, MarginOverflow::none), false}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    bool always = true;
    double last = std::numeric_limits<double>::infinity();
    for (int i = 0; i <= 1000; ++i) {
      const double value = target_at(i * pi / 1000, row.margin).value;
      always = always && value < last;
      last = value;
    }
    CHECK(always == row.falls);
  }
}

TEST_CASE(
    "margin: at and beyond the clamp the slope by the cosine is 0, where the margin is acos's") {
  for (const double cosine : {1.0, 1 - 1e-7, -1.0, 1.5}) {
    CAPTURE(cosine);
    for (const MarginOverflow overflow : {MarginOverflow::mirror, MarginOverflow::none}) {
      const Variable c = leaf(cosine);
      CHECK(grad({apply_margin(c, with(kArcFace, overflow))}, {c})[0].item() == 0);
    }
  }
  // Where a rule has fallen back to the cosine itself the slope stays 1 up to -1.
  for (const MarginOverflow overflow :
       {MarginOverflow::cos_fallback, MarginOverflow::easy_margin}) {
    const Variable c = leaf(-1);
    CHECK(grad({apply_margin(c, with(kArcFace, overflow))}, {c})[0].item() == 1);
  }
}

}  // namespace gradian::test
