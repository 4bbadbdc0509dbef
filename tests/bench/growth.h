// How does the cost of a sample grow? A small convolution network and a margin head, where one of
// batch, image size, channels or classes grows at a time, in one thread and in all.
#pragma once

#include <string>

namespace gradian::bench {

// Prints the tables and returns them as JSON; `seconds` for each row, or three runs.
std::string report_growth(double seconds);

}  // namespace gradian::bench
