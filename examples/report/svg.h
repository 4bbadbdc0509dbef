// The few pieces of SVG that the plots are made of: numbers, lines, labels, and axes with ticks.
// Colours and line widths come from CSS classes, see style.cpp; the plots are in scatter.cpp,
// curve_plots.cpp and others.
#pragma once

#include <string>
#include <vector>

namespace gradian::examples {

struct SvgPoint {
  double x, y;  // in SVG units, y downwards
};

// Opens <svg>, scalable, with a text for those who cannot see it.
std::string svg_open(double width, double height, const std::string& description,
                     const std::string& css_class = "");
std::string svg_line(SvgPoint from, SvgPoint to, const std::string& css_class);
// `css_class` says where the text lies relative to the point: see style.cpp.
std::string svg_text(SvgPoint at, const std::string& plain, const std::string& css_class);
// "12.3,45.6"
std::string svg_coordinates(SvgPoint point);

// Round values (1, 2 or 5 times a power of ten apart) in [low, high], at most `count` steps of
// them, and how they are written.
struct Tick {
  double value;
  std::string label;
};
std::vector<Tick> round_ticks(double low, double high, int count);

}  // namespace gradian::examples
