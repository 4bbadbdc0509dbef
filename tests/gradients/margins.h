// The margins at which the angular-margin losses are proved, for the table of gradients and for the
// tests of what holds on the kinks.
#pragma once

#include <vector>

#include "losses/margin.h"

namespace gradian::proof {

// None, CosFace, ArcFace, SphereFace as in the ArcFace paper and with its own factor 4, and that
// paper's CM1 and CM2; all but the first two with every overflow.
std::vector<Margin> margins();

}  // namespace gradian::proof
