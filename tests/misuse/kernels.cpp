#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows kernel_rows() { return {}; }

}  // namespace gradian::misuse
