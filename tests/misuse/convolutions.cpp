#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows conv_rows() { return {}; }

}  // namespace gradian::misuse
