#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows tensor_rows() { return {}; }

}  // namespace gradian::misuse
