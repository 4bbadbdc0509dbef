// Module: named parameters, buffers and child modules, registered in the base class. Names such as
// "features.0.weight" appear in errors, summaries and checkpoints.
//
//   struct Net : nn::Module {
//     nn::Linear& hidden = add_module("hidden", nn::Linear(784, 64));
//     nn::Linear& output = add_module("output", nn::Linear(64, 10));
//     const Variable& scale = add_parameter("scale", Tensor::ones({1}));
//     Variable forward(const Variable& x) override { return scale * output(relu(hidden(x))); }
//   };
//
// The module owns what it registers, and a member is a reference to it: what forward() uses, what
// an optimiser trains and what to() converts cannot part. A layer as a plain member, `nn::Linear
// hidden{784, 64};`, would compute but belong to no one: summary({1, 784}) and
// check_all_trained (optimizer.h), if it is given the loss, find it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace gradian::nn {

using Parameter = NamedVariable;  // or a buffer

class Module {
 public:
  virtual ~Module() = default;
  // Movable when built (what is registered lives on the heap, so references to it stay good), never
  // copied.
  Module(Module&&) = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // What most layers implement. A module that takes other arguments (a loss, for one) has a
  // forward of its own and leaves this one alone, which fails.
  virtual Variable forward(const Variable& x);
  // forward(x). Errors from inside begin with the class of the outermost module that has no
  // children registered, a layer.
  Variable operator()(const Variable& x);
  // Gets no gradient.
  Variable operator()(const Tensor& x) { return (*this)(x.defined() ? Variable(x) : Variable()); }

  // Of this module and all below it, depth first, in the order of registration. A parameter that
  // several modules share is listed once, or under each of its names.
  std::vector<Parameter> named_parameters(bool remove_duplicate = true) const;
  std::vector<Variable> parameters() const;
  std::vector<Parameter> named_buffers(bool remove_duplicate = true) const;
  int64_t parameter_count() const;

  // Training mode is on at first; dropout and batch norm act differently without it.
  void train(bool training = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  // Converts every floating parameter and buffer; gradients are dropped.
  void to(DType dtype);
  void zero_grad();

  // Puts another variable of the same shape and dtype in the place of the parameter of this name,
  // so that two layers share one: decoder.replace_parameter("weight", encoder.weight). Fails while
  // something else, such as an optimiser, still holds the old one. For new values there is
  // set_value, decoder.weight.set_value(values).
  void replace_parameter(const std::string& name, const Variable& variable);

  // A table: each module's name, description and parameters, and the totals.
  std::string summary() const;
  // With the shape of each module's output, and the multiply-adds of products and convolutions, for
  // zeros of this shape, {1, 3, 32, 32}, or for an input, such as indices. It runs once, in
  // evaluation mode and unrecorded. Fails when a layer with parameters runs that is not registered.
  std::string summary(const Shape& input_shape);
  std::string summary(const Tensor& input);
  // The class's name and its settings, as in "Linear(784 -> 64)".
  std::string description() const;

 protected:
  // `settings` are what description() puts in parentheses: those that have their defaults left out.
  // What makes the text checks the options, before anything is made of them.
  explicit Module(std::string settings = "") : settings_(std::move(settings)) {}

  // "Linear", without namespaces, for as long as the thread lives; in constructors that of the
  // class which they are of.
  const char* class_name() const;

  // Registers a leaf that requires grad / one that does not but belongs to the state, and returns a
  // reference to it. Without a tensor it is undefined and only keeps the name: a layer's absent
  // bias. A tensor that anything else refers to is copied.
  const Variable& add_parameter(const std::string& name, Tensor value);
  const Variable& add_buffer(const std::string& name, Tensor value);
  // Takes the child over and returns a reference to it.
  template <class M>
  M& add_module(const std::string& name, M child) {
    auto owned = std::make_unique<M>(std::move(child));
    M& reference = *owned;
    add_child(name, std::move(owned));
    return reference;
  }

  void add_child(const std::string& name, std::unique_ptr<Module> child);

  // For summary(): of an element of the output, by the module itself, without its children.
  void set_multiply_adds(int64_t per_output) { multiply_adds_ = per_output; }

  const std::vector<std::pair<std::string, std::unique_ptr<Module>>>& children() const {
    return children_;
  }

 private:
  friend class TrainingMode;
  friend class Sequential;  // asks whether summary() hears
  // What summary() hears of a module: of all its calls, and its last output.
  struct Calls {
    const Module* module = nullptr;
    Shape output;
    int64_t multiply_adds = 0;
    std::string layer;  // its description, if it has parameters: it may be gone afterwards, and
                        // another one in its place
  };
  using CallsOfModules = std::vector<Calls>;  // in the order in which their first calls ended
  static thread_local CallsOfModules* heard_;
  std::string summary(CallsOfModules heard) const;
  void check_name(const std::string& name) const;
  const Variable& register_in(std::deque<Parameter>& registered, const std::string& name,
                              Tensor value, bool requires_grad);
  Variable* find_parameter(const std::string& name);
  std::vector<Parameter> collect(std::deque<Parameter> Module::*registered,
                                 bool remove_duplicate) const;
  void visit(const std::string& prefix,
             const std::function<void(const std::string&, const Module&)>& visitor) const;

  std::deque<Parameter> parameters_, buffers_;  // references into a deque stay good as it grows
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
  std::string settings_;
  int64_t multiply_adds_ = 0;
  bool training_ = true;
};

// While one of these lives, a module and all below it are in training mode (or in evaluation mode,
// with false). Then each has the mode again that it had before, when an exception passes, too.
class TrainingMode {
 public:
  explicit TrainingMode(Module& module, bool training = true);
  ~TrainingMode();
  TrainingMode(const TrainingMode&) = delete;
  TrainingMode& operator=(const TrainingMode&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> before_;
};

struct EvalMode : TrainingMode {
  explicit EvalMode(Module& module) : TrainingMode(module, false) {}
};

}  // namespace gradian::nn
