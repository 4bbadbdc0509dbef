#include "nn/optimizer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "autograd/node.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/files/entries.h"
#include "tensor/kernels.h"
#include "tensor/profile.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::nn {
namespace {

constexpr int64_t kGrain = 16384;

// Runs body(i, j), in parallel, for every element i of the parameter that has a gradient and the
// place j of that: another one where some rows alone have a gradient.
template <class Update, class Body>
void for_each_element(const Update& parameter, const Body& body) {
  const bool all = !parameter.index.defined();
  const int64_t count = parameter.gradient.numel(), rows = all ? 1 : parameter.index.numel();
  const int64_t* const index = all ? nullptr : parameter.index.template data<int64_t>();
  const int64_t width = count / std::max<int64_t>(rows, 1);
  runtime::parallel_ranges(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end;) {  // from row to row
      const int64_t row = j / width, shift = all ? 0 : (index[row] - row) * width;
      for (const int64_t last = std::min(end, (row + 1) * width); j < last; ++j) body(j + shift, j);
    }
  });
}

// The parameter's own array, made contiguous and writable in place.
Tensor writable(const Variable& parameter) {
  if (!parameter.value().is_contiguous()) parameter.set_value(parameter.value());
  return parameter.value();
}

using Ids = std::set<const void*>;

void check_parameter(const Parameter& p, Ids& seen) {
  check(p.variable.defined(), "parameter '", p.name, "' is undefined");
  if (const auto creator = p.variable.creator())
    fail("parameter '", p.name, "' is the result of ", creator->name(),
         ", only leaves are trained: compute its value first, then make a Variable of it that "
         "requires grad");
  check(is_floating(p.variable.dtype()), "parameter '", p.name, "' is ", p.variable.dtype(),
        ", expected float32 or float64");
  check(seen.insert(p.variable.id()).second, "parameter '", p.name, "' is given twice");
}

Ids ids(const std::vector<ParameterGroup>& groups) {
  Ids all;
  for (const ParameterGroup& group : groups)
    for (const Parameter& p : group.parameters) all.insert(p.variable.id());
  return all;
}

// Sets an option that is left out. The optimiser lacks one that has nothing to be set to.
template <class T>
void fill_in(const char* name, std::optional<T>& option, const std::optional<T>& otherwise) {
  check(!option || otherwise, "there is no option ", name);
  if (!option) option = otherwise;
  if constexpr (std::is_same_v<T, double>)
    if (option) check_not_negative(name, *option);
}

// Calls visit(name, option...) with each option of the first and the same one of the others.
template <class Visit, class... Options>
void for_each_option(const Visit& visit, Options&... options) {
  visit("lr", options.lr...);
  visit("betas.first", options.betas.first...);
  visit("betas.second", options.betas.second...);
  visit("alpha", options.alpha...);
  visit("eps", options.eps...);
  visit("momentum", options.momentum...);
  visit("dampening", options.dampening...);
  visit("weight_decay", options.weight_decay...);
  visit("nesterov", options.nesterov...);
  visit("centered", options.centered...);
}

OptimizerOptions filled_in(OptimizerOptions all, const OptimizerOptions& otherwise) {
  const bool asks_for_nesterov = all.nesterov.value_or(false);
  for_each_option([](const char* name, auto& option, auto& other) { fill_in(name, option, other); },
                  all, otherwise);
  const double beta = std::max(all.betas.first.value_or(0), all.betas.second.value_or(0));
  check(beta < 1, "betas must be below 1, got ", beta);
  check(all.alpha.value_or(0) <= 1, "alpha must be at most 1, got ", all.alpha.value_or(0));
  // A group may be without momentum in an optimiser that has Nesterov's: it then does without.
  check(!asks_for_nesterov || (*all.momentum > 0 && *all.dampening == 0),
        "nesterov needs a momentum and no dampening, got ", all.momentum.value_or(0), " and ",
        all.dampening.value_or(0));
  return all;
}

}  // namespace

ParameterList::ParameterList(const std::vector<Variable>& list) {
  for (const Variable& variable : list) push_back({std::to_string(size()), variable});
}

Optimizer::Optimizer(const char* name, Rule rule, const ArrayNames& arrays,
                     const OptimizerOptions& defaults, ParameterGroups groups,
                     const OptimizerOptions& options)
    : name_(name), rule_(rule), array_names_(arrays) {
  const Calling calling(name);
  options_ = filled_in(options, defaults);
  check(!groups.empty(), "there is no parameter to train");
  for (ParameterGroup& group : groups) add_parameter_group(std::move(group));
}

void Optimizer::add_parameter_group(ParameterGroup group) {
  const Calling calling("add_parameter_group");
  group.options = filled_in(group.options, options_);
  check(!group.parameters.empty(), "group ", groups_.size(),
        " holds no parameter; the layers of a module must be registered with add_module");
  Ids seen = ids(groups_);
  for (const Parameter& p : group.parameters) check_parameter(p, seen);
  states_.resize(states_.size() + group.parameters.size());
  groups_.push_back(std::move(group));
}

Variable Optimizer::rows(const Variable& parameter, const Tensor& index) {
  const Calling calling("rows");
  size_t place = 0, found = states_.size();
  for (const ParameterGroup& group : groups_)
    for (const Parameter& p : group.parameters) {
      if (p.variable.id() == parameter.id()) found = place;
      ++place;
    }
  check(found < states_.size(), "the parameter is in no group of the optimiser");
  State& state = states_[found];
  check(!state.rows.defined() || (state.rows.is_unique() && !state.rows.grad().defined()),
        "rows of this parameter are in a graph or have a gradient; step() comes before the next");
  const Tensor value = index_select(parameter.detach(), 0, index).value();
  const std::vector<int64_t> ascending = index.to_vector<int64_t>();
  check(std::ranges::adjacent_find(ascending, std::greater_equal()) == ascending.end(),
        "the index must ascend, each row once");
  state.index = index.clone();
  return state.rows = Variable(value, parameter.requires_grad());
}

void Optimizer::step() {
  const Calling calling("step");
  const Span span("optimizer step");
  bool found_gradient = false;
  auto state = states_.begin();
  for (const ParameterGroup& group : groups_) {
    OptimizerOptions options = group.options;
    *options.lr *= factor_;
    for (const Parameter& p : group.parameters) {
      const bool by_rows = state->rows.defined() && state->rows.grad().defined();
      const Variable whole = p.variable.grad(), gradient = by_rows ? state->rows.grad() : whole;
      check(!by_rows || !whole.defined(), "parameter '", p.name,
            "' has a gradient as a whole and one of its rows");
      found_gradient = found_gradient || gradient.defined();
      if (gradient.defined() && p.variable.requires_grad()) {
        const Tensor index = by_rows ? state->index : Tensor();
        Update parameter{p.name, writable(p.variable), gradient.value(), index, options, *state};
        rule_(parameter);
      }
      if (by_rows) state->rows = Variable();
      ++state;
    }
  }
  check(found_gradient,
        "there is no gradient; call backward() on a loss that these parameters are part of");
}

// As PyTorch's state_dict() has it: `state` counts the parameters of all groups.
void Optimizer::list(files::Entries& entries, const std::string& prefix) {
  entries.constant(prefix + "type", name_);
  entries.number(prefix + "lr_factor", factor_);
  size_t index = 0;
  for (ParameterGroup& group : groups_) {
    const std::string own = text(prefix, "param_groups.", &group - groups_.data(), '.');
    std::string names;
    for (const Parameter& p : group.parameters) {
      names += text(names.empty() ? "'" : ", '", p.name, '\'');
      const std::string state = text(prefix, "state.", index, '.');
      entries.number(state + "step", states_[index].steps);
      for (size_t i = 0; i < array_names_.size() && array_names_[i]; ++i)
        entries.array({state + array_names_[i], states_[index].arrays[i], p.variable.value(),
                       [&to = states_[index].arrays[i]](Tensor array) { to = std::move(array); }});
      ++index;
    }
    entries.constant(own + "params", names);
    for_each_option(
        [&](const char* name, auto& option) {
          if (option) entries.number(own + name, *option);
        },
        group.options);
  }
  entries.checked_by([this] {
    check_not_negative("lr_factor", factor_);
    for (const ParameterGroup& group : groups_) filled_in(group.options, options_);
    for (const State& state : states_)
      check(state.steps >= 0, "a step must not be negative, got ", state.steps);
  });
}

void Optimizer::zero_grad() {
  for (const ParameterGroup& group : groups_)
    for (const Parameter& p : group.parameters) p.variable.zero_grad();
  for (const State& state : states_)
    if (state.rows.defined()) state.rows.zero_grad();
}

void Optimizer::set_lr_factor(double factor) {
  const Calling calling("set_lr_factor");
  check_not_negative("the factor of lr", factor);
  factor_ = factor;
}

const ParameterGroup& Optimizer::checked(size_t group) const {
  check(group < groups_.size(), "there is no group ", group, ", only ", groups_.size());
  return groups_[group];
}

double Optimizer::lr(size_t group) const {
  const Calling calling("lr");
  return *checked(group).options.lr * factor_;
}

void Optimizer::set_options(size_t group, const OptimizerOptions& options) {
  const Calling calling("set_options");
  groups_[group].options = filled_in(options, checked(group).options);
}

Tensor& Optimizer::Update::array(size_t index) {
  Tensor& array = state.arrays[index];
  if (!array.defined()) array = Tensor::zeros(value.shape(), value.dtype());
  check(array.shape() == value.shape() && array.dtype() == value.dtype(), "parameter '", name,
        "' is ", describe(value), ", its state ", describe(array),
        "; an optimiser is made after Module::to");
  return array;
}

void Optimizer::sgd(Update& parameter) {
  const OptimizerOptions& options = parameter.options;
  const bool first = !parameter.state.arrays[0].defined();
  dispatch_floating(parameter.value.dtype(), [&]<class T>() {
    const T rate = static_cast<T>(*options.lr), decay = static_cast<T>(*options.weight_decay);
    const T momentum = static_cast<T>(*options.momentum);
    const T share = first ? T(1) : static_cast<T>(1 - *options.dampening);
    const bool nesterov = *options.nesterov;
    T* const p = parameter.value.mutable_data<T>();
    const T* const grad = parameter.gradient.data<T>();
    if (momentum == 0)
      return for_each_element(
          parameter, [=](int64_t i, int64_t j) { p[i] -= rate * (grad[j] + decay * p[i]); });
    T* const v = parameter.array(0).mutable_data<T>();
    for_each_element(parameter, [=](int64_t i, int64_t j) {
      const T g = grad[j] + decay * p[i];
      v[i] = momentum * v[i] + share * g;
      p[i] -= rate * (nesterov ? g + momentum * v[i] : v[i]);
    });
  });
}

void Optimizer::adam(Update& parameter) { adam(parameter, *parameter.options.weight_decay, 1); }

void Optimizer::adamw(Update& parameter) {
  adam(parameter, 0, 1 - *parameter.options.lr * *parameter.options.weight_decay);
}

void Optimizer::adam(Update& parameter, double l2, double keep) {
  const OptimizerOptions& options = parameter.options;
  const double beta1 = *options.betas.first, beta2 = *options.betas.second;
  dispatch_floating(parameter.value.dtype(), [&]<class T>() {
    T* const m = parameter.array(0).mutable_data<T>();
    T* const v = parameter.array(1).mutable_data<T>();
    const double t = static_cast<double>(++parameter.state.steps);
    const T keep1 = static_cast<T>(beta1), keep2 = static_cast<T>(beta2);
    // Not 1 - beta2 in T: float32 has few digits of 0.001 left there.
    const T share1 = static_cast<T>(1 - beta1), share2 = static_cast<T>(1 - beta2);
    const T eps = static_cast<T>(*options.eps), decay = static_cast<T>(l2);
    const T rate = static_cast<T>(*options.lr / (1 - std::pow(beta1, t)));
    const T root2 = static_cast<T>(std::sqrt(1 - std::pow(beta2, t)));
    const T kept = static_cast<T>(keep);
    T* const p = parameter.value.mutable_data<T>();
    const T* const grad = parameter.gradient.data<T>();
    for_each_element(parameter, [=](int64_t i, int64_t j) {
      const T g = grad[j] + decay * p[i];
      m[i] = keep1 * m[i] + share1 * g;
      v[i] = keep2 * v[i] + share2 * g * g;
      p[i] = kept * p[i] - rate * m[i] / (std::sqrt(v[i]) / root2 + eps);
    });
  });
}

void Optimizer::rmsprop(Update& parameter) {
  const OptimizerOptions& options = parameter.options;
  dispatch_floating(parameter.value.dtype(), [&]<class T>() {
    const T rate = static_cast<T>(*options.lr), decay = static_cast<T>(*options.weight_decay);
    const T keep = static_cast<T>(*options.alpha), share = static_cast<T>(1 - *options.alpha);
    const T eps = static_cast<T>(*options.eps), momentum = static_cast<T>(*options.momentum);
    T* const v = parameter.array(0).mutable_data<T>();
    T* const mean = *options.centered ? parameter.array(1).mutable_data<T>() : nullptr;
    T* const velocity = momentum != 0 ? parameter.array(2).mutable_data<T>() : nullptr;
    T* const p = parameter.value.mutable_data<T>();
    const T* const grad = parameter.gradient.data<T>();
    for_each_element(parameter, [=](int64_t i, int64_t j) {
      const T g = grad[j] + decay * p[i];
      v[i] = keep * v[i] + share * g * g;
      if (mean) mean[i] = keep * mean[i] + share * g;
      T s = g / (std::sqrt(mean ? v[i] - mean[i] * mean[i] : v[i]) + eps);
      if (velocity) s = velocity[i] = momentum * velocity[i] + s;
      p[i] -= rate * s;
    });
  });
}

double clip_grad_norm(const ParameterList& parameters, double max_norm) {
  const Calling calling("clip_grad_norm");
  const Span span("clip_grad_norm");
  check(max_norm >= 0, "max_norm must not be negative, got ", max_norm);
  double total = 0;
  Ids seen;
  for (const Parameter& p : parameters) {
    check(p.variable.defined(), "parameter '", p.name, "' is undefined");
    check(seen.insert(p.variable.id()).second, "parameter '", p.name, "' is given twice");
    const Variable gradient = p.variable.grad();
    if (!gradient.defined()) continue;
    const double own = norm(gradient.value().to(DType::float64)).item();
    check(std::isfinite(own), "the gradient of '", p.name, "' is not finite");
    total = std::hypot(total, own);
  }
  const double factor = max_norm / (total + 1e-6);  // PyTorch's guard against a zero norm
  if (factor >= 1) return total;
  for (const Parameter& p : parameters) {
    const Variable gradient = p.variable.grad();
    if (gradient.defined()) p.variable.set_grad(Variable(gradient.value() * factor));
  }
  return total;
}

void check_all_trained(const Optimizer& optimizer, std::initializer_list<const Module*> modules) {
  const Calling calling("check_all_trained");
  const Ids trained = ids(optimizer.groups());
  check(modules.size() > 0, "there is no module");
  for (const Module* module : modules) {
    check(module, "expected modules, got a null pointer");
    const std::vector<Parameter> parameters = module->named_parameters();
    check(!parameters.empty(), module->description(),
          " has no parameter; its layers must be registered with add_module");
    for (const Parameter& p : parameters)
      check(!p.variable.requires_grad() || trained.contains(p.variable.id()), "parameter '", p.name,
            "' of ", module->description(),
            " is in no optimiser group, so it would never be trained");
  }
}

void check_all_trained(const Optimizer& optimizer, const Variable& loss) {
  const Calling calling("check_all_trained");
  Ids trained = ids(optimizer.groups());
  for (const Optimizer::State& state : optimizer.states_) trained.insert(state.rows.id());
  check(loss.defined(), "the loss is undefined");
  check(loss.requires_grad(), "the loss depends on nothing that requires grad");
  for (const Variable& leaf : leaves_of(loss))
    check(trained.contains(leaf.id()), "the loss depends on a ", describe(leaf.value()),
          " that requires grad and is in no optimiser group, so it would never be trained; the "
          "layers of a module must be registered with add_module");
}

}  // namespace gradian::nn
