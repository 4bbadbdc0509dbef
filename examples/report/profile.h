// What a Profile has heard, for people and for programs that draw it.
#pragma once

#include <filesystem>
#include <iostream>
#include <string>

#include "tensor/profile.h"

namespace gradian::examples {

// Forward, backward and other parts with their rows, the longest first; those under a thousandth of
// the time share one. The last part is what no span has taken. At most 80 columns wide.
std::string profile_table(const Profile& profile);

// JSON in the Trace Event Format, for https://ui.perfetto.dev and chrome://tracing: each event has
// name, cat (the phase), ph ("X", from begin to end), ts and dur (microseconds), pid and tid.
std::string chrome_trace(const Profile& profile);

// The profile that is to hear of a training: none without a trace to be written, which is tried out
// here and now.
Profile* profile_for(const std::filesystem::path& trace, Profile& profile);

// Prints the table and writes the trace.
void show_profile(const Profile& profile, const std::filesystem::path& trace,
                  std::ostream& out = std::cout);

}  // namespace gradian::examples
