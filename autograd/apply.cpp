#include "autograd/apply.h"

#include "autograd/ops.h"

namespace gradian {

Gradients composite_gradients(const Context& context, const Variable& grad_out,
                              const Function& composite) {
  // Each role gets a variable of its own: one variable may play several, or one be made from
  // another, and then the gradients of the variables are not those of the roles.
  Inputs roles, wanted;
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Variable& input = context.input(i);
    roles.push_back(reshape(input, input.shape()));
    if (context.needs(i)) wanted.push_back(roles.back());
  }
  const auto computed = grad({composite(roles)}, wanted, {grad_out}, /*create_graph=*/true);
  Gradients gradients(roles.size());
  for (size_t i = 0, next = 0; i < roles.size(); ++i)
    if (context.needs(i)) gradients[i] = computed[next++];
  return gradients;
}

}  // namespace gradian
