#include "nn/module.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <typeindex>
#include <typeinfo>

#include "autograd/node.h"
#include "tensor/kernels.h"

namespace gradian::nn {
namespace {

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

}  // namespace

Variable Module::forward(const Variable&) {
  const Calling calling(class_name());
  fail("forward(x) is not what this module takes");
}

const char* Module::class_name() const {
  // What each call would make. Never destroyed: a layer may be called while the program ends.
  static thread_local auto& names = *new std::map<std::type_index, std::string>;
  std::string& name = names[typeid(*this)];
  if (!name.empty()) return name.c_str();
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), &std::free);
  const std::string path = status == 0 ? demangled.get() : typeid(*this).name();
  const size_t end = path.ends_with('>') ? path.find('<') : path.size();  // of a template
  const size_t colon = path.rfind(':', end);
  name = path.substr(colon + 1, end - colon - 1);  // npos + 1 is 0
  return name.c_str();
}

Variable Module::operator()(const Variable& x) {
  // A module that is made of others is no layer: the error is that of the one inside it.
  const Calling calling(children_.empty() ? class_name() : nullptr);
  const Variable y = forward(x);
  if (heard_) {
    auto calls = std::ranges::find(*heard_, this, &Calls::module);
    if (calls == heard_->end()) {
      calls = heard_->emplace(calls);
      calls->module = this;
    }
    calls->output = y.shape();
    calls->multiply_adds += y.numel() * multiply_adds_;
    if (!parameters_.empty() && calls->layer.empty()) calls->layer = description();
  }
  return y;
}

std::string Module::description() const {
  return settings_.empty() ? class_name() : text(class_name(), '(', settings_, ')');
}

void Module::visit(const std::string& prefix,
                   const std::function<void(const std::string&, const Module&)>& visitor) const {
  visitor(prefix, *this);
  for (const auto& [name, child] : children_) child->visit(joined(prefix, name), visitor);
}

std::vector<Parameter> Module::collect(std::deque<Parameter> Module::*registered,
                                       bool remove_duplicate) const {
  std::vector<Parameter> all;
  std::set<const void*> seen;
  visit("", [&](const std::string& prefix, const Module& module) {
    for (const Parameter& p : module.*registered)
      if (p.variable.defined() && (seen.insert(p.variable.id()).second || !remove_duplicate))
        all.push_back({joined(prefix, p.name), p.variable});
  });
  return all;
}

std::vector<Parameter> Module::named_parameters(bool remove_duplicate) const {
  return collect(&Module::parameters_, remove_duplicate);
}

std::vector<Variable> Module::parameters() const {
  std::vector<Variable> all;
  for (const Parameter& p : named_parameters()) all.push_back(p.variable);
  return all;
}

std::vector<Parameter> Module::named_buffers(bool remove_duplicate) const {
  return collect(&Module::buffers_, remove_duplicate);
}

int64_t Module::parameter_count() const {
  int64_t total = 0;
  for (const Parameter& p : named_parameters()) total += p.variable.numel();
  return total;
}

void Module::train(bool training) {
  training_ = training;
  for (auto& [name, child] : children_) child->train(training);
}

void Module::to(DType dtype) {
  const Calling calling("to");
  check(is_floating(dtype), "expected float32 or float64, got ", dtype);
  auto all = named_parameters();
  for (const Parameter& buffer : named_buffers()) all.push_back(buffer);
  for (const Parameter& p : all)
    if (is_floating(p.variable.dtype())) p.variable.set_dtype(dtype);
}

void Module::zero_grad() {
  for (const Parameter& parameter : named_parameters()) parameter.variable.zero_grad();
}

Variable* Module::find_parameter(const std::string& name) {
  for (Parameter& p : parameters_)
    if (p.name == name && p.variable.defined()) return &p.variable;
  for (auto& [child_name, child] : children_)
    if (name.starts_with(child_name + '.'))
      return child->find_parameter(name.substr(child_name.size() + 1));
  return nullptr;
}

void Module::replace_parameter(const std::string& name, const Variable& variable) {
  const Calling calling("replace_parameter");
  Variable* const old = find_parameter(name);
  check(old, description(), " has no parameter '", name, "'");
  check(variable.defined(), "the variable for '", name, "' is undefined");
  if (const auto creator = variable.creator())
    fail("the variable for '", name, "' is the result of ", creator->name(),
         ", only a leaf can be a parameter");
  check(variable.shape() == old->shape() && variable.dtype() == old->dtype(), "'", name, "' is ",
        describe(old->value()), ", the variable ", describe(variable.value()));
  check(old->is_unique(), "something else still holds '", name,
        "', such as an optimiser or a graph, and would go on to use it");
  *old = variable;
}

void Module::check_name(const std::string& name) const {
  check(!name.empty() && name.find('.') == std::string::npos,
        "a name must not be empty or hold a dot, got '", name, "'");
  bool taken = false;
  for (const Parameter& p : parameters_) taken = taken || p.name == name;
  for (const Parameter& b : buffers_) taken = taken || b.name == name;
  for (const auto& child : children_) taken = taken || child.first == name;
  check(!taken, "the name '", name, "' is taken");
}

const Variable& Module::register_in(std::deque<Parameter>& registered, const std::string& name,
                                    Tensor value, bool requires_grad) {
  check_name(name);
  Variable variable;
  if (value.defined()) variable = Variable(std::move(value).owned(), requires_grad);
  registered.push_back({name, variable});
  return registered.back().variable;
}

const Variable& Module::add_parameter(const std::string& name, Tensor value) {
  const Calling calling("add_parameter");
  return register_in(parameters_, name, std::move(value), true);
}

const Variable& Module::add_buffer(const std::string& name, Tensor value) {
  const Calling calling("add_buffer");
  return register_in(buffers_, name, std::move(value), false);
}

void Module::add_child(const std::string& name, std::unique_ptr<Module> child) {
  const Calling calling("add_module");
  check_name(name);
  children_.emplace_back(name, std::move(child));
}

TrainingMode::TrainingMode(Module& module, bool training) {
  before_.emplace_back(&module, module.training_);
  for (size_t i = 0; i < before_.size(); ++i) {
    Module& each = *before_[i].first;  // `before_` grows under the loop
    for (auto& [name, child] : each.children_) before_.emplace_back(child.get(), child->training_);
  }
  module.train(training);
}

TrainingMode::~TrainingMode() {
  for (const auto& [module, training] : before_) module->training_ = training;
}

}  // namespace gradian::nn
