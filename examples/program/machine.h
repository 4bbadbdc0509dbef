// What a reader needs to know to judge a time by.
#pragma once

#include <string>

namespace gradian::examples {

// "AMD EPYC, 2 threads, g++ 12.2, BLIS zen3"
std::string machine_description();

}  // namespace gradian::examples
