// Functions by what they take and return: the compiler picks the overload, and with it what
// arguments to make. The target itself stands at the end.
#include "tests/fuzz/functions.h"

#include <sstream>
#include <tuple>

#include "losses/cross_entropy.h"
#include "losses/regression.h"
#include "tensor/conv/conv2d.h"
#include "tests/fuzz/targets.h"

namespace gradian::fuzz {
namespace {

template <class T>
struct Held {
  using Type = T;
};
template <class Array>
struct Held<Operand<Array>> {
  using Type = ArrayOrNumber<Array>;
};
template <class T>
using HeldIn = typename Held<std::decay_t<T>>::Type;

Variable as_variable(const Variable& x) { return x; }
Variable as_variable(const Tensor& x) { return x.defined() ? Variable(x) : Variable(); }
Variable as_variable(const ValuesAndIndices& x) { return as_variable(x.values); }
Variable as_variable(const MaxPool2dResult& x) { return as_variable(x.indices); }
template <class Other>
Variable as_variable(const Other&) {
  return {};
}

template <class R, class... A>
std::function<Variable(Source&)> calls(R (*function)(A...)) {
  return [function](Source& source) {
    std::tuple<HeldIn<A>...> arguments{source.make<HeldIn<A>>()...};  // from left to right
    return as_variable(std::apply(function, arguments));
  };
}

class Table {
 public:
  template <class Signature>
  struct Row {
    const char* name;
    Signature* function;
  };
  template <class Signature>
  void add(std::initializer_list<Row<Signature>> rows) {
    for (const auto& [name, function] : rows) all.push_back({name, calls(function)});
  }
  std::vector<Function> all;
};

using V = const Variable&;
using T = const Tensor&;
using VN = VariableOrNumber;
using TN = TensorOrNumber;
using AxesRef = const Axes&;
using Number = std::optional<double>;
using Strides = const Conv2dOptions&;
using Windows = const Pool2dOptions&;

void add_differentiable(Table& table) {
  table.add<Variable(V)>({{"neg", neg},         {"exp", exp},         {"log", log},
                          {"log1p", log1p},     {"sqrt", sqrt},       {"sin", sin},
                          {"cos", cos},         {"acos", acos},       {"tanh", tanh},
                          {"erf", erf},         {"sigmoid", sigmoid}, {"softplus", softplus},
                          {"relu", relu},       {"abs", abs},         {"square", square},
                          {"rsqrt", rsqrt},     {"silu", silu},       {"reciprocal", reciprocal},
                          {"squeeze", squeeze}, {"operator-", operator-}});
  table.add<Variable(V, V)>({{"prelu", prelu}, {"matmul", matmul}});
  table.add<Variable(VN, VN)>({{"add", add},
                             {"sub", sub},
                             {"mul", mul},
                             {"div", div},
                             {"maximum", maximum},
                             {"minimum", minimum},
{"operator+", operator+},
                               {"operator-", operator-},
                               {"operator*", operator*},
                               {"operator/", operator/},
                               {"pow", pow}});
  table.add<Variable&(Variable&, VN)>({{"operator+=", operator+=},
                                       {"operator-=", operator-=},
                                       {"operator*=", operator*=},
                                       {"operator/=", operator/=}});
  table.add<Variable(T, VN, VN)>({{"where", where}});
  table.add<Variable(V, Number, Number)>({{"clamp", clamp}});
  table.add<Variable(V, double)>({{"leaky_relu", leaky_relu}});
  table.add<Variable(V, bool)>({{"gelu", gelu}});
  table.add<Variable(V, double, bool)>({{"dropout", dropout}});
  table.add<Variable(V, AxesRef)>({{"permute", permute}, {"flip", flip}});
  table.add<Variable(V, int)>({{"squeeze", squeeze},
                               {"unsqueeze", unsqueeze},
                               {"cumsum", cumsum},
                               {"log_softmax", log_softmax},
                               {"softmax", softmax}});
  table.add<Variable(V, int, int)>({{"transpose", transpose}, {"flatten", flatten}});
  table.add<Variable(V, int, int64_t)>({{"select", select}});
  table.add<Variable(V, int, int64_t, int64_t, int64_t)>({{"slice", slice}});
  table.add<Variable(V, const Shape&, int, int64_t, int64_t)>({{"slice_adjoint", slice_adjoint}});
  table.add<Variable(V, const Shape&)>(
      {{"reshape", reshape}, {"expand", expand}, {"sum_to", sum_to}});
  table.add<Variable(V, const Shape&, double)>({{"pad", pad}});
  table.add<Variable(const std::vector<Variable>&, int)>({{"concat", concat}, {"stack", stack}});
  table.add<Variable(V, AxesRef, bool)>({{"sum", sum},
                                         {"mean", mean},
                                         {"max", max},
                                         {"min", min},
                                         {"logsumexp", logsumexp},
                                         {"norm", norm}});
  table.add<Variable(V, AxesRef, int64_t, bool)>({{"var", var}});
  table.add<Variable(V, int, double)>({{"normalize", normalize}});
  table.add<Variable(V, V, int, double)>({{"cosine_similarity", cosine_similarity}});
  table.add<Variable(V, const Shape&, V, V, double)>({{"layer_norm", layer_norm}});
  table.add<Variable(V, T, T, V, V, double, BatchStatistics*, V)>({{"batch_norm", batch_norm}});
  table.add<Variable(V, int, T)>({{"gather", gather}, {"index_select", index_select}});
  table.add<Variable(const Shape&, int, T, V)>({{"scatter_add", scatter_add}});
  table.add<Variable(T, V)>({{"embedding", embedding}});
  table.add<Variable(V, V, V)>({{"linear", linear}});
  table.add<Variable(V, V, V, Strides)>({{"conv2d", conv2d}});
  table.add<Variable(V, V, Strides)>({{"conv2d", conv2d}});
  table.add<Variable(V, V, const Shape&, Strides)>(
      {{"conv2d_input_gradient", conv2d_input_gradient},
       {"conv2d_weight_gradient", conv2d_weight_gradient}});
  // Of a gradient that has the right shape, too.
  table.add<Variable(V, V, Strides)>(
      {{"conv2d_input_gradient",
        [](V x, V w, Strides options) {
          return conv2d_input_gradient(conv2d(x, w, options), w, x.shape(), options);
        }},
       {"conv2d_weight_gradient", [](V x, V w, Strides options) {
          return conv2d_weight_gradient(conv2d(x, w, options), x, w.shape(), options);
        }}});
  table.add<Variable(V, V, T, double, const MarginFunction&)>(
      {{"margin_cross_entropy", margin_cross_entropy},
       {"margin_cross_entropy_composite", margin_cross_entropy_composite}});
  table.add<Variable(V, Windows)>({{"max_pool2d", max_pool2d}});
  table.add<Variable(V, Windows, bool)>({{"avg_pool2d", avg_pool2d}});
  table.add<Variable(V, const Pair&)>({{"adaptive_avg_pool2d", adaptive_avg_pool2d}});
  table.add<Variable(V, T, const CrossEntropyOptions&)>(
      {{"cross_entropy", cross_entropy}, {"nll_loss", nll_loss}});
  table.add<Variable(V, V, const LossOptions&)>({{"mse_loss", mse_loss}, {"l1_loss", l1_loss}});
}

void add_plain(Table& table) {
  table.add<Tensor(T)>({{"exp", exp},
                        {"log", log},
                        {"log1p", log1p},
                        {"sqrt", sqrt},
                        {"sin", sin},
                        {"cos", cos},
                        {"acos", acos},
                        {"tanh", tanh},
                        {"erf", erf},
                        {"sigmoid", sigmoid},
                        {"softplus", softplus},
                        {"relu", relu},
                        {"sign", sign},
                        {"abs", abs},
                        {"square", square},
                        {"isfinite", isfinite},
                        {"operator-", operator-},
                        {"zeros_like", zeros_like},
                        {"ones_like", ones_like},
                        {"argmax", argmax},
                        {"argmin", argmin}});
  table.add<Tensor(T, T)>({{"matmul", matmul}});
  table.add<Tensor(TN, TN)>({{"add", add},
                           {"sub", sub},
                           {"mul", mul},
                           {"div", div},
                           {"maximum", maximum},
                           {"minimum", minimum},
                           {"equal", equal},
                           {"less", less},
                           {"less_equal", less_equal},
                           {"greater", greater},
                           {"greater_equal", greater_equal},
                           {"not_equal", not_equal},
{"operator+", operator+},
                             {"operator-", operator-},
                             {"operator*", operator*},
                             {"operator/", operator/},
                             {"operator==", operator==},
                             {"operator!=", operator!=},
                             {"operator<", operator<},
                             {"operator<=", operator<=},
                             {"operator>", operator>},
                             {"operator>=", operator>= } });
  table.add<Tensor(VN, VN)>({{"operator==", operator==},
                             {"operator!=", operator!=},
                             {"operator<", operator<},
                             {"operator<=", operator<=},
                             {"operator>", operator>},
                             {"operator>=", operator>= } });
  table.add<Tensor(T, TN)>({{"pow", pow}});
  table.add<Tensor(T, TN, TN)>({{"where", where}});
  table.add<Tensor(T, double)>({{"full_like", full_like}});
  table.add<Tensor(double, T)>(
      {{"constant", [](double value, T x) { return constant(value, x); }}});
  table.add<Tensor(T, AxesRef, bool)>(
      {{"sum", sum}, {"mean", mean}, {"max", max}, {"min", min}, {"norm", norm}});
  table.add<Tensor(T, AxesRef, int64_t, bool)>({{"var", var}});
  table.add<Tensor(T, Number, Number)>({{"clamp", clamp}});
  table.add<Tensor(T, int)>(
      {{"cumsum", cumsum}, {"log_softmax", log_softmax}, {"softmax", softmax}});
  table.add<Tensor(T, int, bool)>({{"argmax", argmax}, {"argmin", argmin}, {"argsort", argsort}});
  table.add<Tensor(V, int, bool)>({{"argmax", argmax}, {"argmin", argmin}});
  table.add<Tensor(T, T, int)>({{"log_softmax_gradient", log_softmax_gradient}});
  table.add<ValuesAndIndices(T, int, bool)>({{"sort", sort}});
  table.add<ValuesAndIndices(T, int64_t, int, bool)>({{"topk", topk}});
  table.add<Tensor(T, T, T)>({{"linear", linear}});
  table.add<Tensor(T, int, T)>({{"gather", gather}});
  table.add<Tensor(const Shape&, int, T, T)>({{"scatter_add", scatter_add}});
  table.add<Tensor(T, int64_t, DType)>({{"one_hot", one_hot}});
  table.add<Tensor(const std::vector<Tensor>&, int)>({{"concat", concat}});
  table.add<Tensor(T, T, T, Strides)>({{"conv2d", conv2d}});
  table.add<Tensor(T, T, Strides)>({{"conv2d", conv2d}});
  table.add<Tensor(T, T, const Shape&, Strides)>(
      {{"conv2d_input_gradient", conv2d_input_gradient},
       {"conv2d_weight_gradient", conv2d_weight_gradient}});
  table.add<MaxPool2dResult(T, Windows)>({{"max_pool2d", max_pool2d}});
}

// Tensor's own, which functions of the same name call with arguments that they have checked.
void add_members(Table& table) {
  table.add<Tensor(T, const Shape&)>(
      {{"Tensor::reshape", [](T x, const Shape& shape) { return x.reshape(shape); }},
       {"Tensor::expand", [](T x, const Shape& shape) { return x.expand(shape); }},
       {"Tensor::at", [](T x, const Shape& index) { return Tensor::scalar(x.at(index)); }}});
  table.add<Tensor(T, AxesRef)>(
      {{"Tensor::permute", [](T x, AxesRef axes) { return x.permute(axes); }},
       {"Tensor::flip", [](T x, AxesRef axes) { return x.flip(axes); }}});
  table.add<Tensor(T, int)>({{"Tensor::unsqueeze", [](T x, int axis) { return x.unsqueeze(axis); }},
                             {"Tensor::squeeze", [](T x, int axis) { return x.squeeze(axis); }}});
  table.add<Tensor(T, int, int64_t, int64_t, int64_t)>(
      {{"Tensor::slice", [](T x, int axis, int64_t begin, int64_t end, int64_t step) {
          return x.slice(axis, begin, end, step);
        }}});
  table.add<Tensor(T, DType)>({{"Tensor::to", [](T x, DType dtype) { return x.to(dtype); }}});
  table.add<Tensor(T, T)>({{"Tensor::copy_from", [](T x, T source) {
                              Tensor copy = x.clone();
                              copy.copy_from(source);
                              return copy;
                            }}});
  table.add<Tensor(T, double)>({{"Tensor::fill", [](T x, double value) {
                                   Tensor copy = x.clone();
                                   copy.fill(value);
                                   return copy;
                                 }}});
  table.add<Tensor(const Shape&, double, DType)>({{"Tensor::full", Tensor::full}});
  table.add<Tensor(double, double, int64_t, DType)>({{"Tensor::linspace", Tensor::linspace}});
  table.add<Tensor(T)>({{"print", [](T x) {
                           std::ostringstream out;
                           out << x;
                           return x;
                         }}});
}

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> all = [] {
    Table table;
    add_differentiable(table);
    add_plain(table);
    add_members(table);
    return table.all;
  }();
  return all;
}

// Some calls, each of which may use the results of those before, and the gradients of the last.
void call_functions(std::string_view bytes) {
  Source source(bytes);
  for (int call = 0; call < 4 && !source.empty(); ++call) {
    const Function& function = functions()[source.below(functions().size())];
    try {
      const Variable result = function.call(source);
      if (!result.defined()) continue;
      source.remember(result);
      if (result.requires_grad() && source.one_in(2)) sum(result).backward();
    } catch (const Error&) {
    }
  }
}

}  // namespace gradian::fuzz
