// report.html: one file that shows all runs side by side and needs neither scripts nor a network.
// The figures come from figures.h, the plots from scatter.h and loss_plot.h.
#pragma once

#include <string>

#include "examples/report/report.h"

namespace gradian::examples {

// Equal reports give equal bytes: there is no date in it.
std::string render_html(const Report& report);

}  // namespace gradian::examples
