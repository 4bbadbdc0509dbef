// Module: named parameters, buffers and child modules, registered in the base class. Names such as
// "features.0.weight" appear in errors, summaries and checkpoints.
//
//   struct Net : nn::Module {
//     nn::Linear& hidden = add_module("hidden", nn::Linear(784, 64));
//     nn::Linear& output = add_module("output", nn::Linear(64, 10));
//     Variable forward(const Variable& x) override { return output(relu(hidden(x))); }
//   };
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace gradian::nn {

// A trainable Variable and its name.
struct Parameter {
  std::string name;
  Variable variable;
};

class Module {
 public:
  virtual ~Module() = default;
  // Movable when built (children live on the heap, so references to them stay good), never copied.
  Module(Module&&) = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // What most layers implement. A module that takes other arguments (a loss, for one) has a
  // forward of its own and leaves this one alone, which fails.
  virtual Variable forward(const Variable& x);
  Variable operator()(const Variable& x) { return forward(x); }

  // Of this module and all below it, depth first, in the order of registration.
  std::vector<Parameter> named_parameters() const;
  std::vector<Parameter> named_buffers() const;
  int64_t parameter_count() const;

  // Training mode is on at first; dropout and batch norm act differently without it.
  void train(bool training = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  // Converts every floating parameter and buffer; gradients are dropped.
  void to(DType dtype);
  void zero_grad();

  // One line a module: name, kind with its options, parameters; then the total.
  std::string summary() const;
  // Kind and options, as in "Linear(784 -> 64)".
  virtual std::string description() const = 0;

 protected:
  Module() = default;

  // Registers a leaf that requires grad / one that does not but belongs to the state. The returned
  // handle shares its value with the registered one.
  Variable add_parameter(const std::string& name, const Tensor& value);
  Variable add_buffer(const std::string& name, const Tensor& value);
  // Takes the child over and returns a reference to it.
  template <class M>
  M& add_module(const std::string& name, M child) {
    auto owned = std::make_unique<M>(std::move(child));
    M& reference = *owned;
    add_child(name, std::move(owned));
    return reference;
  }

  const std::vector<std::pair<std::string, std::unique_ptr<Module>>>& children() const {
    return children_;
  }

 private:
  friend class TrainingMode;
  void add_child(const std::string& name, std::unique_ptr<Module> child);
  void check_name(const std::string& name) const;
  void visit(const std::string& prefix,
             const std::function<void(const std::string&, const Module&)>& visitor) const;

  std::vector<Parameter> parameters_, buffers_;
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
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

// Runs its children one after the other; they are named "0", "1", ...
class Sequential : public Module {
 public:
  template <class... Layers>
  explicit Sequential(Layers... layers) {
    (append(std::move(layers)), ...);
  }
  template <class Layer>
  Sequential& append(Layer layer) {
    add_module(std::to_string(children().size()), std::move(layer));
    return *this;
  }
  Variable forward(const Variable& x) override;
  std::string description() const override { return "Sequential"; }
};

}  // namespace gradian::nn
