// How far are the training steps from what the machine can do? Measures its limits, multiplications
// in the first-level cache and streams from memory, and says at which part of them the products and
// the other passes of a step run, in one thread and in all.
#pragma once

#include <string>

namespace gradian::bench {

// Prints the table and returns it as JSON. Fails unless the losses have the same bits for one
// thread and for all. Each part takes about `seconds`.
std::string report_limits(double seconds);

}  // namespace gradian::bench
