// The reports of the examples: what the table, the JSON and the HTML hold.
// How the page looks is for eyes; here it is well formed, escaped and the same each time.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <regex>

#include "examples/program/text.h"
#include "tensor/files/json.h"
#include "examples/report/image_data.h"
#include "examples/report/markup.h"
#include "examples/report/plots.h"
#include "examples/report/svg.h"
#include "tensor/random.h"
#include "tests/examples/reports.h"
#include "tests/helpers.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

// Whether the text is one JSON value, by the grammar of RFC 8259.
class JsonGrammar {
 public:
  static bool accepts(const std::string& json) {
    JsonGrammar grammar(json);
    return grammar.value() && (grammar.space(), grammar.at_ == json.size());
  }

 private:
  explicit JsonGrammar(const std::string& json) : json_(json) {}

  void space() { at_ = std::min(json_.find_first_not_of(" \n\r\t", at_), json_.size()); }
  bool token(const std::string& expected) {
    space();
    if (json_.compare(at_, expected.size(), expected) != 0) return false;
    at_ += expected.size();
    return true;
  }
  bool matches(const char* pattern) {
    space();
    std::smatch match;
    const auto begin = json_.begin() + static_cast<std::ptrdiff_t>(at_);
    if (!std::regex_search(begin, json_.end(), match, std::regex(pattern),
                           std::regex_constants::match_continuous))
      return false;
    at_ += static_cast<size_t>(match.length());
    return true;
  }
  bool string() { return matches(R"("([^"\\\x00-\x1f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*")"); }
  bool member() { return string() && token(":") && value(); }
  bool list(bool (JsonGrammar::*part)(), const char* close) {
    if (token(close)) return true;
    do
      if (!(this->*part)()) return false;
    while (token(","));
    return token(close);
  }
  bool value() {
    if (token("{")) return list(&JsonGrammar::member, "}");
    if (token("[")) return list(&JsonGrammar::value, "]");
    return token("null") || string() || matches(R"(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)");
  }

  const std::string& json_;
  size_t at_ = 0;
};

}  // namespace

TEST_CASE("the checks of HTML and JSON notice what is wrong") {
  CHECK(first_unbalanced_tag("<a x=\"1\"><b/>text<c></c></a>") == "");
  CHECK(first_unbalanced_tag("<a><b></a></b>") == "a");
  CHECK(first_unbalanced_tag("<a>") == "a");
  CHECK(JsonGrammar::accepts("{\"a\": [1, -2.5e3, null, \"\\u00ff\"], \"b\": {}}"));
  for (const char* json : {"{\"a\" 1}", "[1,]", "[01]", "[nan]", "\"\t\"", "[1", "1 2"})
    CHECK_FALSE_MESSAGE(JsonGrammar::accepts(json), json);
}

TEST_CASE("fixed writes the digits asked for, no negative zero, and n/a for what is not finite") {
  CHECK(fixed(1.5, 2) == "1.50");
  CHECK(fixed(-12.345, 1) == "-12.3");
  CHECK(fixed(-0.001, 2) == "0.00");
  CHECK(fixed(kNaN, 2) == "n/a");
  CHECK(fixed(1e300, 0).size() == 301);
}

TEST_CASE("round ticks are 1, 2 or 5 times a power of ten apart and inside the range") {
  const auto labels = [](double low, double high, int most) {
    std::string joined;
    for (const Tick& tick : round_ticks(low, high, most)) joined += tick.label + ' ';
    return joined;
  };
  CHECK(labels(-1.1, 1.2, 5) == "-1.0 -0.5 0.0 0.5 1.0 ");
  CHECK(labels(0, 3, 4) == "0 1 2 3 ");
  CHECK(labels(-130, 60, 6) == "-100 -50 0 50 ");
  CHECK(labels(0, 0.012, 4) == "0.000 0.005 0.010 ");
}

TEST_CASE("the terminal table fits 80 columns, has one row a run and aligned columns") {
  Report report = make_report();
  report.runs[1].seconds = 12345.6;
  const std::vector<std::string> lines = lines_of(render_table(report));
  REQUIRE(lines.size() == 7);  // two of header, two rules, two runs, the legend
  for (const std::string& line : lines) CHECK(display_width(line) <= 80);
  CHECK(contains(lines[1], "Objective"));
  CHECK(contains(lines[3], "softmax"));
  CHECK(contains(lines[3], "30.00 %"));
  CHECK(contains(lines[4], "ArcFace + center"));
  CHECK(display_width(lines[3]) == display_width(lines[4]));
}

TEST_CASE("the terminal table writes what is not known as n/a, without a unit") {
  Report report = make_report();
  report.runs[0].statistics.w_ec_degrees = kNaN;
  const std::string row = lines_of(render_table(report))[3];
  CHECK(contains(row, " n/a"));
  CHECK_FALSE(contains(row, "n/a°"));
}

TEST_CASE("results.json is valid JSON and holds every figure of the table") {
  const std::string json = render_json(make_report());
  CHECK(JsonGrammar::accepts(json));
  for (const Figure& figure : figures()) CHECK(count(json, '"' + figure.key + "\": ") == 2);
  CHECK(contains(json, "\"options\": \"--epochs 5\""));
  CHECK(contains(json, "\"training\": \"5 epochs\""));
  CHECK(contains(json, "\"machine\": \"a machine\""));
  CHECK(contains(json, "\"description\": \"softmax, described\""));
  CHECK(contains(json, "[1, 0.03]"));  // the loss after 100 steps
}

TEST_CASE("numbers in results.json read back to the same double") {
  CHECK(contains(render_json(make_report()), "\"test_accuracy\": 0.30000000000000004,"));
}

TEST_CASE("what is not finite is null in results.json") {
  Report report = make_report();
  report.runs[0].statistics.intra_degrees = kNaN;
  report.runs[0].curve = {{1, std::numeric_limits<double>::infinity()}};
  const std::string json = render_json(report);
  CHECK(JsonGrammar::accepts(json));
  CHECK(contains(json, "\"intra_degrees\": null"));
  CHECK(contains(json, "[[1, null]]"));
}

TEST_CASE("quotes, backslashes and control characters are escaped in results.json") {
  Report report = make_report();
  report.options = "say \"hi\" \\ \n\t\x01 ü";
  const std::string json = render_json(report);
  CHECK(JsonGrammar::accepts(json));
  CHECK(contains(json, R"("say \"hi\" \\ \n\u0009\u0001 ü")"));
}

TEST_CASE(
    "names that are no UTF-8, as of files, make neither results.json nor report.html invalid") {
  Report report = make_report();
  report.class_names[1] = "a \"b\"\\\xff\xc3";
  CHECK(JsonGrammar::accepts(render_json(report)));
  CHECK(contains(render_json(report), "\"a \\\"b\\\"\\\\\ufffd\ufffd\""));
  CHECK(contains(render_html(report), "a &quot;b&quot;\\\ufffd\ufffd<"));
  for (const char* valid :
       {"", "\x7f", "\u00fc", "\u20ac", "\U0001f600", "\ud7ff", "\ue000", "\U0010ffff"})
    CHECK(files::json_string(valid) == '"' + std::string(valid) + '"');
  // Overlong, a surrogate, beyond the last character, cut off, a continuation alone.
  for (const auto& [bytes, replacements] :
       {std::pair{"\xc0\x80", 2}, std::pair{"\xe0\x80\x80", 3}, std::pair{"\xed\xa0\x80", 3},
        std::pair{"\xf4\x90\x80\x80", 4}, std::pair{"\xe2\x82", 2}, std::pair{"\x80", 1}})
    CHECK(count(files::json_string(bytes), "\ufffd") == static_cast<size_t>(replacements));
}

TEST_CASE("a report without runs or class names is still well formed") {
  const Report empty{"nothing", "", "", "", "", {}, {}, {}, {}};
  CHECK(JsonGrammar::accepts(render_json(empty)));
  CHECK(first_unbalanced_tag(render_html(empty)) == "");
  CHECK(lines_of(render_table(empty)).size() == 5);
}

TEST_CASE("report.html is balanced, and without snapshots needs no script and no other file") {
  const std::string html = render_html(make_report());
  CHECK(first_unbalanced_tag(html) == "");
  CHECK(contains(html, "<!DOCTYPE html>"));
  for (const char* outside : {"<script", "<link", "<img", "src=", "href=", "url(", "@import"})
    CHECK_FALSE_MESSAGE(contains(html, outside), outside);
}

TEST_CASE("report.html has a dark style and a viewport tag") {
  const std::string html = render_html(make_report());
  CHECK(contains(html, "prefers-color-scheme: dark"));
  CHECK(contains(html, "name=\"viewport\""));
}

TEST_CASE("report.html has a plot of the features and of the loss for each run") {
  const std::string html = render_html(make_report());
  CHECK(count(html, "<svg") == 4);
  CHECK(count(html, "class=\"ray of k") == 6);
  CHECK(count(html, "class=\"center of k") == 6);
  CHECK(contains(html, escape_markup(reading_guide("softmax"))));
}

TEST_CASE("report.html gives the figures as the table does") {
  const Report report = make_report();
  const std::string html = render_html(report);
  for (const Figure& figure : figures())
    CHECK(contains(html, "<td>" + figure.written(report.runs[0]) + "</td>"));
}

TEST_CASE("report.html tells how each run was trained") {
  const std::string html = render_html(make_report());
  CHECK(contains(html, "<dd>5 epochs</dd>"));
  CHECK(contains(html, "softmax, described"));
}

TEST_CASE("a loss plot is scaled to what follows the first twentieth of the steps") {
  RunResult run = make_run("softmax", 30);
  run.curve.clear();
  for (int i = 0; i < 1000; ++i) run.curve.push_back({i / 100.0, i < 50 ? 70.0 : 0.9});
  const std::string svg = loss_plot(run.objective, run.curve);
  CHECK(contains(svg, ">0.5</text>"));
  CHECK_FALSE(contains(svg, ">20</text>"));
}

TEST_CASE("text from outside is escaped in report.html") {
  Report report = make_report();
  report.title = "<b>\"T\" & 'S'</b>";
  report.class_names[1] = "<script>";
  report.runs[0].objective = "a<b";
  const std::string html = render_html(report);
  CHECK(first_unbalanced_tag(html) == "");
  CHECK(contains(html, "&lt;b&gt;&quot;T&quot; &amp; &#39;S&#39;&lt;/b&gt;"));
  CHECK(contains(html, "&lt;script&gt;"));
  CHECK_FALSE(contains(html, "<script"));
  CHECK_FALSE(contains(html, "a<b"));
}

TEST_CASE("a plot of many test images shows at most 2000 of them, as many of each class") {
  const std::string html = render_html(make_report());
  CHECK(count(html, "h0") == 300 + 3 * (2000 / 3));
  CHECK(html.size() < 3'000'000);
}

TEST_CASE("equal reports give equal bytes") {
  CHECK(render_html(make_report()) == render_html(make_report()));
  CHECK(render_json(make_report()) == render_json(make_report()));
}

TEST_CASE("features of other dimensions than two are not plotted, and the page says so") {
  Report report = make_report();
  report.runs = {make_run("wide", 30, 64)};
  const std::string html = render_html(report);
  CHECK(first_unbalanced_tag(html) == "");
  CHECK(contains(html, "No plot: the features have 64 dimensions"));
  CHECK(count(html, "<svg") == 1);
}

TEST_CASE("a run that diverged is reported without a plot, not with a broken one") {
  Report report = make_report();
  RunResult& run = report.runs[0];
  run.features.fill(kNaN);
  run.statistics = feature_statistics(run.features, run.labels, run.weights);
  for (StepRecord& point : run.curve) point.loss = kNaN;
  const std::string html = render_html(report);
  CHECK(first_unbalanced_tag(html) == "");
  CHECK(contains(html, "No plot: no feature of this run is a finite number"));
  CHECK(contains(html, "No plot: no loss of this run is finite"));
  CHECK_FALSE(contains(html, "nan"));
}

TEST_CASE("labels and weights that do not go with the class names are errors") {
  Report report = make_report();
  report.class_names = {"zero", "one"};
  CHECK_THROWS_WITH_AS(render_html(report), doctest::Contains("but there are 2 class names"),
                       Error);
  report.class_names = {"zero", "one", "two", "three"};
  CHECK_THROWS_WITH_AS(render_html(report),
                       "report: expected one weight for each of the 4 class names, got 3", Error);
}

TEST_CASE("a balanced sample holds as many of each class, the same ones each time") {
  std::vector<int64_t> labels(1000, 0);
  for (size_t i = 0; i < 100; ++i) labels[10 * i] = i < 97 ? 1 : 2;
  const Tensor all = test::integers(labels);
  const std::vector<int64_t> rows = balanced_sample(all, 3, 30);
  std::map<int64_t, int> count_of;
  for (const int64_t row : rows) ++count_of[labels[static_cast<size_t>(row)]];
  CHECK(count_of == std::map<int64_t, int>{{0, 10}, {1, 10}, {2, 3}});
  CHECK(rows == balanced_sample(all, 3, 30));
}

TEST_CASE("each known objective has a reading guide of its own, and others a general one") {
  std::map<std::string, int> guides;
  for (const char* name : {"softmax", "softmax + center", "ArcFace", "ArcFace + center", "CosFace"})
    ++guides[reading_guide(name)];
  CHECK(guides.size() == 5);
  CHECK(guides.count(reading_guide("triplet")) == 0);
}

TEST_CASE("a picture is a BMP file of its pixels in an <img>, by Python's struct and base64") {
  // Red and white, beside each other.
  const Tensor image = Tensor::from<float>({1, 1, 0, 1, 0, 1}, {3, 1, 2});
  CHECK(
      picture(image, "<two>") ==
      "<img class=\"picture\" width=\"2\" height=\"1\" alt=\"&lt;two&gt;\" "
      "src=\"data:image/bmp;base64,"
      "Qk0+AAAAAAAAADYAAAAoAAAAAgAAAAEAAAABABgAAAAAAAgAAAATCwAAEwsAAAAAAAAAAAAAAAD/////AAA=\">\n");
  // Grey pixels are a byte each, and the numbers of 256 greys.
  const std::string grey = image_data(Tensor::from<float>({0, 1, 0.5f}, {1, 1, 3}));
  CHECK(grey.starts_with(
      "data:image/"
      "bmp;base64,Qk06BAAAAAAAADYEAAAoAAAAAwAAAAEAAAABAAgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAA"));
  CHECK(grey.ends_with("/v4A////AAD/gAA="));
  CHECK(grey.size() == 22 + 4 * ((14 + 40 + 4 * 256 + 4 + 2) / 3));
  CHECK(error_of([] {
          picture(Tensor::ones({2, 4, 4}), "");
        }) == "picture: expected an image [1 or 3, H, W], got [2, 4, 4]");
}
