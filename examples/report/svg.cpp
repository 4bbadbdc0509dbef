// Writes SVG elements as text, with one decimal for coordinates: a tenth of a pixel is enough.
// Knows nothing of features or losses.
#include "examples/report/svg.h"

#include <algorithm>
#include <cmath>

#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {

std::string svg_open(double width, double height, const std::string& description,
                     const std::string& css_class) {
  return text("<svg ", css_class.empty() ? "" : "class=\"" + css_class + "\" ", "viewBox=\"0 0 ",
              fixed(width, 0), ' ', fixed(height, 0), "\" role=\"img\" aria-label=\"",
              escape_markup(description), "\">\n");
}

std::string svg_line(SvgPoint from, SvgPoint to, const std::string& css_class) {
  return text("<path class=\"", css_class, "\" d=\"M", svg_coordinates(from), 'L',
              svg_coordinates(to), "\"/>\n");
}

std::string svg_text(SvgPoint at, const std::string& plain, const std::string& css_class) {
  return text("<text class=\"", css_class, "\" x=\"", fixed(at.x, 1), "\" y=\"", fixed(at.y, 1),
              "\">", escape_markup(plain), "</text>\n");
}

std::string svg_coordinates(SvgPoint point) { return fixed(point.x, 1) + ',' + fixed(point.y, 1); }

std::vector<Tick> round_ticks(double low, double high, int count) {
  const double smallest = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(smallest)));
  double step = 10 * power;
  for (const double factor : {5, 2, 1})
    if (factor * power >= smallest) step = factor * power;

  const int digits = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::vector<Tick> ticks;
  for (double i = std::ceil(low / step); i * step <= high; ++i)
    ticks.push_back({i * step, fixed(i * step, digits)});
  return ticks;
}

}  // namespace gradian::examples
