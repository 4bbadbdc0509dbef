#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows module_rows() { return {}; }

}  // namespace gradian::misuse
