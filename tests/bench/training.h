// Does the choice of convolution algorithm change what a network learns? Trains LeNet++ from the
// same start with each, for several seeds, and prints the final losses side by side. Times nothing.
#pragma once

#include <cstdint>

namespace gradian::bench {

// Trains `steps` steps a run. Returns whether the algorithms' losses differ by no more than the
// seeds' do.
bool report_training(int64_t steps, int64_t seeds);

}  // namespace gradian::bench
