// Variable's state: value, gradient and flags of a handle, and whether this thread records. How
// gradients come about is in engine.cpp.
#include "autograd/variable.h"

#include <pthread.h>

#include <mutex>

#include "tensor/kernels.h"

namespace gradian {
namespace {

thread_local bool recording = true;

// Guards the gradients of all variables. It is held while handles are exchanged and never while
// something is computed.
std::mutex gradient_mutex;

// A child forked while another thread holds it would find it locked for ever.
[[maybe_unused]] const int at_fork =
    pthread_atfork([] { gradient_mutex.lock(); }, [] { gradient_mutex.unlock(); },
                   [] { gradient_mutex.unlock(); });

}  // namespace

struct Variable::State {
  Tensor value;
  bool requires_grad = false;
  Variable grad;
  std::shared_ptr<Node> creator;
};

Variable::Variable(Tensor value, bool requires_grad) : state_(std::make_shared<State>()) {
  check(value.defined(), "Variable: the tensor is undefined");
  state_->value = std::move(value);
  if (requires_grad) set_requires_grad(true);
}

Variable Variable::recorded(Tensor value, std::shared_ptr<Node> creator) {
  Variable variable(std::move(value));
  variable.state_->requires_grad = true;
  variable.state_->creator = std::move(creator);
  return variable;
}

const Tensor& Variable::array() const {
  check(defined(), "Variable: value of an undefined variable");
  return state_->value;
}

Variable Variable::owned() && {
  Tensor value = array();
  state_ = nullptr;
  return Variable(std::move(value).owned());
}

bool Variable::requires_grad() const { return defined() && state_->requires_grad; }

void Variable::set_requires_grad(bool requires_grad) const {
  check(!creator(), "set_requires_grad: only a leaf can be set; detach() first");
  check(!requires_grad || is_floating(dtype()), "requires_grad: expected float32 or float64, got ",
        dtype());
  state_->requires_grad = requires_grad;
}

const std::shared_ptr<Node>& Variable::creator() const& {
  check(defined(), "Variable: creator of an undefined variable");
  return state_->creator;
}

Variable Variable::grad() const {
  check(defined(), "Variable: grad of an undefined variable");
  const std::lock_guard lock(gradient_mutex);
  return state_->grad;
}

void Variable::set_grad(Variable grad) const {
  check(defined(), "Variable: set_grad of an undefined variable");
  if (grad.defined()) {
    check(grad.shape() == shape() && grad.dtype() == dtype(), "set_grad: the gradient is ",
          describe(grad.value()), ", the variable ", describe(value()));
    grad = std::move(grad).owned();
  }
  const std::lock_guard lock(gradient_mutex);
  std::swap(state_->grad, grad);
}

// The sum is made without the lock. If another thread has set a gradient meanwhile, it is made
// anew.
void Variable::add_to_grad(Variable gradient) const {
  for (;;) {
    const Variable before = grad();
    if (!before.defined()) gradient = std::move(gradient).owned();
    Variable after = before.defined() ? Variable(add(before.value(), gradient.value())) : gradient;
    const std::lock_guard lock(gradient_mutex);
    if (state_->grad.id() != before.id()) continue;
    std::swap(state_->grad, after);
    return;
  }
}

void Variable::set_value(Tensor value) const {
  check(!creator(), "set_value: only a leaf can be set");
  check(value.defined(), "set_value: the tensor is undefined");
  check(value.shape() == shape() && value.dtype() == dtype(), "set_value: the value is ",
        describe(value), ", the variable ", describe(this->value()));
  state_->value = std::move(value).owned();
}

void Variable::set_dtype(DType dtype) const {
  check(!creator(), "set_dtype: only a leaf can be set");
  check(!requires_grad() || is_floating(dtype),
        "set_dtype: a variable that requires grad needs float32 or float64, got ", dtype);
  zero_grad();
  state_->value = state_->value.to(dtype);
}

bool grad_enabled() { return recording; }
GradMode::GradMode(bool enabled) : previous_(recording) { recording = enabled; }
GradMode::~GradMode() { recording = previous_; }

}  // namespace gradian
