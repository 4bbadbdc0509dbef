// Colours of the classes, as CSS. The first ten are the sequence of M. Petroff, "Accessible Color
// Sequences for Data Visualization" (arXiv 2107.02270), chosen to stay apart for colour-blind eyes.
// Later classes get hues as far apart as can be. Fonts and greys are in style.cpp.
#pragma once

#include <cstdint>
#include <string>

namespace gradian::examples {

// Rules for the CSS classes k0, k1, ... that set --class-color, lighter on dark pages, and
// --on-class-color, for text on top of it.
std::string palette_css(int64_t classes);

}  // namespace gradian::examples
