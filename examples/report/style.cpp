// The CSS: one text, and below it the colours of the classes. What an element is called is agreed
// with the files that write it.
#include "examples/report/style.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --page: #f6f7f8; --card: #ffffff; --ink: #1c2127; --muted: #5b6570;
  --line: #d9dee3; --accent: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --page: #121518; --card: #1b1f24; --ink: #e6e9ec;
  --muted: #a0a9b3; --line: #343b43; --accent: #6cb0ee; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.25rem 3rem; background: var(--page);
  color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .5rem 0; max-width: 46rem; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: 0; }
.facts dt, .meanings dt { color: var(--muted); }
.facts dd, .meanings dd { margin: 0; overflow-wrap: anywhere; }
.meanings { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; font-size: .875rem; }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .75rem; text-align: right; white-space: nowrap; }
th { font-weight: 600; font-size: .875rem; }
thead th { color: var(--muted); border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
tbody tr + tr > * { border-top: 1px solid var(--line); }

.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr));
  gap: 1rem; margin-top: 1rem; }
.quarters { grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem;
  min-width: 0; }
.card header { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline;
  margin-bottom: .5rem; }
.card header span, .note { color: var(--muted); font-size: .875rem; }
.card p { font-size: .875rem; }
.legend ul { list-style: none; margin: .5rem 0 1rem; padding: 0; display: grid;
  grid-template-columns: 1fr 1fr; gap: .1rem .75rem; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .5rem; padding: .15rem; border-radius: 4px; }
.legend li:hover, .legend li:focus { background: var(--page); }
.legend .index { flex: none; min-width: 1.4rem; height: 1.4rem; padding: 0 .3rem;
  border-radius: .7rem; font-size: .75rem; line-height: 1.4rem; text-align: center;
  background: var(--class-color); color: var(--on-class-color); }
@media (max-width: 700px) { body { padding: 1.25rem .75rem 2rem; } .legend { order: -1; } }

svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 10px; }
svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .tick { fill: var(--muted); paint-order: stroke; stroke: var(--card); stroke-width: 3; }
.axis, .grid-line { stroke: var(--muted); stroke-width: .7; fill: none; }
.grid-line { stroke: var(--line); }
.dots { stroke: var(--class-color); stroke-width: 3.4; stroke-linecap: round; opacity: .6; }
.ray { stroke: var(--class-color); stroke-width: 1.8; }
.halo { stroke: var(--card); stroke-width: 3.6; opacity: .75; }
.center circle { fill: var(--class-color); stroke: var(--card); stroke-width: 1.5; }
.center text { fill: var(--on-class-color); font-weight: 600; }
.controls { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .4rem .75rem;
  align-items: center; padding: .6rem .75rem; margin-top: 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; }
.controls[hidden] { display: none; }
.controls button { font: inherit; min-width: 5rem; min-height: 2.5rem; color: var(--card);
  background: var(--accent); border: 0; border-radius: 6px; cursor: pointer; }
.controls input[type=range] { flex: 1 1 12rem; min-height: 2rem; accent-color: var(--accent); }
.controls output { font-variant-numeric: tabular-nums; min-width: 14rem; }
@media (max-width: 700px) { .controls { font-size: .875rem; }
  .controls output { flex: 1; min-width: 0; } .controls input[type=range] { flex: 1; order: 1; }
  .controls label[for=step] { display: none; } .controls label { order: 2; } }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.moving .dots { display: none; }
.dot circle { fill: var(--class-color); stroke: var(--card); stroke-width: .6; }
.dot text { display: none; }
.digits .dot circle, .digits .dots { display: none; }
.digits .dot text { display: inline; }
.links { stroke: var(--muted); stroke-width: 1; fill: none; }
.rings { stroke: var(--ink); stroke-width: 1.6; fill: none; }
.about { display: flex; flex-wrap: wrap; gap: .25rem; align-content: flex-start; margin-top: .5rem;
  min-height: 7.6rem; font-size: .875rem; color: var(--muted); }
.about figure { padding: 2px; }
.about figure.other { border: 1px dashed var(--ink); }
.about p { flex-basis: 100%; }
.tile { display: block; image-rendering: pixelated; }

.now { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 2; }
.dashed { stroke-dasharray: 5 3; }
svg text.title { font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 3; }
.matrix { font-size: .6875rem; table-layout: fixed; }
.matrix th, .matrix td { padding: .2rem .15rem; border: 0; font-size: inherit; text-align: right; }
.matrix td { background: color-mix(in srgb, var(--accent) calc(var(--share, 0%) * .4), var(--card)); }
.matrix .right { font-weight: 600; }
.card .sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(66px, 1fr));
  gap: .4rem; }
.card figure { padding: .25rem; text-align: center; overflow-wrap: anywhere; }
.sheet figcaption b { display: block; color: var(--ink); }

.band { fill: var(--accent); opacity: .22; }
.curve { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
.curve.plain { stroke: var(--muted); stroke-width: .9; }

.roc { fill: none; stroke: var(--class-color); stroke-width: 1.8; stroke-linejoin: round; }
.wide { margin: 1rem 0; max-width: 720px; }
.warning { border-left: 4px solid #d98b00; padding: .4rem .8rem; background: var(--card); }
.sheet { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0 1rem; }
figure { margin: 0; padding: .4rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; }
figcaption { font-size: .75rem; text-align: center; color: var(--muted); }
.picture { display: inline-block; width: 56px; height: auto; margin: 1px; image-rendering: pixelated; }
summary { cursor: pointer; padding: .3rem 0; }
footer { margin-top: 2.5rem; color: var(--muted); font-size: .875rem; }
)";

using Color = std::array<double, 3>;  // red, green, blue from 0 to 255

// M. Petroff, "Accessible Color Sequences for Data Visualization" (arXiv 2107.02270), chosen to
// stay apart for colour-blind eyes.
constexpr std::array<int, 10> kPetroff{0x3f90da, 0xffa90e, 0xbd1f01, 0x94a4a2, 0x832db6,
                                       0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd};

// A saturated colour of the given hue, from 0 to 1.
Color hue_color(double hue) {
  Color color;
  for (size_t i = 0; i < 3; ++i) {
    const double position = std::fmod(6 * hue + 4 - 2 * static_cast<double>(i) + 6, 6.0);
    color[i] = 40 + 170 * std::clamp(std::abs(position - 3) - 1, 0.0, 1.0);
  }
  return color;
}

// Petroff's ten, then hues as far apart as can be.
Color class_color(int64_t k) {
  constexpr double kGoldenRatio = 0.6180339887;  // successive hues never come close
  const size_t index = static_cast<size_t>(k);
  if (index >= kPetroff.size())
    return hue_color(std::fmod(kGoldenRatio * static_cast<double>(k), 1.0));
  const auto channel = [&](int shift) {
    return static_cast<double>(kPetroff[index] >> shift & 255);
  };
  return {channel(16), channel(8), channel(0)};
}

Color lightened(Color color) {
  for (double& channel : color) channel += 0.25 * (255 - channel);
  return color;
}

std::string css(const Color& color) {
  std::string out = "#";
  for (const double channel : color) out += hex(static_cast<unsigned char>(channel));
  return out;
}

// From 0 to 1, as the Web Content Accessibility Guidelines (WCAG 2.1) define it.
double relative_luminance(const Color& color) {
  constexpr Color kWeights{0.2126, 0.7152, 0.0722};
  double luminance = 0;
  for (size_t i = 0; i < 3; ++i) {
    const double c = color[i] / 255;
    luminance += kWeights[i] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return luminance;
}

// Black or white, whichever stands out more: both do where (L + 0.05)^2 = 1.05 * 0.05.
std::string text_on(const Color& color) {
  return relative_luminance(color) > 0.179 ? "#000" : "#fff";
}

std::string rule(int64_t k, const Color& color) {
  return text(".k", k, "{--class-color:", css(color), ";--on-class-color:", text_on(color), "}\n");
}

// Rules for the CSS classes k0, k1, ... that set --class-color, lighter on dark pages, and
// --on-class-color, for text on top of it.
std::string palette_css(int64_t classes) {
  std::string light, dark;
  for (int64_t k = 0; k < classes; ++k) {
    light += rule(k, class_color(k));
    dark += rule(k, lightened(class_color(k)));
  }
  return light + "@media (prefers-color-scheme: dark){\n" + dark + "}\n";
}

}  // namespace

std::string style_sheet(int64_t classes) {
  std::string css = kStyle + palette_css(classes);
  // A class in the legend that is pointed at or tapped dims all others in the plots.
  for (int64_t k = 0; k < classes; ++k)
    css += text("body:has(.legend .k", k, ":is(:hover, :focus)) .of:not(.k", k,
                ") { opacity: .06; }\n");
  return css;
}

}  // namespace gradian::examples
