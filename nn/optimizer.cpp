#include "nn/optimizer.h"

#include <cmath>
#include <set>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/thread_pool.h"

namespace gradian::nn {
namespace {

constexpr int64_t kGrain = 16384;

// Runs body(i) for every element, in parallel.
template <class Body>
void for_each_element(int64_t count, const Body& body) {
  parallel_ranges(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i);
  });
}

// The parameter's own array, made contiguous and writable in place.
Tensor writable(Variable& parameter) {
  if (!parameter.value().is_contiguous()) parameter.set_value(parameter.value().contiguous());
  return parameter.value();
}

}  // namespace

Optimizer::Optimizer(std::vector<ParameterGroup> groups, double learning_rate, double weight_decay)
    : groups_(std::move(groups)) {
  std::set<const void*> seen;
  for (ParameterGroup& group : groups_) {
    group.learning_rate = group.learning_rate.value_or(learning_rate);
    group.weight_decay = group.weight_decay.value_or(weight_decay);
    check(*group.learning_rate >= 0 && *group.weight_decay >= 0,
          "optimizer: learning rate and weight decay must not be negative, got ",
          *group.learning_rate, " and ", *group.weight_decay);
    for (const Parameter& p : group.parameters)
      check(seen.insert(p.variable.id()).second, "optimizer: parameter '", p.name,
            "' is given twice");
  }
}

void Optimizer::step() {
  size_t slot = 0;
  for (ParameterGroup& group : groups_) {
    for (Parameter& p : group.parameters) {
      if (p.variable.grad().defined())
        update(slot, p.variable, p.variable.grad().value().contiguous(),
               *group.learning_rate * factor_, *group.weight_decay);
      ++slot;
    }
  }
}

void Optimizer::zero_grad() {
  for (ParameterGroup& group : groups_)
    for (Parameter& p : group.parameters) p.variable.zero_grad();
}

double Optimizer::learning_rate(size_t group) const {
  check(group < groups_.size(), "optimizer: there is no group ", group);
  return *groups_[group].learning_rate * factor_;
}

SGD::SGD(std::vector<ParameterGroup> groups, const SGDOptions& options)
    : Optimizer(std::move(groups), options.lr, options.weight_decay), options_(options) {
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
        "SGD: Nesterov needs a momentum and no dampening");
}

void SGD::update(size_t slot, Variable& parameter, const Tensor& gradient, double learning_rate,
                 double weight_decay) {
  Tensor value = writable(parameter);
  if (momentum_.size() <= slot) momentum_.resize(slot + 1);
  Tensor& velocity = momentum_[slot];
  const bool first = !velocity.defined();
  if (options_.momentum != 0 && first) velocity = Tensor::zeros(value.shape(), value.dtype());
  dispatch_floating(value.dtype(), "SGD", [&]<class T>() {
    const T rate = static_cast<T>(learning_rate), decay = static_cast<T>(weight_decay);
    const T momentum = static_cast<T>(options_.momentum);
    const T share = first ? T(1) : static_cast<T>(1 - options_.dampening);
    const bool nesterov = options_.nesterov;
    T* const p = value.mutable_data<T>();
    const T* const grad = gradient.data<T>();
    if (momentum == 0) {
      for_each_element(value.numel(), [=](int64_t i) { p[i] -= rate * (grad[i] + decay * p[i]); });
      return;
    }
    T* const v = velocity.mutable_data<T>();
    for_each_element(value.numel(), [=](int64_t i) {
      const T g = grad[i] + decay * p[i];
      v[i] = momentum * v[i] + share * g;
      p[i] -= rate * (nesterov ? g + momentum * v[i] : v[i]);
    });
  });
}

Adam::Adam(std::vector<ParameterGroup> groups, const AdamOptions& options, bool decoupled_decay)
    : Optimizer(std::move(groups), options.lr,
                options.weight_decay.value_or(decoupled_decay ? 0.01 : 0)),
      options_(options),
      decoupled_decay_(decoupled_decay) {
  for (const double beta : {options.beta1, options.beta2})
    check(beta >= 0 && beta < 1, "Adam: betas must be in [0, 1), got ", beta);
}

void Adam::update(size_t slot, Variable& parameter, const Tensor& gradient, double learning_rate,
                  double weight_decay) {
  Tensor value = writable(parameter);
  if (states_.size() <= slot) states_.resize(slot + 1);
  State& state = states_[slot];
  if (state.step++ == 0) {
    state.first_moment = Tensor::zeros(value.shape(), value.dtype());
    state.second_moment = Tensor::zeros(value.shape(), value.dtype());
  }
  const double t = static_cast<double>(state.step);
  const double correction1 = 1 - std::pow(options_.beta1, t);
  const double correction2 = 1 - std::pow(options_.beta2, t);
  dispatch_floating(value.dtype(), "Adam", [&]<class T>() {
    const T beta1 = static_cast<T>(options_.beta1), beta2 = static_cast<T>(options_.beta2);
    // Not 1 - beta2 in T: float32 has few digits of 0.001 left there.
    const T share1 = static_cast<T>(1 - options_.beta1);
    const T share2 = static_cast<T>(1 - options_.beta2);
    const T eps = static_cast<T>(options_.eps), root2 = static_cast<T>(std::sqrt(correction2));
    const T rate = static_cast<T>(learning_rate / correction1);
    const T l2 = static_cast<T>(decoupled_decay_ ? 0 : weight_decay);
    const T keep = static_cast<T>(decoupled_decay_ ? 1 - learning_rate * weight_decay : 1);
    T* const p = value.mutable_data<T>();
    T* const m = state.first_moment.mutable_data<T>();
    T* const v = state.second_moment.mutable_data<T>();
    const T* const grad = gradient.data<T>();
    for_each_element(value.numel(), [=](int64_t i) {
      const T g = grad[i] + l2 * p[i];
      m[i] = beta1 * m[i] + share1 * g;
      v[i] = beta2 * v[i] + share2 * g * g;
      p[i] = keep * p[i] - rate * m[i] / (std::sqrt(v[i]) / root2 + eps);
    });
  });
}

double clip_grad_norm(const std::vector<Parameter>& parameters, double max_norm) {
  check(max_norm >= 0, "clip_grad_norm: max_norm must not be negative, got ", max_norm);
  double squares = 0;
  for (const Parameter& p : parameters) {
    if (!p.variable.grad().defined()) continue;
    const Tensor g = p.variable.grad().value().to(DType::float64);  // its square fits
    const double square = sum(mul(g, g)).item();
    check(std::isfinite(square), "clip_grad_norm: the gradient of '", p.name, "' is not finite");
    squares += square;
  }
  const double norm = std::sqrt(squares);
  const double factor = max_norm / (norm + 1e-6);  // PyTorch's guard against a zero norm
  if (factor >= 1) return norm;
  for (const Parameter& p : parameters) {
    Variable variable = p.variable;
    if (!variable.grad().defined()) continue;
    const Tensor& g = variable.grad().value();
    variable.set_grad(Variable(mul(g, Tensor::scalar(factor, g.dtype()))));
  }
  return norm;
}

void check_all_trained(const Optimizer& optimizer, std::initializer_list<const Module*> modules) {
  std::set<const void*> trained;
  for (const ParameterGroup& group : optimizer.groups())
    for (const Parameter& p : group.parameters) trained.insert(p.variable.id());
  for (const Module* module : modules)
    for (const Parameter& p : module->named_parameters())
      check(!p.variable.requires_grad() || trained.count(p.variable.id()) > 0,
            "check_all_trained: parameter '", p.name, "' of ", module->description(),
            " is in no optimiser group, so it would never be trained");
}

}  // namespace gradian::nn
