#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows layer_rows() { return {}; }

}  // namespace gradian::misuse
