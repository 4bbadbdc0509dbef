// Optimisers: SGD, Adam and AdamW, with PyTorch's formulas and parameter groups. They change the
// parameters in place, one pass over each. Schedules are functions of the step: see schedule.h.
// What they are given is checked when they are made: parameters must be leaves of float32 or
// float64, each given once, and numbers finite and in their range. Errors begin with the optimiser.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include "nn/module.h"

namespace gradian::nn {

// Parameters, at least one, that share a learning rate and a weight decay; what is left out is the
// optimiser's.
struct ParameterGroup {
  std::vector<Parameter> parameters;
  std::optional<double> learning_rate = {};
  std::optional<double> weight_decay = {};
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Updates every parameter that has a gradient; one that no longer requires grad is left alone.
  // After Module::to an optimiser that keeps arrays for its parameters has to be made anew: they
  // are of the old dtype, which is an error that names the parameter.
  void step();
  void zero_grad();

  // Multiplies the learning rate of every group: what a schedule sets before each step.
  void set_learning_rate_factor(double factor);
  double learning_rate(size_t group = 0) const;
  // Of one group, from the next step on. Momentum and moments stay.
  void set_learning_rate(size_t group, double learning_rate);
  void set_weight_decay(size_t group, double weight_decay);
  // More parameters, such as layers that are no longer frozen; those of before keep their state.
  void add_parameter_group(ParameterGroup group);
  const std::vector<ParameterGroup>& groups() const& { return groups_; }
  void groups() && = delete;

 protected:
  // `kind` is the optimiser's name in errors.
  Optimizer(const char* kind, std::vector<ParameterGroup> groups, double learning_rate,
            double weight_decay);

  // Updates one parameter; `slot` numbers it among all groups' parameters.
  virtual void update(size_t slot, const Parameter& parameter, const Tensor& gradient,
                      double learning_rate, double weight_decay) = 0;

  // Makes an array of state that the parameter does not have yet (zeros); fails when one it has no
  // longer fits.
  void prepare_state(Tensor& state, const Parameter& parameter) const;

 private:
  void check_group(size_t group) const;

  const char* kind_;
  double learning_rate_, weight_decay_;
  std::vector<ParameterGroup> groups_;  // learning_rate and weight_decay filled in
  double factor_ = 1;
};

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

// g = grad + weight_decay p;  v = momentum v + (1 - dampening) g, v = g at first;
// p -= lr v, or p -= lr (g + momentum v) with Nesterov.
class SGD : public Optimizer {
 public:
  SGD(std::vector<ParameterGroup> groups, const SGDOptions& options);
  SGD(std::vector<Parameter> parameters, const SGDOptions& options)
      : SGD(std::vector<ParameterGroup>{{std::move(parameters)}}, options) {}

 protected:
  void update(size_t slot, const Parameter& parameter, const Tensor& gradient, double learning_rate,
              double weight_decay) override;

 private:
  SGDOptions options_;
  std::vector<Tensor> momentum_;
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  std::optional<double> weight_decay = {};  // left out: 0 for Adam, 0.01 for AdamW
};

// Kingma & Ba 2015. g = grad + weight_decay p;  m = beta1 m + (1 - beta1) g;
// v = beta2 v + (1 - beta2) g^2;  p -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
class Adam : public Optimizer {
 public:
  Adam(std::vector<ParameterGroup> groups, const AdamOptions& options)
      : Adam("Adam", std::move(groups), options, false) {}
  Adam(std::vector<Parameter> parameters, const AdamOptions& options)
      : Adam(std::vector<ParameterGroup>{{std::move(parameters)}}, options) {}

 protected:
  Adam(const char* kind, std::vector<ParameterGroup> groups, const AdamOptions& options,
       bool decoupled_decay);
  void update(size_t slot, const Parameter& parameter, const Tensor& gradient, double learning_rate,
              double weight_decay) override;

 private:
  struct State {
    Tensor first_moment, second_moment;
    int64_t step = 0;
  };
  AdamOptions options_;
  bool decoupled_decay_;
  std::vector<State> states_;
};

// Loshchilov & Hutter 2019: Adam whose decay acts on the parameter, p -= lr weight_decay p, and not
// on the gradient.
class AdamW : public Adam {
 public:
  AdamW(std::vector<ParameterGroup> groups, const AdamOptions& options)
      : Adam("AdamW", std::move(groups), options, true) {}
  AdamW(std::vector<Parameter> parameters, const AdamOptions& options)
      : AdamW(std::vector<ParameterGroup>{{std::move(parameters)}}, options) {}
};

// Scales all gradients by one factor so that their joint L2 norm is at most `max_norm`; returns the
// norm before. A gradient that is not finite is an error that names the parameter.
double clip_grad_norm(const std::vector<Parameter>& parameters, double max_norm);

// Fails, naming it, when a trainable parameter of the modules is in no group of the optimiser: a
// loss whose weights never move is the commonest silent mistake with CenterLoss and ArcFace. A
// module without parameters fails, too: its layers may not be registered.
void check_all_trained(const Optimizer& optimizer, std::initializer_list<const Module*> modules);
// Fails when `loss` depends on a leaf that requires grad and is in no group. It sees what no module
// knows of, such as a layer that is a plain member, but can tell its shape only.
void check_all_trained(const Optimizer& optimizer, const Variable& loss);

}  // namespace gradian::nn
