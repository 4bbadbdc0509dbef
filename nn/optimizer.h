// Optimisers: SGD, Adam, AdamW and RMSprop, with PyTorch's formulas, names and defaults.
//
//   nn::Adam optimizer(net.parameters(), 1e-3);
//   nn::SGD optimizer({{net.parameters()}, {loss.parameters(), {.lr = 0.5, .momentum = 0}}},
//                     {.lr = 0.1, .momentum = 0.9});
//
// They change the parameters in place, one pass over each. Schedules are functions of the step: see
// schedule.h. What they are given is checked when they are made: parameters must be leaves of
// float32 or float64, each given once, and numbers finite and in their range.
#pragma once

#include <array>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <vector>

#include "nn/module.h"

namespace gradian::files {
class Entries;
}

namespace gradian::nn {

// {0.9, 0.999}
struct Betas {
  std::optional<double> first = {}, second = {};
};

// The options of all optimisers, and of a group of parameters. What a group leaves out is its
// optimiser's; what that leaves out is the default, given with each optimiser below. An option that
// an optimiser does not have is an error.
struct OptimizerOptions {
  std::optional<double> lr = {};
  Betas betas = {};
  std::optional<double> alpha = {}, eps = {}, momentum = {}, dampening = {}, weight_decay = {};
  std::optional<bool> nesterov = {}, centered = {};
};

// Parameters as named_parameters() or parameters() gives them, or some in braces; errors call those
// without a name by their position: "0", "1", ...
struct ParameterList : std::vector<Parameter> {
  ParameterList() = default;
  ParameterList(std::vector<Parameter> list) : vector(std::move(list)) {}
  ParameterList(std::initializer_list<Parameter> list) : vector(list) {}
  ParameterList(const std::vector<Variable>& list);
  ParameterList(std::initializer_list<Variable> list) : ParameterList(std::vector(list)) {}
};

// At least one parameter, with options of its own; written as an optimiser is.
struct ParameterGroup {
  ParameterList parameters;
  OptimizerOptions options = {};
};

// Groups in braces, {{net.parameters()}, {loss.parameters(), {.lr = 0.5}}}, or one list of
// parameters, which is one group. A class, so that no reading of the braces is ambiguous.
struct ParameterGroups : std::vector<ParameterGroup> {
  ParameterGroups(std::vector<ParameterGroup> groups) : vector(std::move(groups)) {}
  ParameterGroups(std::initializer_list<ParameterGroup> groups) : vector(groups) {}
  template <std::convertible_to<ParameterList> List>
  ParameterGroups(const List& list) : vector{ParameterGroup{list}} {}
  ParameterGroups(std::initializer_list<Parameter> list) : vector{ParameterGroup{list}} {}
  ParameterGroups(std::initializer_list<Variable> list) : vector{ParameterGroup{list}} {}
};

// A learning rate in the place of options; no bool, and no {}, which means the default options.
template <class T>
concept LearningRate = std::convertible_to<T, double> && !std::same_as<T, bool>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Not copied. It takes no const, or else a group in braces might be read as an optimiser.
  Optimizer(Optimizer&) = delete;

  // Updates every parameter that has a gradient; one that no longer requires grad is left alone. It
  // is an error if none has one: backward() was not called, or not on what these parameters made.
  // After Module::to an optimiser that keeps arrays for its parameters has to be made anew: they
  // are of the old dtype, which is an error that names the parameter.
  void step();
  void zero_grad();

  // A copy of rows of a parameter, parameter[index], that a loss is computed with in its place: the
  // next step() moves just those rows, by the gradient of the copy. index is int64 [S], ascending.
  // As with torch.optim.SparseAdam, the other rows neither decay nor move by their momentum until
  // they are taken again, and steps are counted for the parameter as a whole. It is an error to
  // take more while those of before are in a graph or have a gradient. The parameter's own grad()
  // stays undefined, so clip_grad_norm does not see them.
  Variable rows(const Variable& parameter, const Tensor& index);

  // Multiplies the learning rate of every group: what a schedule sets before each step.
  void set_lr_factor(double factor);
  double lr(size_t group = 0) const;
  // Of one group, from the next step on: the options that are given. Momentum and moments stay.
  void set_options(size_t group, const OptimizerOptions& options);
  void set_lr(size_t group, double lr) {
    const Calling calling("set_lr");
    set_options(group, {.lr = lr});
  }
  // More parameters, such as layers that are no longer frozen; those of before keep their state.
  void add_parameter_group(ParameterGroup group);
  const std::vector<ParameterGroup>& groups() const& { return groups_; }  // every option filled in
  void groups() && = delete;

 protected:
  // What an optimiser remembers of one parameter.
  struct State {
    std::array<Tensor, 3> arrays;
    int64_t steps = 0;
    Tensor index;   // of what
    Variable rows;  // rows() gave for the next step
  };

  // What an optimiser needs to update one parameter.
  struct Update {
    const std::string& name;
    Tensor value;                     // contiguous, to be changed in place
    Tensor gradient;                  // of all, or of the rows at
    Tensor index;                     // where this is defined
    const OptimizerOptions& options;  // of its group, the learning rate with its factor
    State& state;
    // An array of the state; zeros at first. Fails when it no longer fits the parameter.
    Tensor& array(size_t index);
  };

  // The formula of each optimiser below: updates one parameter.
  using Rule = void (*)(Update& parameter);
  static void sgd(Update& parameter);
  static void adam(Update& parameter);
  static void adamw(Update& parameter);
  static void rmsprop(Update& parameter);
  // g = grad + l2 p;  p = keep p - ...
  static void adam(Update& parameter, double l2, double keep);

  // PyTorch's names of the arrays that a rule keeps.
  using ArrayNames = std::array<const char*, 3>;
  // `name` is what errors call it; it has the options for which there are defaults.
  Optimizer(const char* name, Rule rule, const ArrayNames& arrays, const OptimizerOptions& defaults,
            ParameterGroups groups, const OptimizerOptions& options);

 private:
  friend class Checkpoint;
  friend void check_all_trained(const Optimizer&, const Variable&);
  void list(files::Entries& entries, const std::string& prefix);
  const ParameterGroup& checked(size_t group) const;

  const char* name_;
  Rule rule_;
  ArrayNames array_names_;
  OptimizerOptions options_;  // what a group leaves out
  std::vector<ParameterGroup> groups_;
  std::vector<State> states_;  // of all groups' parameters, in their order
  double factor_ = 1;
};

// g = grad + weight_decay p;  v = momentum v + (1 - dampening) g, v = g at first;
// p -= lr v, or p -= lr (g + momentum v) with Nesterov.
struct SGD : Optimizer {
  static constexpr OptimizerOptions defaults{
      .lr = 1e-3, .momentum = 0, .dampening = 0, .weight_decay = 0, .nesterov = false};
  explicit SGD(ParameterGroups groups, const OptimizerOptions& options = {})
      : Optimizer("SGD", sgd, {"momentum_buffer"}, defaults, std::move(groups), options) {}
  SGD(ParameterGroups groups, LearningRate auto lr) : SGD(std::move(groups), {.lr = lr}) {}
};

// Kingma & Ba 2015. g = grad + weight_decay p;  m = beta1 m + (1 - beta1) g;
// v = beta2 v + (1 - beta2) g^2;  p -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
struct Adam : Optimizer {
  static constexpr OptimizerOptions defaults{
      .lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8, .weight_decay = 0};
  explicit Adam(ParameterGroups groups, const OptimizerOptions& options = {})
      : Optimizer("Adam", adam, {"exp_avg", "exp_avg_sq"}, defaults, std::move(groups), options) {}
  Adam(ParameterGroups groups, LearningRate auto lr) : Adam(std::move(groups), {.lr = lr}) {}
};

// Loshchilov & Hutter 2019: Adam whose decay acts on the parameter, p -= lr weight_decay p, and not
// on the gradient.
struct AdamW : Optimizer {
  static constexpr OptimizerOptions defaults{
      .lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8, .weight_decay = 0.01};
  explicit AdamW(ParameterGroups groups, const OptimizerOptions& options = {})
      : Optimizer("AdamW", adamw, {"exp_avg", "exp_avg_sq"}, defaults, std::move(groups), options) {
  }
  AdamW(ParameterGroups groups, LearningRate auto lr) : AdamW(std::move(groups), {.lr = lr}) {}
};

// Tieleman & Hinton 2012. g = grad + weight_decay p;  v = alpha v + (1 - alpha) g^2;
// s = g / (sqrt(v) + eps), where centered takes v - mean^2 for v, mean = alpha mean + (1 - alpha)
// g; p -= lr s, or with momentum b = momentum b + s;  p -= lr b.
struct RMSprop : Optimizer {
  static constexpr OptimizerOptions defaults{
      .lr = 1e-2, .alpha = 0.99, .eps = 1e-8, .momentum = 0, .weight_decay = 0, .centered = false};
  explicit RMSprop(ParameterGroups groups, const OptimizerOptions& options = {})
      : Optimizer("RMSprop", rmsprop, {"square_avg", "grad_avg", "momentum_buffer"}, defaults,
                  std::move(groups), options) {}
  RMSprop(ParameterGroups groups, LearningRate auto lr) : RMSprop(std::move(groups), {.lr = lr}) {}
};

// Scales all gradients by one factor so that their joint L2 norm is at most `max_norm`; returns the
// norm before. A gradient that is not finite is an error that names the parameter.
double clip_grad_norm(const ParameterList& parameters, double max_norm);

// Fails, naming it, when a trainable parameter of the modules is in no group of the optimiser: a
// loss whose weights never move is the commonest silent mistake with CenterLoss and ArcFace. A
// module without parameters fails, too: its layers may not be registered.
void check_all_trained(const Optimizer& optimizer, std::initializer_list<const Module*> modules);
// Fails when `loss` depends on a leaf that requires grad and is in no group. It sees what no module
// knows of, such as a layer that is a plain member, but can tell its shape only.
void check_all_trained(const Optimizer& optimizer, const Variable& loss);

}  // namespace gradian::nn
