// What the optimisers refuse: parameters that could never be trained, or not any more, and numbers
// that make no sense. Every error begins with the optimiser and names the parameter.

#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

using nn::Adam;
using nn::AdamW;
using nn::Parameter;
using nn::RMSprop;
using nn::SGD;

using Parameters = std::vector<Parameter>;
using Groups = std::vector<nn::ParameterGroup>;

}  // namespace

TEST_CASE("optimizer: parameters that could never be trained are refused") {
  const Parameter p{"p", leaf(1)}, q{"q", leaf(1)};
  const Parameter alias{"alias", p.variable};
  const auto given = [](const std::string& name, const Variable& variable) {
    return [=] { Adam(Parameters{{name, variable}}, {}); };
  };
  SGD sgd(Parameters{p}, {});
  check_errors({
      {[&] {
         SGD(Parameters{p, p}, {});
       },
       "SGD: parameter 'p' is given twice"},
      {[&] {
         Adam(Groups{{{p}}, {{q, alias}}}, {});
       },
       "Adam: parameter 'alias' is given twice"},
      {[&] { sgd.add_parameter_group({{alias}}); }, "SGD: parameter 'alias' is given twice"},
      {given("w", p.variable * 0.01),
       "Adam: parameter 'w' is the result of mul, only leaves are trained: compute its value "
       "first, then make a Variable of it that requires grad"},
      {given("w", Variable()), "Adam: parameter 'w' is undefined"},
      {given("w", Variable(integers({1, 2}))),
       "Adam: parameter 'w' is int64, expected float32 or float64"},
      {[] { AdamW(Groups{}, {}); }, "AdamW: there is no parameter to train"},
      {[&] {
         SGD(Groups{{{p}}, {}}, {});
       },
       "SGD: group 1 holds no parameter; the layers of a module must be registered with "
       "add_module"},
  });
}

TEST_CASE("optimizer: an option that belongs to another optimiser is refused, in a group too") {
  const Parameters p{{"p", leaf(1)}};
  check_errors({
      {[&] {
         SGD(p, {.betas = {0.9, 0.99}});
       },
       "SGD: there is no option betas"},
      {[&] { SGD(p, {.eps = 1e-8}); }, "SGD: there is no option eps"},
      {[&] { Adam(p, {.momentum = 0.9}); }, "Adam: there is no option momentum"},
      {[&] {
         AdamW({{p, {.nesterov = false}}});
       },
       "AdamW: there is no option nesterov"},
      {[&] { RMSprop(p, {.dampening = 0}); }, "RMSprop: there is no option dampening"},
      {[&] { Adam(p).set_options(0, {.centered = true}); }, "Adam: there is no option centered"},
  });
}

TEST_CASE("optimizer: a step without any gradient trains nothing and says so") {
  const Variable w = leaf(1), unused = leaf(2);
  SGD sgd({w, unused}, 0.5);
  const std::string error =
      "SGD: step() found no gradient; call backward() on a loss that these parameters are part of";
  check_errors({{[&] { sgd.step(); }, error}});
  (w * w).backward();
  sgd.step();
  check_values(w, {0});
  sgd.zero_grad();
  check_errors({{[&] { sgd.step(); }, error}});
}

TEST_CASE("optimizer: numbers that make no sense are refused, those set later too") {
  const Parameters p{{"p", leaf(1)}};
  const auto text_of = [](const std::string& what, const std::string& value) {
    return what + " must be finite and not negative, got " + value;
  };
  SGD sgd(p, {});
  check_errors({
      {[&] { SGD(p, {.lr = -1}); }, text_of("SGD: lr", "-1")},
      {[&] { SGD(p, {.lr = kInfinity}); }, text_of("SGD: lr", "inf")},
      {[&] { SGD(p, {.momentum = -0.9}); }, text_of("SGD: momentum", "-0.9")},
      {[&] { SGD(p, {.momentum = kNaN}); }, text_of("SGD: momentum", "nan")},
      {[&] { SGD(p, {.momentum = 0.9, .dampening = -1}); }, text_of("SGD: dampening", "-1")},
      {[&] { SGD(p, {.weight_decay = -1}); }, text_of("SGD: weight_decay", "-1")},
      {[&] {
         AdamW(Groups{{p, {.weight_decay = -0.5}}}, {});
       },
       text_of("AdamW: weight_decay", "-0.5")},
      {[&] { SGD(p, {.nesterov = true}); }, "SGD: nesterov needs a momentum and no dampening"},
      {[&] { SGD(p, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); },
       "SGD: nesterov needs a momentum and no dampening"},
      {[&] { Adam(p, {.lr = kNaN}); }, text_of("Adam: lr", "nan")},
      {[&] { Adam(p, {.eps = -1}); }, text_of("Adam: eps", "-1")},
      {[&] { AdamW(p, {.eps = kNaN}); }, text_of("AdamW: eps", "nan")},
      {[&] { Adam(p, {.betas = {.second = 1}}); }, "Adam: betas must be below 1, got 1"},
      {[&] { AdamW(p, {.betas = {-0.1}}); }, text_of("AdamW: betas", "-0.1")},
      {[&] { Adam(p, {.betas = {kNaN}}); }, text_of("Adam: betas", "nan")},
      {[&] { RMSprop(p, {.alpha = 1.5}); }, "RMSprop: alpha must be at most 1, got 1.5"},
      {[&] { RMSprop(p, {.alpha = kNaN}); }, text_of("RMSprop: alpha", "nan")},
      {[&] { RMSprop(p, {.momentum = kInfinity}); }, text_of("RMSprop: momentum", "inf")},
      {[&] { sgd.set_lr_factor(-1); }, text_of("SGD: the factor of lr", "-1")},
      {[&] { sgd.set_lr_factor(kNaN); }, text_of("SGD: the factor of lr", "nan")},
      {[&] { sgd.set_lr(0, kNaN); }, text_of("SGD: lr", "nan")},
      {[&] { sgd.set_lr(1, 0.1); }, "SGD: there is no group 1, only 1"},
      {[&] { sgd.set_options(0, {.weight_decay = -2}); }, text_of("SGD: weight_decay", "-2")},
      {[&] { sgd.set_options(7, {.weight_decay = 0}); }, "SGD: there is no group 7, only 1"},
  });
  CHECK(sgd.lr() == 1e-3);
}

TEST_CASE(
    "optimizer: after Module::to the state of before no longer fits, and the error says whose") {
  const auto train = [](auto&& optimizer, nn::Linear& layer, DType dtype) {
    layer.to(dtype);
    sum(layer(Variable(Tensor::ones({1, 2}, dtype)))).backward();
    optimizer.step();
  };
  const auto check_refused = [&](auto&& optimizer, nn::Linear& layer, const std::string& kind) {
    train(optimizer, layer, DType::float32);
    check_errors({{[&] { train(optimizer, layer, DType::float64); },
                   kind + ": parameter 'weight' is float64 [3, 2], its state float32 [3, 2]; an "
                          "optimiser is made after Module::to"}});
  };
  nn::Linear layer(2, 3);
  check_refused(SGD(layer.named_parameters(), {.momentum = 0.9}), layer, "SGD");
  layer.to(DType::float32);
  check_refused(Adam(layer.named_parameters(), {}), layer, "Adam");
  layer.to(DType::float32);
  check_refused(AdamW(layer.named_parameters(), {}), layer, "AdamW");
  layer.to(DType::float32);
  check_refused(RMSprop(layer.named_parameters()), layer, "RMSprop");
  // Without momentum SGD keeps nothing.
  layer.to(DType::float32);
  SGD plain(layer.named_parameters(), {.lr = 1});
  train(plain, layer, DType::float32);
  const Tensor before = layer.weight.value().to(DType::float64);
  train(plain, layer, DType::float64);
  check_close(layer.weight.value(), sub(before, Tensor::scalar(1, DType::float64)));
}

}  // namespace gradian::test
