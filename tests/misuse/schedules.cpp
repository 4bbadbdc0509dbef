#include "tests/misuse/misuse.h"

namespace gradian::misuse {

Rows schedule_rows() { return {}; }

}  // namespace gradian::misuse
