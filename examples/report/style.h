// The style sheet of the HTML report: layout, fonts and greys, for light and dark pages, narrow and
// wide ones. The colours of the classes are in palette.h.
#pragma once

#include <cstdint>
#include <string>

namespace gradian::examples {

std::string style_sheet(int64_t classes);

}  // namespace gradian::examples
