#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows variable_rows() { return {}; }

}  // namespace gradian::misuse
