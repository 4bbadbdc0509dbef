// The second table of the benchmark: every convolution algorithm on layers of the timed networks,
// its speed and its error against a direct convolution in float64 (tests/reference.h).
#pragma once

#include <string>

namespace gradian::bench {

// Prints the table, spending about `seconds` on each speed, and returns it as JSON.
std::string report_convolutions(double seconds);

}  // namespace gradian::bench
