// Scales, margins and first losses that suit a number of classes: against the figures of the papers
// and against arrangements of points that are known.
#include "losses/recommend.h"

#include <cmath>
#include <numbers>

#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/margin_constants.h"
#include "tests/text.h"

namespace gradian::test {
namespace {

using std::numbers::pi;
constexpr double kDegree = pi / 180;

}  // namespace

TEST_CASE("recommend: the largest smallest angle is exact where it is known") {
  struct Row {
    const char* name;
    int64_t points, dimensions;
    double degrees;
  };
  const std::vector<Row> rows = {
      {"two points", 2, 64, 180},
      {"triangle", 3, 2, 120},
      {"square", 4, 2, 90},
      {"decagon", 10, 2, 36},
      {"tetrahedron", 4, 3, std::acos(-1.0 / 3) / kDegree},
      {"simplex", 10, 64, 96.379},
      {"octahedron without a corner", 5, 3, 90},
      {"octahedron", 6, 3, 90},
      {"cross-polytope", 256, 128, 90},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(largest_smallest_angle(row.points, row.dimensions) / kDegree ==
          doctest::Approx(row.degrees).epsilon(1e-5));
  }
}

TEST_CASE("recommend: no known arrangement of points has a larger smallest angle than the bound") {
  struct Row {
    const char* name;
    int64_t points, dimensions;
    double degrees;
  };
  const std::vector<Row> rows = {
      {"icosahedron", 12, 3, std::acos(1 / std::sqrt(5.0)) / kDegree},
      {"24-cell", 24, 4, 60},
      {"600-cell", 120, 4, 36},
      {"half cube", 16, 5, std::acos(0.2) / kDegree},
      {"Schlaefli", 27, 6, std::acos(0.25) / kDegree},
      {"E8", 240, 8, 60},
      {"Leech", 196560, 24, 60},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const double bound = largest_smallest_angle(row.points, row.dimensions) / kDegree;
    CHECK(bound >= row.degrees);
    CHECK(bound <= 90);
  }
  // A cap of phi is a share of (1 - cos(phi)) / 2 of the sphere in space: 1000 caps fill it. The
  // bound has a little less than their area.
  const double exact = 2 * std::acos(1 - 2.0 / 1000);
  CHECK(largest_smallest_angle(1000, 3) == doctest::Approx(exact).epsilon(2e-3));
  CHECK(largest_smallest_angle(1000, 3) >= exact);
}

TEST_CASE("recommend: CosFace's bound on s and AdaCos's scale as the papers' formulas give them") {
  struct Row {
    int64_t classes;
    const char *cos_face, *ada_cos;  // (C - 1) / C ln((C - 1) 999), sqrt(2) ln(C - 1)
  };
  for (const Row& row : {Row{10, "8.19", "3.11"}, Row{85742, "18.27", "16.06"}}) {
    double with_margins, cos_face, ada_cos;
    const std::string bounds = recommend(row.classes, 512).bounds;
    CAPTURE(bounds);
    REQUIRE(std::sscanf(bounds.c_str(),
                        "s: at least %lf with these margins, %lf without (CosFace's bound); "
                        "AdaCos's fixed scale is %lf",
                        &with_margins, &cos_face, &ada_cos) == 3);
    CHECK(as_printed(cos_face, row.cos_face) == row.cos_face);
    CHECK(as_printed(ada_cos, row.ada_cos) == row.ada_cos);
  }
  // With the margin the target is 1 - 0.35: ln(9 * 999) / (0.65 + 1 / 9).
  CHECK(recommend(10, 64).s == doctest::Approx(std::log(8991.0) / (0.65 + 1.0 / 9)));
  // In the plane CosFace gets half of 1 - cos 36.
  CHECK(recommend(10, 2).s ==
        doctest::Approx(std::log(8991.0) / ((1 + std::cos(36 * kDegree)) / 2 + 1.0 / 9)));
}

TEST_CASE("recommend: with the recommended s a perfect simplex is classified with 0.999") {
  // The bound is sharp where the other rows all have the cosine -1 / (C - 1).
  const int64_t classes = 10;
  const Recommendation found = recommend(classes, 64);
  const Tensor corners = Tensor::from(std::vector<double>(100, -0.1), {10, 10});
  const Variable simplex(one_hot(Tensor::arange(classes), classes, DType::float64) + corners);
  CosFaceLoss loss(classes, classes, found.s, found.cos_face_m);
  loss.to(DType::float64);
  loss.weight.set_value(simplex.value());
  CHECK(loss(simplex, Tensor::arange(classes)).item() ==
        doctest::Approx(-std::log(0.999)).epsilon(1e-9));
}

TEST_CASE("recommend: published margins where there is room for them, half of the room elsewhere") {
  struct Row {
    int64_t classes, dimensions;
    double arc_face, cos_face;
  };
  const double decagon = 36 * kDegree;
  for (const Row& row : {Row{5000, 128, 0.5, 0.35}, Row{2, 2, 0.5, 0.35},
                         Row{10, 2, decagon / 2, (1 - std::cos(decagon)) / 2}}) {
    const Recommendation found = recommend(row.classes, row.dimensions);
    CHECK(found.arc_face_m == doctest::Approx(row.arc_face));
    CHECK(found.cos_face_m == doctest::Approx(row.cos_face));
    CHECK(why_infeasible({.m2 = found.arc_face_m}, row.classes, row.dimensions).empty());
    CHECK(why_infeasible({.m3 = found.cos_face_m}, row.classes, row.dimensions).empty());
  }
}

TEST_CASE("recommend: a margin is infeasible from the bound of the papers on, and says why") {
  struct Row {
    const char* name;
    int64_t classes, dimensions;
    Margin last, first;  // that fit, that do not
  };
  const std::vector<Row> rows = {
      {"ten in the plane: 2 pi / C", 10, 2, {.m2 = 0.627}, {.m2 = 0.629}},
      {"1 - cos(2 pi / C)", 10, 2, {.m3 = 0.190}, {.m3 = 0.192}},
      {"C / (C - 1)", 10, 9, {.m3 = 1.11}, {.m3 = 1.12}},
      {"two classes", 2, 2, {.m3 = 1.99}, {.m3 = 2}},
      {"cos(0.4) - 0.15 > cos 36", 10, 2, {.m2 = 0.2, .m3 = 0.15}, {.m2 = 0.4, .m3 = 0.15}},
      {"more classes than dimensions", 20, 10, {.m3 = 0.99}, {.m3 = 1.01}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(why_infeasible(row.last, row.classes, row.dimensions).empty());
    CHECK(!why_infeasible(row.first, row.classes, row.dimensions).empty());
  }
  CHECK(why_infeasible({.m3 = 0.5}, 10, 2) ==
        "The margin m1 1, m2 0 rad, m3 0.5, mirror is too large for 10 classes in 2 dimensions: it "
        "leaves a feature on its class's weight row a target of 0.5, and the closest other row has "
        "a cosine of 0.809017 at least.");
}

TEST_CASE("recommend: the first loss, as the papers' settings have it") {
  struct Row {
    int64_t classes;
    double s;
    Margin margin;
    const char* printed;
  };
  for (const Row& row : {Row{85742, 64, kArcFace, "42.0"}, Row{10, 64, kArcFace, "32.9"},
                         Row{10, 30, kArcFace, "16.6"}, Row{10, 30, kNote, "17.2"}})
    CHECK(as_printed(expected_first_loss(row.classes, row.s, row.margin), row.printed) ==
          row.printed);
  CHECK(expected_first_loss(10, 30, {}) == doctest::Approx(std::log(10.0)));
  CHECK(expected_first_loss(2, 1e4, {.m3 = -1}) == 0);  // exp(-1e4)
  CHECK(expected_first_loss(2, 1e4, {.m3 = 1}) == 1e4);
}

TEST_CASE("recommend: in many dimensions the first loss is near what is expected") {
  manual_seed(3);
  const Variable x(randn({64, 4096}));
  const Tensor labels = Tensor::arange(64);
  const ArcFaceLoss loss(4096, 100, 30, 0.5);
  CHECK(loss(x, labels).item() ==
        doctest::Approx(expected_first_loss(100, 30, kArcFace)).epsilon(0.03));
}

}  // namespace gradian::test
