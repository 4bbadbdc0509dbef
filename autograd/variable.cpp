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
  check_in("Variable", value.defined(), "the tensor is undefined");
  state_->value = std::move(value);
  if (!requires_grad) return;
  const Calling calling("Variable");
  set_requires_grad(true);
}

Variable Variable::recorded(Tensor value, std::shared_ptr<Node> creator) {
  Variable variable(std::move(value));
  variable.state_->requires_grad = true;
  variable.state_->creator = std::move(creator);
  return variable;
}

Variable::State& Variable::state(const char* asked) const {
  check_in(asked, defined(), "the variable is undefined");
  return *state_;
}

const Tensor& Variable::array(const char* asked) const { return state(asked).value; }

Variable Variable::owned() && {
  Tensor value = array("owned");
  state_ = nullptr;
  return Variable(std::move(value).owned());
}

bool Variable::requires_grad() const { return defined() && state_->requires_grad; }

void Variable::set_requires_grad(bool requires_grad) const {
  const Calling calling("set_requires_grad");
  check_leaf();
  check(!requires_grad || is_floating(dtype()), "expected float32 or float64, got ", dtype());
  state_->requires_grad = requires_grad;
}

const std::shared_ptr<Node>& Variable::creator() const& { return state("creator").creator; }

Variable Variable::grad() const {
  const State& shared = state("grad");
  const std::lock_guard lock(gradient_mutex);
  return shared.grad;
}

void Variable::set_grad(Variable grad) const {
  const Calling calling("set_grad");
  if (grad.defined()) {
    check(grad.shape() == shape() && grad.dtype() == dtype(), "the gradient is ",
          describe(grad.value()), ", the variable ", describe(value()));
    grad = std::move(grad).owned();
  }
  State& shared = state("set_grad");
  const std::lock_guard lock(gradient_mutex);
  std::swap(shared.grad, grad);
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
  const Calling calling("set_value");
  check_leaf();
  check(value.defined(), "the tensor is undefined");
  check(value.shape() == shape() && value.dtype() == dtype(), "the value is ", describe(value),
        ", the variable ", describe(this->value()));
  state_->value = std::move(value).owned();
}

void Variable::set_dtype(DType dtype) const {
  const Calling calling("set_dtype");
  check_leaf();
  check(!requires_grad() || is_floating(dtype),
        "a variable that requires grad needs float32 or float64, got ", dtype);
  zero_grad();
  state_->value = state_->value.to(dtype);
}

bool grad_enabled() { return recording; }
GradMode::GradMode(bool enabled) : previous_(recording) { recording = enabled; }
GradMode::~GradMode() { recording = previous_; }

}  // namespace gradian
