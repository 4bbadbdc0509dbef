// The graph of a variable as a picture: text for Graphviz, as in `dot -Tsvg graph.dot`. A box is an
// op, an ellipse a leaf, dashed where no gradient flows, and an arrow a value, with its shape.
#pragma once

#include "autograd/variable.h"

namespace gradian {

// What `root` was computed by; the same graph gives the same text. Variables among `named`, such as
// a network's named_parameters(), have their names. Fails once backward() has freed the graph.
std::string to_dot(const Variable& root, const std::vector<NamedVariable>& named = {});

}  // namespace gradian
