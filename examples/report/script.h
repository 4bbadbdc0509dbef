// The script of the HTML report, which moves the points of its plots and shows what they are.
#pragma once

#include <string>

namespace gradian::examples {

// Works on what moving_controls and moving_data of plots.h put into the page.
std::string page_script();

}  // namespace gradian::examples
