#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows optimizer_rows() { return {}; }

}  // namespace gradian::misuse
