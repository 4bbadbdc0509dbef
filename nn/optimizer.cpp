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
  runtime::parallel_ranges(count, kGrain, [&](int64_t begin, int64_t end) {
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

// Sets an option that is left out. The optimiser lacks one that has nothing to be set to.
template <class T>
void fill_in(const char* kind, const char* name, std::optional<T>& option,
             const std::optional<T>& otherwise) {
  check(!option || otherwise, kind, ": there is no option ", name);
  if (!option) option = otherwise;
  if constexpr (std::is_same_v<T, double>)
    if (option) check_not_negative(kind, name, *option);
}

OptimizerOptions filled_in(const char* kind, const OptimizerOptions& given,
                           const OptimizerOptions& otherwise) {
  OptimizerOptions all = given;
  fill_in(kind, "lr", all.lr, otherwise.lr);
  for (const auto beta : {&Betas::first, &Betas::second}) {
    fill_in(kind, "betas", all.betas.*beta, otherwise.betas.*beta);
    const double value = (all.betas.*beta).value_or(0);
    check(value < 1, kind, ": betas must be below 1, got ", value);
  }
  fill_in(kind, "alpha", all.alpha, otherwise.alpha);
  fill_in(kind, "eps", all.eps, otherwise.eps);
  fill_in(kind, "momentum", all.momentum, otherwise.momentum);
  fill_in(kind, "dampening", all.dampening, otherwise.dampening);
  fill_in(kind, "weight_decay", all.weight_decay, otherwise.weight_decay);
  fill_in(kind, "nesterov", all.nesterov, otherwise.nesterov);
  fill_in(kind, "centered", all.centered, otherwise.centered);
  // A group may be without momentum in an optimiser that has Nesterov's: it then does without.
  check(!given.nesterov.value_or(false) || (*all.momentum > 0 && *all.dampening == 0), kind,
        ": nesterov needs a momentum and no dampening");
  return all;
}

}  // namespace

ParameterList::ParameterList(const std::vector<Variable>& list) {
  for (const Variable& variable : list) push_back({std::to_string(size()), variable});
}

Optimizer::Optimizer(const char* kind, const OptimizerOptions& defaults, ParameterGroups groups,
                     const OptimizerOptions& options)
    : kind_(kind), options_(filled_in(kind, options, defaults)) {
  check(!groups.empty(), kind_, ": there is no parameter to train");
  for (ParameterGroup& group : groups) add_parameter_group(std::move(group));
}

void Optimizer::add_parameter_group(ParameterGroup group) {
  group.options = filled_in(kind_, group.options, options_);
  check(!group.parameters.empty(), kind_, ": group ", groups_.size(),
        " holds no parameter; the layers of a module must be registered with add_module");
  std::set<const void*> seen = ids(groups_);
  for (const Parameter& p : group.parameters) check_parameter(kind_, p, seen);
  states_.resize(states_.size() + group.parameters.size());
  groups_.push_back(std::move(group));
}

void Optimizer::step() {
  bool found_gradient = false;
  auto state = states_.begin();
  for (const ParameterGroup& group : groups_) {
    OptimizerOptions options = group.options;
    *options.lr *= factor_;
    for (const Parameter& p : group.parameters) {
      const Variable gradient = p.variable.grad();
      found_gradient = found_gradient || gradient.defined();
      if (gradient.defined() && p.variable.requires_grad())
        update(p, gradient.value(), options, *state);
      ++state;
    }
  }
  check(found_gradient, kind_,
        ": step() found no gradient; call backward() on a loss that these parameters are part of");
}

void Optimizer::zero_grad() {
  for (const ParameterGroup& group : groups_)
    for (const Parameter& p : group.parameters) p.variable.zero_grad();
}

void Optimizer::set_lr_factor(double factor) {
  check_not_negative(kind_, "the factor of lr", factor);
  factor_ = factor;
}

const ParameterGroup& Optimizer::checked(size_t group) const {
  check(group < groups_.size(), kind_, ": there is no group ", group, ", only ", groups_.size());
  return groups_[group];
}

double Optimizer::lr(size_t group) const { return *checked(group).options.lr * factor_; }

void Optimizer::set_options(size_t group, const OptimizerOptions& options) {
  groups_[group].options = filled_in(kind_, options, checked(group).options);
}

Tensor& Optimizer::prepare(Tensor& array, const Parameter& parameter) const {
  const Tensor& value = parameter.variable.value();
  if (!array.defined()) array = Tensor::zeros(value.shape(), value.dtype());
  check(array.shape() == value.shape() && array.dtype() == value.dtype(), kind_, ": parameter '",
        parameter.name, "' is ", describe(value), ", its state ", describe(array),
        "; an optimiser is made after Module::to");
  return array;
}

void SGD::update(const Parameter& parameter, const Tensor& gradient,
                 const OptimizerOptions& options, State& state) const {
  Tensor value = writable(parameter.variable);
  Tensor& velocity = state.arrays[0];
  const bool first = !velocity.defined();
  if (*options.momentum != 0) prepare(velocity, parameter);
  dispatch_floating(value.dtype(), kind(), [&]<class T>() {
    const T rate = static_cast<T>(*options.lr), decay = static_cast<T>(*options.weight_decay);
    const T momentum = static_cast<T>(*options.momentum);
    const T share = first ? T(1) : static_cast<T>(1 - *options.dampening);
    const bool nesterov = *options.nesterov;
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

void Adam::update(const Parameter& parameter, const Tensor& gradient,
                  const OptimizerOptions& options, State& state) const {
  Tensor value = writable(parameter.variable);
  Tensor& first_moment = prepare(state.arrays[0], parameter);
  Tensor& second_moment = prepare(state.arrays[1], parameter);
  const double t = static_cast<double>(++state.steps);
  const double beta1 = *options.betas.first, beta2 = *options.betas.second;
  const double decay = *options.weight_decay;
  dispatch_floating(value.dtype(), kind(), [&]<class T>() {
    const T keep1 = static_cast<T>(beta1), keep2 = static_cast<T>(beta2);
    // Not 1 - beta2 in T: float32 has few digits of 0.001 left there.
    const T share1 = static_cast<T>(1 - beta1), share2 = static_cast<T>(1 - beta2);
    const T eps = static_cast<T>(*options.eps);
    const T rate = static_cast<T>(*options.lr / (1 - std::pow(beta1, t)));
    const T root2 = static_cast<T>(std::sqrt(1 - std::pow(beta2, t)));
    const T l2 = static_cast<T>(decoupled_decay_ ? 0 : decay);
    const T keep = static_cast<T>(decoupled_decay_ ? 1 - *options.lr * decay : 1);
    T* const p = value.mutable_data<T>();
    T* const m = first_moment.mutable_data<T>();
    T* const v = second_moment.mutable_data<T>();
    const T* const grad = gradient.data<T>();
    for_each_element(value.numel(), [=](int64_t i) {
      const T g = grad[i] + l2 * p[i];
      m[i] = keep1 * m[i] + share1 * g;
      v[i] = keep2 * v[i] + share2 * g * g;
      p[i] = keep * p[i] - rate * m[i] / (std::sqrt(v[i]) / root2 + eps);
    });
  });
}

void RMSprop::update(const Parameter& parameter, const Tensor& gradient,
                     const OptimizerOptions& options, State& state) const {
  Tensor value = writable(parameter.variable);
  Tensor& square = prepare(state.arrays[0], parameter);
  Tensor& mean = state.arrays[1];
  Tensor& velocity = state.arrays[2];
  if (*options.centered) prepare(mean, parameter);
  if (*options.momentum != 0) prepare(velocity, parameter);
  dispatch_floating(value.dtype(), kind(), [&]<class T>() {
    const T rate = static_cast<T>(*options.lr), decay = static_cast<T>(*options.weight_decay);
    const T keep = static_cast<T>(*options.alpha), share = static_cast<T>(1 - *options.alpha);
    const T eps = static_cast<T>(*options.eps), momentum = static_cast<T>(*options.momentum);
    T* const p = value.mutable_data<T>();
    T* const v = square.mutable_data<T>();
    T* const a = *options.centered ? mean.mutable_data<T>() : nullptr;
    T* const b = momentum != 0 ? velocity.mutable_data<T>() : nullptr;
    const T* const grad = gradient.data<T>();
    for_each_element(value.numel(), [=](int64_t i) {
      const T g = grad[i] + decay * p[i];
      v[i] = keep * v[i] + share * g * g;
      if (a) a[i] = keep * a[i] + share * g;
      const T s = g / (std::sqrt(a ? v[i] - a[i] * a[i] : v[i]) + eps);
      if (b) b[i] = momentum * b[i] + s;
      p[i] -= rate * (b ? b[i] : s);
    });
  });
}

namespace {

// A power of two near the largest |x|: squares of what is divided by it neither overflow nor
// vanish. Those of float32 do not in float64 anyway, where they are taken.
double scale_of(const Tensor& x) {
  if (x.dtype() != DType::float64 || x.numel() == 0) return 1;
  const Tensor magnitudes = mul(x, sign(x)).reshape({x.numel()});
  const double largest = gather(magnitudes, 0, argmax(magnitudes, 0, true)).item();
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

double clip_grad_norm(const ParameterList& parameters, double max_norm) {
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
