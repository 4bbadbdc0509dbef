// The style sheet of the HTML report: layout, fonts, greys and the colours of the classes, for
// light and dark pages, narrow and wide ones.
#pragma once

#include <cstdint>
#include <string>

namespace gradian::examples {

// For classes numbered from 0, which CSS calls k0, k1, ...
std::string style_sheet(int64_t classes);

}  // namespace gradian::examples
