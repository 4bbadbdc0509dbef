// Fused ops: kernels compute the value and the first derivative of a function in fewer passes over
// memory than the ops of its composite would. While gradients are recorded themselves, for
// derivatives of higher order, the composite is differentiated in the kernels' place. The tests
// hold the two against each other.
#pragma once

#include <functional>
#include <vector>

#include "autograd/node.h"

namespace gradian {

// For the backward rule of a fused op: the gradients of `composite`, a function of the op's inputs,
// recorded.
Gradients composite_gradients(
    const Context& context, const Variable& grad_out,
    const std::function<Variable(const std::vector<Variable>&)>& composite);

}  // namespace gradian
