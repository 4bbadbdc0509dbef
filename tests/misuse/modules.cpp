// Modules: registration, names, conversions and summaries; and initial values.
#include <optional>

#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using namespace nn;
using test::integers, test::kInfinity, test::kNaN, test::leaf;

constexpr int64_t kHuge = int64_t{1} << 40;

// Opens the registration functions to the rows.
struct Registry : Module {
  using Module::add_buffer;
  using Module::add_module;
  using Module::add_parameter;
};

// One with a parameter, a buffer and a child.
Registry registry() {
  Registry module;
  module.add_parameter("parameter", Tensor::ones({1}));
  module.add_buffer("buffer", Tensor::ones({1}));
  module.add_module("child", ReLU());
  return module;
}

struct PlainMember : Module {
  PReLU slopes;  // called after `hidden`, which is therefore the one that is named
  Linear hidden{4, 2};
  ReLU activation;  // has nothing to train
  Linear& output = add_module("output", Linear(2, 3));
  Variable forward(const Variable& x) override { return output(activation(slopes(hidden(x)))); }
};

struct PlainSequential : Module {  // of what would run as one op
  Sequential hidden{BatchNorm2d(2), PReLU(2)};
  Variable forward(const Variable& x) override { return hidden(x); }
};

struct MadeAnew : Module {  // layers that are gone after their call, one in the place of the other
  Variable forward(const Variable& x) override {
    std::optional<Linear> layer(std::in_place, 4, 4);
    const Variable h = (*layer)(x);
    layer.emplace(4, 2);
    return ReLU()((*layer)(h));
  }
};

struct Empty : Module {};

Rows names() {
  Rows rows;
  const auto expect = [&](const std::string& name, const std::string& error) {
    rows.push_back(
        {[=] { registry().add_parameter(name, Tensor::ones({1})); }, "add_parameter: " + error});
    rows.push_back(
        {[=] { registry().add_buffer(name, Tensor::ones({1})); }, "add_buffer: " + error});
    rows.push_back({[=] { registry().add_module(name, ReLU()); }, "add_module: " + error});
  };
  expect("", "a name must not be empty or hold a dot, got ''");
  expect(".", "a name must not be empty or hold a dot, got '.'");
  expect("a.b", "a name must not be empty or hold a dot, got 'a.b'");
  expect("parameter", "the name 'parameter' is taken");
  expect("buffer", "the name 'buffer' is taken");
  expect("child", "the name 'child' is taken");
  return rows;
}

Rows replaced() {
  return {
      {[] {
         Linear layer(2, 2, false), other(2, 2);
         const SGD sgd(layer.named_parameters(), 0.1);
         layer.replace_parameter("weight", other.weight);
       },
       "replace_parameter: something else still holds 'weight', such as an optimiser or a graph, "
       "and would go on to use it"},
      {[] { Linear(2, 2, false).replace_parameter("bias", leaf(1)); },
       "replace_parameter: Linear(2 -> 2, no bias) has no parameter 'bias'"},
      {[] { Linear(2, 2).replace_parameter("", leaf(1)); },
       "replace_parameter: Linear(2 -> 2) has no parameter ''"},
      {[] {
         Sequential{PReLU(2), ReLU()}.replace_parameter("1.1.weight", leaf(1));
       },
       "replace_parameter: Sequential has no parameter '1.1.weight'"},
      {[] { BatchNorm1d(2).replace_parameter("running_mean", leaf(1)); },
       "replace_parameter: BatchNorm1d(2) has no parameter 'running_mean'"},
      {[] { Linear(2, 2).replace_parameter("weight", Variable()); },
       "replace_parameter: the variable for 'weight' is undefined"},
      {[] { Linear(2, 2).replace_parameter("weight", Linear(3, 2).weight); },
       "replace_parameter: 'weight' is float32 [2, 2], the variable float32 [2, 3]"},
      {[] {
         Linear(2, 2).replace_parameter("bias", leaf({1, 2}, {2}));
       },
       "replace_parameter: 'bias' is float32 [2], the variable float64 [2]"},
      {[] { Linear(2, 2).replace_parameter("bias", Linear(2, 2).bias * 2); },
       "replace_parameter: the variable for 'bias' is the result of mul, only a leaf can be a "
       "parameter"},
      {[] {
         Linear(2, 2).weight.set_value(Tensor::ones({4, 2}));
       },
       "set_value: the value is float32 [4, 2], the variable float32 [2, 2]"},
  };
}

Rows conversions_and_calls() {
  return {
      {[] { registry().add_parameter("labels", integers({1})); },
       "add_parameter: expected float32 or float64, got int64"},
      {[] { Linear(2, 2).to(DType::int64); }, "to: expected float32 or float64, got int64"},
      {[] { Linear(2, 2).to(static_cast<DType>(7)); },
       "to: expected float32, float64 or int64, got a dtype of number 7"},
      {[] { Empty()(leaf(1)); }, "Empty: forward(x) is not what this module takes"},
      {[] { Empty().forward(leaf(1)); }, "Empty: forward(x) is not what this module takes"},
      {[] {
         CenterLoss loss(10, 2);
         static_cast<Module&>(loss)(leaf(1));
       },
       "CenterLoss: forward(x) is not what this module takes"},
      {[] {
         ArcFaceLoss loss(2, 10);
         static_cast<Module&>(loss)(leaf(1));
       },
       "ArcFaceLoss: forward(x) is not what this module takes"},
  };
}

Rows summaries() {
  return {
      {[] {
         PlainMember().summary({1, 4});
       },
       "summary: forward() of PlainMember calls a Linear(4 -> 2) that is not registered with "
       "add_module, so no one would train it"},
      {[] {
         PlainSequential().summary({3, 2, 4, 4});
       },
       "summary: forward() of PlainSequential calls a BatchNorm2d(2) that is not registered with "
       "add_module, so no one would train it"},
      {[] {
         MadeAnew().summary({1, 4});
       },
       "summary: forward() of MadeAnew calls a Linear(4 -> 4) that is not registered with "
       "add_module, so no one would train it"},
      {[] {
         PlainMember().summary({1, 5});
       },
       "Linear: expected x [..., I] and weight [O, I], got x [1, 5], weight [2, 4]"},
      {[] { Linear(2, 2).summary(Tensor()); }, "summary: the input is undefined"},
      {[] {
         Sequential{Linear(2, 2), ReLU()}.summary(Tensor());
       },
       "summary: the input is undefined"},
      {[] {
         Linear(2, 2).summary({-1, 2});
       },
       "summary: negative size in shape [-1, 2]"},
      {[] {
         Linear(2, 2).summary({kHuge, kHuge});
       },
       "summary: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { Empty().summary({1}); }, "Empty: forward(x) is not what this module takes"},
      {[] {
         Embedding(9, 4).summary({1, 2});
       },
       "Embedding: the index must be int64, got float32"},
  };
}

// Of all four functions that draw a weight: what they say of a shape and of a gain.
Rows initial_values() {
  using Draw = Tensor (*)(const Shape&, double);
  struct Initial {
    std::string name, gain;
    Draw draw;
  };
  Rows rows{
      {[] { fan_in({}); }, "fan_in: a weight needs at least two axes, got []"},
      {[] { fan_in({3}); }, "fan_in: a weight needs at least two axes, got [3]"},
      {[] {
         fan_in({3, -1});
       },
       "fan_in: negative size in shape [3, -1]"},
      {[] {
         fan_in({1, kHuge, kHuge});
       },
       "fan_in: too many elements in shape [1, 1099511627776, 1099511627776]"},
  };
  for (const auto& [name, gain, draw] : {Initial{"xavier_uniform", "gain", xavier_uniform},
                                         {"xavier_normal", "gain", xavier_normal},
                                         {"kaiming_uniform", "negative_slope", kaiming_uniform},
                                         {"kaiming_normal", "negative_slope", kaiming_normal}}) {
    const Draw call = draw;
    rows.push_back({[=] { call({3}, 1); }, name + ": a weight needs at least two axes, got [3]"});
    rows.push_back({[=] { call({-1, 2}, 1); }, name + ": negative size in shape [-1, 2]"});
    rows.push_back({[=] {
                      call({kHuge, kHuge}, 1);
                    },
                    name + ": too many elements in shape [1099511627776, 1099511627776]"});
    for (const double bad : {kNaN, kInfinity, -1e300})
      rows.push_back({[=] {
                        call({2, 2}, bad);
                      },
                      text(name, ": ", gain, " must be finite in float32, got ", bad)});
  }
  return rows;
}

}  // namespace

Rows module_rows() {
  Rows rows;
  for (const auto& of : {names, replaced, conversions_and_calls, summaries, initial_values})
    for (const test::ErrorCase& row : of()) rows.push_back(row);
  return rows;
}

}  // namespace gradian::misuse
