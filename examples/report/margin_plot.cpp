// What a margin on the angle makes of the target cosine, and of its slope, under each rule for what
// happens beyond 180 degrees: computed by apply_margin and its gradient, as the loss does.
#include "examples/report/plots.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "examples/program/text.h"
#include "examples/report/markup.h"
#include "examples/report/svg.h"

namespace gradian::examples {
namespace {

constexpr double kWidth = 320, kHeight = 150;
constexpr double kLeft = 30, kRight = kWidth - 8, kTop = 20, kBottom = kHeight - 20;
constexpr double kDefaultMargin = 0.5;  // of ArcFaceLoss
constexpr double kDegree = std::numbers::pi / 180;

// Where two values are further apart than this, the curve jumps.
constexpr double kJump = 0.02;

struct Panel {
  const char* title;
  double low, high;

  SvgPoint operator()(double degrees, double value) const {
    return {kLeft + degrees / 180 * (kRight - kLeft),
            kBottom - (value - low) / (high - low) * (kBottom - kTop)};
  }
};
constexpr Panel kTarget{"Target cosine", -1.4, 1.1}, kSlope{"Its slope over \u03b8", -1.1, 0.6};

std::string axes(const Panel& panel) {
  std::string svg;
  for (const Tick& tick : round_ticks(panel.low, panel.high, 4)) {
    const double y = panel(0, tick.value).y;
    svg += svg_line({kLeft, y}, {kRight, y}, tick.value == 0 ? "axis" : "grid-line");
    svg += svg_text({kLeft - 4, y + 3.5}, tick.label, "tick end");
  }
  for (const int degrees : {0, 45, 90, 135, 180})
    svg += svg_text({panel(degrees, 0).x - (degrees == 180 ? 6 : 0), kHeight - 6},
                    std::to_string(degrees) + "\u00b0", "tick middle");
  return svg;
}

std::string curve(const Panel& panel, const std::vector<double>& theta,
                  const std::vector<double>& values, const std::string& css_class) {
  std::string path;
  for (size_t i = 0; i < theta.size(); ++i) {
    const bool jumps = i > 0 && std::abs(values[i] - values[i - 1]) > kJump;
    path += (i == 0 || jumps ? 'M' : 'L') + svg_coordinates(panel(theta[i] / kDegree, values[i]));
  }
  return "<path class=\"" + css_class + "\" d=\"" + path + "\"/>\n";
}

std::string panel_of(const Panel& panel, const std::string& rule,
                     const std::vector<TargetCurve>& curves) {
  constexpr const char* kClasses[] = {"curve plain", "curve", "curve dashed"};
  std::string svg =
      svg_open(kWidth, kHeight, text(panel.title, " under the rule ", rule)) + axes(panel);
  for (size_t i = 0; i < curves.size(); ++i)
    svg += curve(panel, curves[i].theta, &panel == &kTarget ? curves[i].target : curves[i].slope,
                 kClasses[i]);
  return svg + svg_text({kLeft, 11}, panel.title, "title") + "</svg>\n";
}

struct Rule {
  MarginOverflow overflow;
  const char *name, *meaning;
};
constexpr Rule kRules[] = {
    {MarginOverflow::mirror, "mirror",
     "The default: beyond the border the cosine is mirrored, so that it falls all the way. Its "
     "slope does not jump, and is 0 at the border alone."},
    {MarginOverflow::cos_fallback, "cos_fallback",
     "Beyond the border a constant below the plain cosine: it falls, after a small jump."},
    {MarginOverflow::easy_margin, "easy_margin",
     "The margin only below 90\u00b0: beyond, the plain cosine, which is larger. The jump upwards "
     "rewards features that are just too far away."},
    {MarginOverflow::none, "none",
     "The cosine as it is: beyond the border it rises, the slope is above 0, and the gradient "
     "drives features away from their class."}};

}  // namespace

TargetCurve target_curve(const Margin& margin) {
  constexpr int kParts = 720;
  std::vector<double> angles;
  for (int i = 0; i < kParts; ++i) angles.push_back((i + 0.5) * std::numbers::pi / kParts);
  const Variable theta(Tensor::from(angles, {kParts}), true);
  const Variable target = apply_margin(cos(theta), margin);
  sum(target).backward();
  return {angles, target.value().to_vector<double>(), theta.grad().value().to_vector<double>()};
}

std::string margin_section(const Report& report) {
  const auto run =
      std::ranges::find_if(report.runs, [](const RunResult& each) { return each.rule.m2 > 0; });
  if (run == report.runs.end()) return "";
  const double m = run->rule.m2;
  std::string cards;
  for (const Rule& rule : kRules) {
    const std::vector<TargetCurve> curves{
        target_curve({}), target_curve({.m2 = m, .overflow = rule.overflow}),
        target_curve({.m2 = kDefaultMargin, .overflow = rule.overflow})};
    cards += card(rule.name, "",
                  panel_of(kTarget, rule.name, curves) + panel_of(kSlope, rule.name, curves) +
                      element("p", rule.meaning));
  }
  const auto border = [](double margin) { return fixed(180 - margin / kDegree, 1) + "\u00b0"; };
  return element("h2", "What the margin asks for") +
         element(
             "p",
             text("ArcFace puts cos(\u03b8 + m) in the place of the target's cos \u03b8 and "
                  "multiplies all by s, here ",
                  run->s, ". Solid: the margin of ", escape_markup(run->objective), ", m = ", m,
                  "; dashed: m = ", kDefaultMargin,
                  ", the default for many dimensions; thin: "
                  "no margin. \u03b8 + m passes 180\u00b0 at ",
                  border(m), " and ", border(kDefaultMargin),
                  "; the rules say what happens from there on. A slope below 0 means that the loss "
                  "falls when \u03b8 does: it pulls the feature to its weight. With a margin "
                  "the pull at small angles does not fade to 0."),
             "class=\"note\"") +
         element("div", cards, "class=\"grid quarters\"");
}

}  // namespace gradian::examples
