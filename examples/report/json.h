// results.json: everything the report says in numbers, for programs that compare runs.
// The features themselves are left out.
#pragma once

#include <string>

#include "examples/report/report.h"

namespace gradian::examples {

// Numbers read back to the same double; what is not finite is null. Keys keep their order.
std::string render_json(const Report& report);

}  // namespace gradian::examples
