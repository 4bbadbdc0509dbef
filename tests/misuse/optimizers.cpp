// Optimisers: parameters that could never be trained, or not any more, and numbers that make no
// sense; clip_grad_norm and check_all_trained.
#include "nn/optimizer.h"

#include "losses/margin.h"
#include "nn/layers.h"
#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using namespace nn;
using test::integers, test::kInfinity, test::kNaN, test::leaf;

using Parameters = std::vector<Parameter>;
using Groups = std::vector<ParameterGroup>;

// A parameter named p.
Parameters one() { return {{"p", leaf(1)}}; }

// One with a linear layer that no one registered, beside one that is.
struct Forgetful : Module {
  Linear hidden{2, 2};
  Linear& output = add_module("output", Linear(2, 1));
  Variable forward(const Variable& x) override { return output(hidden(x)); }
};
struct Empty : Module {};

std::string not_negative(const std::string& what, double value) {
  return text(what, " must be finite and not negative, got ", value);
}

// What any kind of optimiser refuses.
template <class Kind>
Rows rows_of_kind(const std::string& name) {
  const auto given = [](const Variable& variable) {
    return [=] { Kind(Parameters{{"w", variable}}, {}); };
  };
  Rows rows{
      {given(leaf(1) * 0.01),
       name + ": parameter 'w' is the result of mul, only leaves are trained: compute its value "
              "first, then make a Variable of it that requires grad"},
      {given(Variable()), name + ": parameter 'w' is undefined"},
      {given(Variable(integers({1, 2}))),
       name + ": parameter 'w' is int64, expected float32 or float64"},
      {[] {
         Kind(std::vector<Variable>{leaf(1), Variable()});
       },
       name + ": parameter '1' is undefined"},
      {[] {
         const Parameter p = one()[0];
         Kind(Parameters{p, p}, {});
       },
       name + ": parameter 'p' is given twice"},
      {[] {
         const Parameter p = one()[0];
         Kind(Groups{{{p}}, {{{"alias", p.variable}}}}, {});
       },
       name + ": parameter 'alias' is given twice"},
      {[] { Kind(Groups{}, {}); }, name + ": there is no parameter to train"},
      {[] {
         Kind(Groups{{one()}, {}}, {});
       },
       name + ": group 1 holds no parameter; the layers of a module must be registered with "
              "add_module"},
      {[] { Kind(Empty().parameters(), 0.1); },
       name + ": group 0 holds no parameter; the layers of a module must be registered with "
              "add_module"},
      {[] {
         Kind(Groups{{one(), {.weight_decay = -0.5}}}, {});
       },
       not_negative(name + ": weight_decay", -0.5)},
      {[] { Kind(one()).step(); },
       "step: there is no gradient; call backward() on a loss that these parameters are part of"},
      {[] { Kind(one()).lr(1); }, "lr: there is no group 1, only 1"},
      {[] { Kind(one()).lr(static_cast<size_t>(-1)); },
       "lr: there is no group 18446744073709551615, only 1"},
      {[] { Kind(one()).set_options(0, {.lr = kNaN}); }, not_negative("set_options: lr", kNaN)},
  };
  for (const double bad : {-1.0, kNaN, kInfinity, -kInfinity}) {
    rows.push_back({[=] { Kind(one(), bad); }, not_negative(name + ": lr", bad)});
    rows.push_back(
        {[=] { Kind(one(), {.weight_decay = bad}); }, not_negative(name + ": weight_decay", bad)});
  }
  return rows;
}

// After Module::to the state of before no longer fits.
template <class Kind>
test::ErrorCase row_of_state(const OptimizerOptions& options) {
  const auto train = [](Linear& layer, Optimizer& optimizer) {
    sum(layer(Variable(Tensor::ones({1, 2}, layer.weight.dtype())))).backward();
    optimizer.step();
  };
  return {[=] {
            Linear layer(2, 3);
            Kind optimizer(layer.named_parameters(), options);
            train(layer, optimizer);
            layer.to(DType::float64);
            train(layer, optimizer);
          },
          "step: parameter 'weight' is float64 [3, 2], its state float32 [3, 2]; an optimiser is "
          "made after Module::to"};
}

Rows options_of_others() {
  return {
      {[] {
         SGD(one(), {.betas = {0.9, 0.99}});
       },
       "SGD: there is no option betas.first"},
      {[] { SGD(one(), {.eps = 1e-8}); }, "SGD: there is no option eps"},
      {[] { SGD(one(), {.alpha = 0.9}); }, "SGD: there is no option alpha"},
      {[] { SGD(one(), {.centered = true}); }, "SGD: there is no option centered"},
      {[] { Adam(one(), {.momentum = 0.9}); }, "Adam: there is no option momentum"},
      {[] { Adam(one(), {.alpha = 0.9}); }, "Adam: there is no option alpha"},
      {[] {
         AdamW({{one(), {.nesterov = false}}});
       },
       "AdamW: there is no option nesterov"},
      {[] { RMSprop(one(), {.dampening = 0}); }, "RMSprop: there is no option dampening"},
      {[] { RMSprop(one(), {.betas = {0.9}}); }, "RMSprop: there is no option betas.first"},
      {[] { Adam(one()).set_options(0, {.centered = true}); },
       "set_options: there is no option centered"},
      {[] {
         SGD(one()).add_parameter_group({{{"q", leaf(2)}}, {.eps = 0}});
       },
       "add_parameter_group: there is no option eps"},
  };
}

Rows numbers() {
  return {
      {[] { SGD(one(), {.momentum = -0.9}); }, not_negative("SGD: momentum", -0.9)},
      {[] { SGD(one(), {.momentum = kNaN}); }, not_negative("SGD: momentum", kNaN)},
      {[] { SGD(one(), {.momentum = 0.9, .dampening = -1}); }, not_negative("SGD: dampening", -1)},
      {[] { SGD(one(), {.nesterov = true}); },
       "SGD: nesterov needs a momentum and no dampening, got 0 and 0"},
      {[] { SGD(one(), {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); },
       "SGD: nesterov needs a momentum and no dampening, got 0.9 and 0.1"},
      {[] { Adam(one(), {.eps = -1}); }, not_negative("Adam: eps", -1)},
      {[] { AdamW(one(), {.eps = kNaN}); }, not_negative("AdamW: eps", kNaN)},
      {[] { Adam(one(), {.betas = {.second = 1}}); }, "Adam: betas must be below 1, got 1"},
      {[] {
         AdamW(one(), {.betas = {1.5, 0.9}});
       },
       "AdamW: betas must be below 1, got 1.5"},
      {[] { AdamW(one(), {.betas = {-0.1}}); }, not_negative("AdamW: betas.first", -0.1)},
      {[] { Adam(one(), {.betas = {kNaN}}); }, not_negative("Adam: betas.first", kNaN)},
      {[] { RMSprop(one(), {.alpha = 1.5}); }, "RMSprop: alpha must be at most 1, got 1.5"},
      {[] { RMSprop(one(), {.alpha = kNaN}); }, not_negative("RMSprop: alpha", kNaN)},
      {[] { RMSprop(one(), {.momentum = kInfinity}); },
       not_negative("RMSprop: momentum", kInfinity)},
      {[] { SGD(one()).set_lr_factor(-1); }, not_negative("set_lr_factor: the factor of lr", -1)},
      {[] { SGD(one()).set_lr_factor(kNaN); },
       not_negative("set_lr_factor: the factor of lr", kNaN)},
      {[] { SGD(one()).set_lr_factor(kInfinity); },
       not_negative("set_lr_factor: the factor of lr", kInfinity)},
      {[] { SGD(one()).set_lr(0, kNaN); }, not_negative("set_lr: lr", kNaN)},
      {[] { SGD(one()).set_lr(0, -1); }, not_negative("set_lr: lr", -1)},
      {[] { SGD(one()).set_lr(1, 0.1); }, "set_lr: there is no group 1, only 1"},
      {[] { SGD(one()).set_options(0, {.weight_decay = -2}); },
       not_negative("set_options: weight_decay", -2)},
      {[] { SGD(one()).set_options(7, {.weight_decay = 0}); },
       "set_options: there is no group 7, only 1"},
      {[] { SGD(one()).set_options(0, {.nesterov = true}); },
       "set_options: nesterov needs a momentum and no dampening, got 0 and 0"},
  };
}

Rows added_groups() {
  return {
      {[] {
         const Parameters p = one();
         SGD(p).add_parameter_group({p});
       },
       "add_parameter_group: parameter 'p' is given twice"},
      {[] { SGD(one()).add_parameter_group({}); },
       "add_parameter_group: group 1 holds no parameter; the layers of a module must be registered "
       "with add_module"},
      {[] {
         SGD(one()).add_parameter_group({{{"q", Variable()}}});
       },
       "add_parameter_group: parameter 'q' is undefined"},
      {[] {
         SGD(one()).add_parameter_group({{{"q", leaf(2)}}, {.lr = kNaN}});
       },
       not_negative("add_parameter_group: lr", kNaN)},
  };
}

Rows taken_rows() {
  // Of a parameter [3, 2].
  const auto with = [](const Tensor& index) {
    return [=] {
      const Variable p(Tensor::ones({3, 2}), true);
      SGD({p}).rows(p, index);
    };
  };
  const auto twice = [](bool differentiated) {
    return [=] {
      const Variable p(Tensor::ones({3, 2}), true);
      SGD sgd({p});
      Variable loss = sum(sgd.rows(p, integers({0})));
      if (differentiated) loss.backward();
      sgd.rows(p, integers({1}));
    };
  };
  const std::string used =
      "rows: rows of this parameter are in a graph or have a gradient; step() comes before the "
      "next";
  return {
      {with(Tensor()), "rows: the tensor is undefined"},
      {with(Tensor::ones({2})), "rows: the index must be int64, got float32"},
      {with(integers({0, 1}).unsqueeze(1)), "rows: expected an index of one axis, got [2, 1]"},
      {with(integers({0, 3})), "rows: index 3 is outside 0 to 2"},
      {with(integers({-1, 2})), "rows: index -1 is outside 0 to 2"},
      {with(integers({0, 2, 1})), "rows: the index must ascend, each row once"},
      {with(integers({0, 1, 1})), "rows: the index must ascend, each row once"},
      {[] { SGD(one()).rows(leaf(2), integers({0})); },
       "rows: the parameter is in no group of the optimiser"},
      {[] { SGD(one()).rows(Variable(), integers({0})); },
       "rows: the parameter is in no group of the optimiser"},
      {[] {
         const Variable p = leaf(1);
         SGD({p}).rows(p, integers({0}));
       },
       "rows: axis 0 is out of range for 0 axes"},
      {twice(false), used},
      {twice(true), used},
      {[] {
         const Variable p(Tensor::ones({3, 2}), true);
         SGD sgd({{"w", p}});
         (sum(sgd.rows(p, integers({0}))) + sum(p)).backward();
         sgd.step();
       },
       "step: parameter 'w' has a gradient as a whole and one of its rows"},
  };
}

// clip_grad_norm of a parameter whose gradient is `value`.
test::ErrorCase row_of_clipping(double value) {
  return {[=] {
            const Parameters p = one();
            p[0].variable.set_grad(leaf(value));
            clip_grad_norm(p, 1);
          },
          "clip_grad_norm: the gradient of 'p' is not finite"};
}

Rows clipping() {
  return {
      {[] { clip_grad_norm({}, -1); }, "clip_grad_norm: max_norm must not be negative, got -1"},
      {[] { clip_grad_norm(one(), kNaN); },
       "clip_grad_norm: max_norm must not be negative, got nan"},
      {[] {
         clip_grad_norm({{"w", Variable()}}, 1);
       },
       "clip_grad_norm: parameter 'w' is undefined"},
      {[] { clip_grad_norm(std::vector<Variable>{Variable()}, 1); },
       "clip_grad_norm: parameter '0' is undefined"},
      {[] {
         const Parameter p = one()[0];
         clip_grad_norm({p, p}, 1);
       },
       "clip_grad_norm: parameter 'p' is given twice"},
      row_of_clipping(kNaN),
      row_of_clipping(-kInfinity),
  };
}

Rows trained() {
  const std::string would = " is in no optimiser group, so it would never be trained";
  return {
      {[] {
         const Linear net(2, 2);
         const ArcFaceLoss loss(3, 10);
         check_all_trained(SGD(net.parameters()), {&net, &loss});
       },
       "check_all_trained: parameter 'weight' of ArcFaceLoss(3 -> 10, s 30, m1 1, m2 0.5 rad, m3 "
       "0, "
       "mirror)" +
           would},
      {[] {
         const Linear net(2, 2);
         check_all_trained(SGD({net.weight}), {&net});
       },
       "check_all_trained: parameter 'bias' of Linear(2 -> 2)" + would},
      {[] { check_all_trained(SGD(one()), {nullptr}); },
       "check_all_trained: expected modules, got a null pointer"},
      {[] { check_all_trained(SGD(one()), std::initializer_list<const Module*>()); },
       "check_all_trained: there is no module"},
      {[] {
         const Empty empty;
         check_all_trained(SGD(one()), {&empty});
       },
       "check_all_trained: Empty has no parameter; its layers must be registered with add_module"},
      {[] {
         Forgetful net;
         check_all_trained(SGD(net.parameters()), sum(net(Tensor::ones({4, 2}))));
       },
       "check_all_trained: the loss depends on a float32 [2, 2] that requires grad and is in no "
       "optimiser group, so it would never be trained; the layers of a module must be registered "
       "with add_module"},
      {[] { check_all_trained(SGD(one()), Variable(Tensor::ones({}))); },
       "check_all_trained: the loss depends on nothing that requires grad"},
      {[] { check_all_trained(SGD(one()), Variable()); },
       "check_all_trained: the loss is undefined"},
  };
}

}  // namespace

Rows optimizer_rows() {
  Rows rows{row_of_state<SGD>({.momentum = 0.9}), row_of_state<Adam>({}), row_of_state<AdamW>({}),
            row_of_state<RMSprop>({})};
  for (const Rows& more :
       {rows_of_kind<SGD>("SGD"), rows_of_kind<Adam>("Adam"), rows_of_kind<AdamW>("AdamW"),
        rows_of_kind<RMSprop>("RMSprop"), options_of_others(), numbers(), added_groups(),
        taken_rows(), clipping(), trained()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace gradian::misuse
