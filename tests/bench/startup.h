// How long a program takes from its start to the end of its first training step: the operating
// system's work, the libraries', drawing the data, making the network, one step.
#pragma once

#include <string>

namespace gradian::bench {

// The option with which the benchmark starts itself anew to do first_step() alone.
inline constexpr const char* kFirstStepOption = "--first-step";

// Draws 128 synthetic digits, makes a small network, trains it for one step, and then writes a
// byte to `pipe`.
void first_step(int pipe);

// Starts this program over and over for that, prints the median time from before the start to the
// byte, and returns it as JSON.
std::string report_startup();

}  // namespace gradian::bench
