// What to look for in the plot of an objective, told to someone who sees the losses for the first
// time. Says what the loss asks for, never what a run has reached.
#pragma once

#include <string>

namespace gradian::examples {

// Two sentences, chosen by the words of the objective's name: "softmax", "ArcFace + center", ...
std::string reading_guide(const std::string& objective);

}  // namespace gradian::examples
