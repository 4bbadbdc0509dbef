// What a report shows of a training as it went: points that move, curves, mistakes, the margin.
// Whether they do move is for page.cpp.
#include <doctest/doctest.h>

#include <cmath>

#include "examples/data/dataset.h"
#include "examples/report/image_data.h"
#include "examples/report/plots.h"
#include "tests/examples/reports.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

TEST_CASE("quantised numbers are whole multiples of a unit, off by half of it at most") {
  // By hand: the unit is 2 / 32767, so 1 is 16383.5 of it, rounded away from 0 to 0x4000; -2 is
  // -32767, 0x8001; what is not finite is 0x8000. Low bytes first: 00 40 01 80 00 80 00 00.
  const Quantized q = quantize({1, -2, kNaN, 0});
  CHECK(q.unit == doctest::Approx(2.0 / 32767));
  CHECK(q.base64 == "AEABgACAAAA=");
  CHECK(quantize({0, 0}).unit == 1);
  CHECK(quantize({}).base64 == "");
}

TEST_CASE("a moving report holds its points, images and script, and still needs no other file") {
  const std::string html = render_html(make_moving_report());
  CHECK(first_unbalanced_tag(html) == "");
  CHECK(contains(html,
                 "<input type=\"range\" id=\"step\" aria-label=\"Training step\" min=\"0\" "
                 "max=\"23\" value=\"23\">"));
  CHECK(contains(html, "\"steps\": [0, 1, 4, 9,"));
  CHECK(count(html, "\"points\": {") == 2);
  CHECK(count(html, "<script") == 2);
  for (const char* outside : {"<link", "href=", "@import", "http:", "https:"})
    CHECK_FALSE_MESSAGE(contains(html, outside), outside);
  CHECK(count(html, "src=") == count(html, "src=\"data:image/bmp;base64,"));
}

TEST_CASE("a class name cannot end the data of the script") {
  Report report = make_moving_report();
  report.class_names[1] = "</script><b>";
  const std::string html = render_html(report);
  CHECK(contains(html, "\\u003c/script>\\u003cb>"));
  CHECK(count(html, "</script") == 2);
}

TEST_CASE("three hundred images of ten objectives as they move stay below 3 MB") {
  Report report = make_moving_report();
  Generator generator(3);
  report.runs = std::vector<RunResult>(10, make_run("ArcFace", 6000));
  report.images = randn({6000, 1, 96, 96}, DType::float32, 0, 0.5, generator);  // shown as 32 x 32
  report.followed = balanced_sample(report.runs[0].labels, 3, 300);
  for (RunResult& run : report.runs) {
    run.snapshots.steps = snapshot_steps(1000);
    run.snapshots.features = randn({kSnapshots, 300, 2}, DType::float32, 0, 5, generator);
    run.snapshots.weights = randn({kSnapshots, 3, 2}, DType::float32, 0, 1, generator);
  }
  const std::string html = render_html(report);
  CHECK(count(html, "\"points\": {") == 10);
  CHECK(html.size() < 3'000'000);
}

TEST_CASE("a confusion matrix is a table of counts whose diagonal is told by more than a shade") {
  const std::string table = confusion_table(test::integers({7, 0, 3, 2}).reshape({2, 2}));
  CHECK(contains(table, "class=\"right\" style=\"--share:100.0%\">7</td>"));
  CHECK(contains(table, "<td style=\"--share:0.0%\"></td>"));
  CHECK(contains(table, "<td style=\"--share:60.0%\">3</td>"));
  CHECK(contains(confusion_table(Tensor::zeros({27, 27}, DType::int64)), "No matrix: 27 classes"));
}

TEST_CASE("the picture of the margin is cos(theta + m) and its slope -sin(theta + m)") {
  const TargetCurve curve = target_curve({.m2 = 0.2, .overflow = MarginOverflow::none});
  REQUIRE(curve.theta.size() == 720);
  for (size_t i = 0; i < curve.theta.size(); ++i) {
    CHECK(curve.target[i] == doctest::Approx(std::cos(curve.theta[i] + 0.2)));
    CHECK(std::abs(curve.slope[i] + std::sin(curve.theta[i] + 0.2)) < 1e-9);
  }
  // Beyond the border the mirrored cosine falls on: -2 - cos(theta + m).
  const TargetCurve mirrored = target_curve({.m2 = 0.2});
  CHECK(mirrored.target.back() == doctest::Approx(-2 - std::cos(mirrored.theta.back() + 0.2)));
  CHECK(mirrored.slope.back() == doctest::Approx(std::sin(mirrored.theta.back() + 0.2)));
}

TEST_CASE("report.html draws every overflow rule, with the margin and the scale of its runs") {
  const std::string html = render_html(make_moving_report());
  for (const char* rule : {"mirror", "cos_fallback", "easy_margin", "none"})
    CHECK(contains(html, "Target cosine under the rule " + std::string(rule)));
  CHECK(contains(html, "by s, here 10. Solid: the margin of ArcFace, m = 0.2;"));
  CHECK_FALSE(contains(render_html(make_report()), "Target cosine"));
}

TEST_CASE("curves with a margin show the training accuracy with and without it") {
  const Report report = make_moving_report();
  const TrainingCurve& curve = report.runs[0].curve;
  CHECK(count(accuracy_plot("ArcFace", curve, true), "<polyline") == 2);
  CHECK(count(accuracy_plot("softmax", curve, false), "<polyline") == 1);
  CHECK(contains(angle_plot("softmax", curve), "<polyline"));
  CHECK(rate_plot("softmax", make_run("softmax", 30).curve) == "");  // not known
}
