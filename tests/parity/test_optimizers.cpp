// Optimisers, schedules and clip_grad_norm against PyTorch: tests/parity/optimizers.py has a case
// for each row here, with the same name and options.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>

#include "losses/regression.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tests/parity/fixture.h"

namespace gradian::parity {
namespace {

using Groups = std::vector<nn::ParameterGroup>;
using MakeOptimizer = std::function<std::unique_ptr<nn::Optimizer>(const Groups&)>;

template <class Optimizer>
MakeOptimizer make(const nn::OptimizerOptions& options) {
  return [=](const Groups& groups) { return std::make_unique<Optimizer>(groups, options); };
}
constexpr auto sgd = make<nn::SGD>;
constexpr auto adam = make<nn::Adam>;
constexpr auto adamw = make<nn::AdamW>;
constexpr auto rmsprop = make<nn::RMSprop>;

// Ten steps of a weight and a bias, whose gradients are the fixed ones of the case `problem`.
struct Run {
  MakeOptimizer make;
  nn::Schedule schedule = nn::constant();
  nn::OptimizerOptions bias_options = {};  // of the bias, whose group is its own
  std::vector<int64_t> missing = {};       // the steps in which the bias has no gradient
};

std::map<std::string, Run> all_runs() {
  const nn::OptimizerOptions other{.lr = 0.5, .weight_decay = 0};
  const nn::OptimizerOptions dampened{.lr = 0.1, .momentum = 0.9, .dampening = 0.25};
  std::map<std::string, Run> runs;
  runs["sgd.plain"] = {sgd({.lr = 0.1})};
  runs["sgd.default_lr"] = {sgd({})};
  runs["sgd.momentum"] = {sgd({.lr = 0.1, .momentum = 0.9})};
  runs["sgd.dampening"] = {sgd(dampened)};
  runs["sgd.nesterov"] = {sgd({.lr = 0.1, .momentum = 0.9, .nesterov = true})};
  runs["sgd.weight_decay"] = {sgd({.lr = 0.1, .weight_decay = 0.1})};
  runs["sgd.everything"] = {
      sgd({.lr = 0.1, .momentum = 0.8, .weight_decay = 0.1, .nesterov = true}),
      nn::step_decay(3, 0.5)};
  runs["sgd.missing_gradients"] = {.make = sgd(dampened), .missing = {0, 3}};
  runs["sgd.groups"] = {sgd({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}), nn::cosine(10),
                        other};
  runs["adam.default"] = {adam({})};
  runs["adam.options"] = {adam({.lr = 0.1, .betas = {0.8, 0.9}, .eps = 0.01})};
  runs["adam.weight_decay"] = {adam({.lr = 0.1, .weight_decay = 0.1})};
  runs["adam.missing_gradients"] = {.make = adam({.lr = 0.1}), .missing = {0, 3}};
  runs["adam.schedule"] = {adam({.lr = 0.1}), nn::multi_step({2, 5}, 0.3)};
  runs["adamw.no_decay"] = {adamw({.lr = 0.1, .weight_decay = 0})};
  runs["adamw.weight_decay"] = {adamw({.lr = 0.1, .weight_decay = 0.1})};
  runs["adamw.groups"] = {adamw({.lr = 0.1, .weight_decay = 0.1}), nn::polynomial(9, 2), other};
  runs["adamw.default"] = {adamw({})};
  runs["rmsprop.default"] = {rmsprop({})};
  runs["rmsprop.options"] = {rmsprop({.lr = 0.1, .alpha = 0.8, .eps = 0.01})};
  runs["rmsprop.momentum"] = {rmsprop({.lr = 0.1, .momentum = 0.9})};
  runs["rmsprop.centered"] = {rmsprop({.lr = 0.1, .alpha = 0.8, .centered = true})};
  runs["rmsprop.everything"] = {
      rmsprop({.lr = 0.1, .momentum = 0.8, .weight_decay = 0.1, .centered = true}),
      nn::step_decay(3, 0.5)};
  runs["rmsprop.missing_gradients"] = {.make = rmsprop({.momentum = 0.9}), .missing = {0, 3}};
  // Groups that differ in every option.
  runs["sgd.group_options"] = {
      sgd({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true}),
      nn::constant(),
      {.lr = 0.5, .momentum = 0.5, .dampening = 0.25, .weight_decay = 0, .nesterov = false}};
  runs["sgd.paper_centers"] = {sgd({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}),
                               nn::constant(),
                               {.lr = 0.5, .momentum = 0, .weight_decay = 0}};
  runs["adam.group_options"] = {
      adam({.lr = 0.1}), nn::constant(), {.lr = 0.5, .betas = {0.8, 0.9}, .eps = 0.01}};
  runs["rmsprop.group_options"] = {rmsprop({.lr = 0.1}),
                                   nn::constant(),
                                   {.alpha = 0.8, .eps = 0.01, .momentum = 0.9, .centered = true}};
  return runs;
}

const Fixture& fixture() {
  static const Fixture optimizers("optimizers");
  return optimizers;
}

// Both parameters after each step of the run: [steps, ...].
std::array<Tensor, 2> trajectory(const Run& run, CaseArrays& problem) {
  nn::Parameter weight{"weight", Variable(problem.get("weight"), true)};
  nn::Parameter bias{"bias", Variable(problem.get("bias"), true)};
  const Tensor weight_gradients = problem.get("weight_gradients");
  const Tensor bias_gradients = problem.get("bias_gradients");
  const auto optimizer = run.make({{{weight}}, {{bias}, run.bias_options}});
  std::vector<Variable> weights, biases;
  for (int64_t step = 0; step < weight_gradients.size(0); ++step) {
    optimizer->zero_grad();
    weight.variable.set_grad(Variable(weight_gradients.select(0, step)));
    if (std::count(run.missing.begin(), run.missing.end(), step) == 0)
      bias.variable.set_grad(Variable(bias_gradients.select(0, step)));
    optimizer->set_lr_factor(run.schedule(step));
    optimizer->step();
    weights.emplace_back(weight.variable.value().clone());
    biases.emplace_back(bias.variable.value().clone());
  }
  return {stack(weights).value(), stack(biases).value()};
}

TEST_CASE("ten steps of every optimiser variant go where PyTorch's go") {
  for (const auto& [name, run] : all_runs()) {
    for (const DType dtype : {DType::float64, DType::float32}) {
      CaseArrays problem(fixture(), "problem", dtype), arrays(fixture(), name, dtype);
      const auto [weights, biases] = trajectory(run, problem);
      arrays.match("weight", weights);
      arrays.match("bias", biases);
      arrays.check_all_used();
      problem.check_all_used();
    }
  }
}

std::map<std::string, nn::Schedule> all_schedules() {
  return {
      {"schedule.constant", nn::constant()},
      {"schedule.step", nn::step_decay(4, 0.5)},
      {"schedule.step_default_gamma", nn::step_decay(7)},
      {"schedule.multi_step", nn::multi_step({3, 4, 11}, 0.3)},
      {"schedule.cosine", nn::cosine(19, 0.1)},
      {"schedule.polynomial", nn::polynomial(12, 2.5)},
      {"schedule.polynomial_default_power", nn::polynomial(12)},
      {"schedule.warm_up", nn::warm_up(5)},
      {"schedule.one_cycle", nn::one_cycle(20)},
      {"schedule.one_cycle_linear", nn::one_cycle(20, {.anneal_strategy = nn::Anneal::linear})},
      {"schedule.one_cycle_options",
       nn::one_cycle(25, {.pct_start = 0.55, .div_factor = 8, .final_div_factor = 100})},
      {"schedule.one_cycle_three_phase",
       nn::one_cycle(20, {.pct_start = 0.35, .three_phase = true})},
      {"schedule.one_cycle_falls_at_once", nn::one_cycle(20, {.pct_start = 0})},
      {"schedule.warm_up_multi_step", nn::warm_up(4, nn::multi_step({3, 8}))},
      {"schedule.warm_up_cosine", nn::warm_up(4, nn::cosine(15))},
  };
}

// schedule(0), ..., schedule(19)
std::vector<double> factors(const nn::Schedule& schedule) {
  std::vector<double> result;
  for (int64_t step = 0; step < 20; ++step) result.push_back(schedule(step));
  return result;
}

TEST_CASE("schedules are PyTorch's, step by step") {
  for (const auto& [name, schedule] : all_schedules()) {
    CaseArrays arrays(fixture(), name, DType::float64);
    arrays.match("factors", Tensor::from(factors(schedule), {20}));
    arrays.check_all_used();
  }
}

std::map<std::string, nn::ReduceLROnPlateau::Options> all_plateaus() {
  using Plateau = nn::ReduceLROnPlateau;
  constexpr auto max = Plateau::Mode::max;
  constexpr auto abs = Plateau::Threshold::abs;
  return {{"plateau_default", {}},
          {"plateau_patience", {.factor = 0.5, .patience = 2}},
          {"plateau_max", {.mode = max, .factor = 0.5, .patience = 3}},
          {"plateau_absolute", {.patience = 1, .threshold = 0.05, .threshold_mode = abs}},
          {"plateau_absolute_max",
           {.mode = max, .patience = 2, .threshold = 0.05, .threshold_mode = abs}},
          {"plateau_cooldown", {.factor = 0.7, .patience = 0, .cooldown = 4, .min_factor = 0.2}}};
}

TEST_CASE("ReduceLROnPlateau answers to a metric as PyTorch's does") {
  CaseArrays metrics(fixture(), "plateau", DType::float64);
  const std::vector<double> values = metrics.get("metrics").to_vector<double>();
  for (const auto& [name, options] : all_plateaus()) {
    CaseArrays arrays(fixture(), name, DType::float64);
    nn::ReduceLROnPlateau plateau(options);
    std::vector<double> factors;
    for (const double value : values) {
      const bool grows = options.mode == nn::ReduceLROnPlateau::Mode::max;
      factors.push_back(plateau.step(grows ? 3 - value : value));
    }
    arrays.match("factors", Tensor::from(factors, {40}));
    arrays.check_all_used();
  }
}

TEST_CASE("the cosine stays down after its last step, where PyTorch's rises again") {
  CaseArrays arrays(fixture(), "schedule.cosine_beyond_its_end", DType::float64);
  constexpr int64_t steps = 10;
  const nn::Schedule pytorch = [](int64_t t) {
    return (1 + std::cos(std::numbers::pi * static_cast<double>(t) / steps)) / 2;
  };
  arrays.match("factors", Tensor::from(factors(pytorch), {20}));
  const nn::Schedule gradian = nn::cosine(steps);
  for (int64_t t = 0; t < 20; ++t)
    CHECK(gradian(t) == doctest::Approx(t < steps ? pytorch(t) : 0).epsilon(1e-12));
}

TEST_CASE("clip_grad_norm returns and leaves what PyTorch's clip_grad_norm_ does") {
  for (const auto& [name, max_norm] : {std::pair{"clip.tight", 0.5}, {"clip.loose", 100.0}}) {
    for (const DType dtype : {DType::float64, DType::float32}) {
      CaseArrays problem(fixture(), "problem", dtype), arrays(fixture(), name, dtype);
      std::vector<nn::Parameter> parameters;
      for (const std::string key : {"weight", "bias"}) {
        parameters.push_back({key, Variable(problem.get(key), true)});
        parameters.back().variable.set_grad(Variable(problem.get(key + "_gradients").select(0, 0)));
      }
      const double norm = nn::clip_grad_norm(parameters, max_norm);
      arrays.match("norm", Tensor::scalar(norm, dtype));
      for (const nn::Parameter& p : parameters) arrays.match(p.name, p.variable.grad().value());
      arrays.check_all_used();
    }
  }
}

std::map<std::string, MakeOptimizer> all_trainings() {
  return {
      {"training.sgd", sgd({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true})},
      {"training.adam", adam({.lr = 0.05})},
      {"training.adamw", adamw({.lr = 0.05, .weight_decay = 0.1})},
  };
}

// A network with tanh between its layers, as the case's PyTorch code.
void check_training(const std::string& name, const MakeOptimizer& make, DType dtype) {
  CaseArrays arrays(fixture(), name, dtype);
  nn::Linear hidden(4, 3), output(3, 2);
  hidden.to(dtype);
  output.to(dtype);
  std::vector<nn::Parameter> parameters = hidden.named_parameters();
  for (const nn::Parameter& p : output.named_parameters()) parameters.push_back(p);
  for (size_t i = 0; i < parameters.size(); ++i)
    parameters[i].variable.set_value(arrays.get(text("start", i)));
  const Variable x(arrays.get("x")), target(arrays.get("target"));
  const auto optimizer = make({{.parameters = parameters}});
  std::vector<Variable> losses;
  for (int step = 0; step < 10; ++step) {
    optimizer->zero_grad();
    losses.push_back(mse_loss(output(tanh(hidden(x))), target));
    losses.back().backward();
    nn::clip_grad_norm(parameters, 0.5);
    optimizer->step();
  }
  arrays.match("losses", stack(losses).value());
  for (size_t i = 0; i < parameters.size(); ++i)
    arrays.match(text("end", i), parameters[i].variable.value());
  arrays.check_all_used();
}

TEST_CASE("a small network trained for ten steps has PyTorch's losses and ends at its parameters") {
  for (const auto& [name, make] : all_trainings())
    for (const DType dtype : {DType::float64, DType::float32}) check_training(name, make, dtype);
}

TEST_CASE("every array of the optimizers fixture belongs to a case, and every case has arrays") {
  std::vector<std::string> cases = {"problem", "plateau", "clip.tight", "clip.loose",
                                    "schedule.cosine_beyond_its_end"};
  for (const auto& names : {names_of(all_runs()), names_of(all_schedules()),
                            names_of(all_plateaus()), names_of(all_trainings())})
    cases.insert(cases.end(), names.begin(), names.end());
  fixture().check_covered_by(cases);
}

}  // namespace
}  // namespace gradian::parity
