#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows function_rows() { return {}; }

}  // namespace gradian::misuse
