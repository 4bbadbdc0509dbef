#include "nn/optimizer.h"

#include <cmath>
#include <set>

#include "autograd/node.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"

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
Tensor writable(const Variable& parameter) {
  if (!parameter.value().is_contiguous()) parameter.set_value(parameter.value());
  return parameter.value();
}

void check_parameter(const char* kind, const Parameter& p, std::set<const void*>& seen) {
  check(p.variable.defined(), kind, ": parameter '", p.name, "' is undefined");
  check(!p.variable.creator(), kind, ": parameter '", p.name, "' is the result of ",
        p.variable.creator() ? p.variable.creator()->name() : "",
        ", only leaves are trained: compute its value first, then make a Variable of it that "
        "requires grad");
  check(is_floating(p.variable.dtype()), kind, ": parameter '", p.name, "' is ", p.variable.dtype(),
        ", expected float32 or float64");
  check(seen.insert(p.variable.id()).second, kind, ": parameter '", p.name, "' is given twice");
}

std::set<const void*> ids(const std::vector<ParameterGroup>& groups) {
  std::set<const void*> all;
  for (const ParameterGroup& group : groups)
    for (const Parameter& p : group.parameters) all.insert(p.variable.id());
  return all;
}

}  // namespace

Optimizer::Optimizer(const char* kind, std::vector<ParameterGroup> groups, double learning_rate,
                     double weight_decay)
    : kind_(kind), learning_rate_(learning_rate), weight_decay_(weight_decay) {
  check(!groups.empty(), kind_, ": there is no parameter to train");
  for (ParameterGroup& group : groups) add_parameter_group(std::move(group));
}

void Optimizer::add_parameter_group(ParameterGroup group) {
  group.learning_rate = group.learning_rate.value_or(learning_rate_);
  group.weight_decay = group.weight_decay.value_or(weight_decay_);
  check_not_negative(kind_, "the learning rate", *group.learning_rate);
  check_not_negative(kind_, "weight_decay", *group.weight_decay);
  check(!group.parameters.empty(), kind_, ": group ", groups_.size(),
        " holds no parameter; the layers of a module must be registered with add_module");
  std::set<const void*> seen = ids(groups_);
  for (const Parameter& p : group.parameters) check_parameter(kind_, p, seen);
  groups_.push_back(std::move(group));
}

void Optimizer::step() {
  size_t slot = 0;
  for (const ParameterGroup& group : groups_) {
    for (const Parameter& p : group.parameters) {
      const Variable gradient = p.variable.grad();
      if (gradient.defined() && p.variable.requires_grad())
        update(slot, p, gradient.value(), *group.learning_rate * factor_, *group.weight_decay);
      ++slot;
    }
  }
}

void Optimizer::zero_grad() {
  for (const ParameterGroup& group : groups_)
    for (const Parameter& p : group.parameters) p.variable.zero_grad();
}

void Optimizer::set_learning_rate_factor(double factor) {
  check_not_negative(kind_, "the factor of the learning rate", factor);
  factor_ = factor;
}

void Optimizer::check_group(size_t group) const {
  check(group < groups_.size(), kind_, ": there is no group ", group, ", only ", groups_.size());
}

double Optimizer::learning_rate(size_t group) const {
  check_group(group);
  return *groups_[group].learning_rate * factor_;
}

void Optimizer::set_learning_rate(size_t group, double learning_rate) {
  check_group(group);
  check_not_negative(kind_, "the learning rate", learning_rate);
  groups_[group].learning_rate = learning_rate;
}

void Optimizer::set_weight_decay(size_t group, double weight_decay) {
  check_group(group);
  check_not_negative(kind_, "weight_decay", weight_decay);
  groups_[group].weight_decay = weight_decay;
}

void Optimizer::prepare_state(Tensor& state, const Parameter& parameter) const {
  const Tensor& value = parameter.variable.value();
  if (!state.defined()) state = Tensor::zeros(value.shape(), value.dtype());
  check(state.shape() == value.shape() && state.dtype() == value.dtype(), kind_, ": parameter '",
        parameter.name, "' is ", describe(value), ", its state ", describe(state),
        "; an optimiser is made after Module::to");
}

SGD::SGD(std::vector<ParameterGroup> groups, const SGDOptions& options)
    : Optimizer("SGD", std::move(groups), options.lr, options.weight_decay), options_(options) {
  check_not_negative("SGD", "momentum", options.momentum);
  check_not_negative("SGD", "dampening", options.dampening);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
        "SGD: Nesterov needs a momentum and no dampening");
}

void SGD::update(size_t slot, const Parameter& parameter, const Tensor& gradient,
                 double learning_rate, double weight_decay) {
  Tensor value = writable(parameter.variable);
  if (momentum_.size() <= slot) momentum_.resize(slot + 1);
  Tensor& velocity = momentum_[slot];
  const bool first = !velocity.defined();
  if (options_.momentum != 0) prepare_state(velocity, parameter);
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

Adam::Adam(const char* kind, std::vector<ParameterGroup> groups, const AdamOptions& options,
           bool decoupled_decay)
    : Optimizer(kind, std::move(groups), options.lr,
                options.weight_decay.value_or(decoupled_decay ? 0.01 : 0)),
      options_(options),
      decoupled_decay_(decoupled_decay) {
  for (const double beta : {options.beta1, options.beta2})
    check(beta >= 0 && beta < 1, kind, ": betas must be in [0, 1), got ", beta);
  check_not_negative(kind, "eps", options.eps);
}

void Adam::update(size_t slot, const Parameter& parameter, const Tensor& gradient,
                  double learning_rate, double weight_decay) {
  Tensor value = writable(parameter.variable);
  if (states_.size() <= slot) states_.resize(slot + 1);
  State& state = states_[slot];
  prepare_state(state.first_moment, parameter);
  prepare_state(state.second_moment, parameter);
  const double t = static_cast<double>(++state.step);
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

namespace {

// A power of two near the largest |x|: squares of what is divided by it neither overflow nor
// vanish. Those of float32 do not in float64 anyway, where they are taken.
double scale_of(const Tensor& x) {
  if (x.dtype() != DType::float64 || x.numel() == 0) return 1;
  const double largest = max_values(mul(x, sign(x)).reshape({x.numel()}), 0).item();
  return std::isfinite(largest) && largest > 0 ? std::exp2(std::ilogb(largest)) : 1;
}

// The L2 norm; not finite if an element is not.
double norm_of(const Tensor& x) {
  const double scale = scale_of(x);
  Tensor scaled = x.to(DType::float64);
  if (scale != 1) scaled = div(scaled, Tensor::scalar(scale, DType::float64));
  return scale * std::sqrt(sum(mul(scaled, scaled)).item());
}

}  // namespace

double clip_grad_norm(const std::vector<Parameter>& parameters, double max_norm) {
  check(max_norm >= 0, "clip_grad_norm: max_norm must not be negative, got ", max_norm);
  double norm = 0;
  std::set<const void*> seen;
  for (const Parameter& p : parameters) {
    check(seen.insert(p.variable.id()).second, "clip_grad_norm: parameter '", p.name,
          "' is given twice");
    const Variable gradient = p.variable.grad();
    if (!gradient.defined()) continue;
    const double own_norm = norm_of(gradient.value());
    check(std::isfinite(own_norm), "clip_grad_norm: the gradient of '", p.name, "' is not finite");
    norm = std::hypot(norm, own_norm);
  }
  const double factor = max_norm / (norm + 1e-6);  // PyTorch's guard against a zero norm
  if (factor >= 1) return norm;
  for (const Parameter& p : parameters) {
    const Variable gradient = p.variable.grad();
    if (gradient.defined())
      p.variable.set_grad(
          Variable(mul(gradient.value(), Tensor::scalar(factor, gradient.dtype()))));
  }
  return norm;
}

void check_all_trained(const Optimizer& optimizer, std::initializer_list<const Module*> modules) {
  const std::set<const void*> trained = ids(optimizer.groups());
  for (const Module* module : modules) {
    const std::vector<Parameter> parameters = module->named_parameters();
    check(!parameters.empty(), "check_all_trained: ", module->description(),
          " has no parameter; its layers must be registered with add_module");
    for (const Parameter& p : parameters)
      check(!p.variable.requires_grad() || trained.count(p.variable.id()) > 0,
            "check_all_trained: parameter '", p.name, "' of ", module->description(),
            " is in no optimiser group, so it would never be trained");
  }
}

void check_all_trained(const Optimizer& optimizer, const Variable& loss) {
  const std::set<const void*> trained = ids(optimizer.groups());
  check(loss.requires_grad(), "check_all_trained: the loss depends on nothing that requires grad");
  for (const Variable& leaf : leaves_of(loss))
    check(trained.count(leaf.id()) > 0, "check_all_trained: the loss depends on a ",
          describe(leaf.value()),
          " that requires grad and is in no optimiser group, so it would "
          "never be trained; the layers of a module must be registered with add_module");
}

}  // namespace gradian::nn
