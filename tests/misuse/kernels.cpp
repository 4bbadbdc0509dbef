// The kernels on tensors: elementwise functions, comparisons, reductions, order, products, indices.
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

struct Unary {
  const char* name;
  Tensor (*kernel)(const Tensor&);
};
constexpr Unary kFloating[] = {
    {"exp", exp},   {"log", log},           {"log1p", log1p},     {"sqrt", sqrt},
    {"sin", sin},   {"cos", cos},           {"acos", acos},       {"tanh", tanh},
    {"erf", erf},   {"relu", relu},         {"sigmoid", sigmoid}, {"softplus", softplus},
    {"sign", sign}, {"isfinite", isfinite},
};
struct Binary {
  const char* name;
  Tensor (*kernel)(TensorOrNumber, TensorOrNumber);
};
constexpr Binary kBinary[] = {
    {"add", add},         {"sub", sub},
    {"mul", mul},         {"div", div},
    {"maximum", maximum}, {"minimum", minimum},
    {"equal", equal},     {"not_equal", not_equal},
    {"less", less},       {"less_equal", less_equal},
    {"greater", greater}, {"greater_equal", greater_equal},
};

Rows unary() {
  Rows rows;
  for (const Unary& of : kFloating) {
    const auto kernel = of.kernel;
    add_undefined(rows, {{of.name, [=] { kernel(Tensor()); }}});
    rows.push_back(
        {[=] { kernel(integers(2)); }, text(of.name, ": expected float32 or float64, got int64")});
  }
  add_undefined(rows, {{"abs", [] { abs(Tensor()); }},
                       {"square", [] { square(Tensor()); }},
                       {"neg", [] { -Tensor(); }},
                       {"full_like", [] { full_like(Tensor(), 1); }},
                       {"zeros_like", [] { zeros_like(Tensor()); }},
                       {"ones_like", [] { ones_like(Tensor()); }},
                       {"constant", [] { constant(1, Tensor()); }},
                       {"check_same_dtype", [] { check_same_dtype(Tensor(), floats(1)); }},
                       {"check_same_dtype", [] { check_same_dtype(floats(1), Tensor()); }}});
  return rows;
}

Rows binary() {
  Rows rows;
  for (const Binary& of : kBinary) {
    const auto kernel = of.kernel;
    add_undefined(rows, {{of.name, [=] { kernel(Tensor(), floats(1)); }},
                         {of.name, [=] { kernel(floats(1), Tensor()); }},
                         {of.name, [=] { kernel(Tensor(), 1); }},
                         {of.name, [=] { kernel(2, Tensor()); }}});
    const std::string dtypes = text(of.name, ": dtypes differ: ");
    const std::string number = text(of.name, ": an int64 array meets the number ");
    const std::string convert = ": convert it to float32 or float64 first";
    append(rows, {
                     {[=] { kernel(floats(2), doubles(2)); }, dtypes + "float32 and float64"},
                     {[=] { kernel(doubles(2), floats(2)); }, dtypes + "float64 and float32"},
                     {[=] { kernel(floats(2), integers(2)); }, dtypes + "float32 and int64"},
                     {[=] { kernel(integers(2), 0.5); }, number + "0.5" + convert},
                     {[=] { kernel(1e300, integers(2)); }, number + "1e+300" + convert},
                     {[=] { kernel(integers(2), kNaN); }, number + "nan" + convert},
                     {[=] { kernel(floats(2, 3), floats(2, 4)); },
                      text(of.name, ": shapes [2, 3] and [2, 4] do not broadcast")},
                     {[=] { kernel(floats(2, 3), floats(0)); },
                      text(of.name, ": shapes [2, 3] and [0] do not broadcast")},
                     {[=] { kernel(2, 3); },
                      text(of.name,
                           ": expected an array, got two numbers, 2 and 3, which have no "
                           "dtype: write Tensor::scalar for one")},
                 });
  }
  return rows;
}

Rows operators() {
  return {
      {[] { floats(1) + Tensor(); }, "add: the tensor is undefined"},
      {[] { floats(2) - floats(3); }, "sub: shapes [2] and [3] do not broadcast"},
      {[] { floats(2) * integers(2); }, "mul: dtypes differ: float32 and int64"},
      {[] { integers(2) / 0; }, "div: int64 division by 0"},
      {[] { (void)(integers(2) == 0.5); },
       "equal: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { (void)(floats(2) < doubles(2)); }, "less: dtypes differ: float32 and float64"},
  };
}

Rows powers_and_choices() {
  const std::string numbers =
      ": expected an array, got two numbers, 1 and 2, which have no dtype: write Tensor::scalar "
      "for one";
  return {
      {[] { pow(Tensor(), 2); }, "pow: the tensor is undefined"},
      {[] { pow(Tensor(), 3); }, "pow: the tensor is undefined"},
      {[] { pow(floats(1), Tensor()); }, "pow: the tensor is undefined"},
      {[] { pow(integers(2), integers(2)); }, "pow: expected float32 or float64, got int64"},
      {[] { pow(integers(2), 2); }, "pow: expected float32 or float64, got int64"},
      {[] { pow(floats(2), integers(2)); }, "pow: dtypes differ: float32 and int64"},
      {[] { pow(doubles(2), floats(2)); }, "pow: dtypes differ: float64 and float32"},
      {[] { pow(floats(2, 3), floats(2, 4)); }, "pow: shapes [2, 3] and [2, 4] do not broadcast"},
      {[] { where(Tensor(), floats(1), floats(1)); }, "where: the tensor is undefined"},
      {[] { where(floats(1), Tensor(), 1); }, "where: the tensor is undefined"},
      {[] { where(floats(1), Tensor(), floats(1)); }, "where: the tensor is undefined"},
      {[] { where(floats(1), floats(1), Tensor()); }, "where: the tensor is undefined"},
      {[] { where(floats(2), TensorOrNumber(1), 2); }, "where" + numbers},
      {[] { where(floats(2), doubles(2), floats(2)); },
       "where: dtypes differ: float64 and float32"},
      {[] { where(floats(2, 4), floats(2, 3), 0); },
       "where: shapes [2, 4] and [2, 3] do not broadcast"},
      {[] { where(floats(2), floats(3), floats(2)); },
       "where: shapes [3] and [2] do not broadcast"},
      {[] { where(floats(2), integers(2), 0.5); },
       "where: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { constant(0.5, integers(1)); },
       "constant: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { constant(0x1p63, integers(1)); },
       "constant: an int64 array meets the number 9.22337e+18: convert it to float32 or float64 "
       "first"},
      {[] { check_same_dtype(floats(1), integers(1)); },
       "check_same_dtype: dtypes differ: float32 and int64"},
  };
}

// A division of int64 that has no result, in one place and in a parallel block.
Rows divisions() {
  Rows rows{{[] { div(Tensor::from({INT64_MIN}), integers(1) - 1); },
             "div: int64 overflow: -9223372036854775808 / -1"}};
  for (const int64_t size : {1, 100003})
    rows.push_back({[=] {
                      Tensor divisors = Tensor::ones({size}, DType::int64);
                      divisors.slice(0, -1).fill(0);
                      div(Tensor::ones({size}, DType::int64), divisors);
                    },
                    "div: int64 division by 0"});
  return rows;
}

Rows reductions() {
  return {
      {[] { sum(Tensor()); }, "sum: the tensor is undefined"},
      {[] { sum(floats(2, 3), 2); }, "sum: axis 2 is out of range for 2 axes"},
      {[] { sum(floats(2, 3), -3); }, "sum: axis -3 is out of range for 2 axes"},
      {[] { sum(floats(2, 3), kHuge); }, "sum: axis 1099511627776 is out of range for 2 axes"},
      {[] { sum(Tensor::scalar(1), 0); }, "sum: axis 0 is out of range for 0 axes"},
      {[] {
         sum(floats(2, 3), Axes({0, -2}));
       },
       "sum: axis -2 is given twice"},
      {[] { cumsum(Tensor(), 0); }, "cumsum: the tensor is undefined"},
      {[] { cumsum(floats(2), 1); }, "cumsum: axis 1 is out of range for 1 axes"},
      {[] { cumsum(Tensor::scalar(1), 0); }, "cumsum: axis 0 is out of range for 0 axes"},
      {[] { argmax(Tensor()); }, "argmax: the tensor is undefined"},
      {[] { argmax(Tensor(), 0); }, "argmax: the tensor is undefined"},
      {[] { argmax(floats(0)); }, "argmax: axis 0 of shape [0] is empty"},
      {[] { argmax(floats(2, 0), 1); }, "argmax: axis 1 of shape [2, 0] is empty"},
      {[] { argmax(floats(2), 1); }, "argmax: axis 1 is out of range for 1 axes"},
      {[] { argmin(Tensor()); }, "argmin: the tensor is undefined"},
      {[] { argmin(Tensor(), 0); }, "argmin: the tensor is undefined"},
      {[] { argmin(floats(0)); }, "argmin: axis 0 of shape [0] is empty"},
      {[] { argmin(floats(2, 0), 1); }, "argmin: axis 1 of shape [2, 0] is empty"},
      {[] { argmin(floats(2), -2); }, "argmin: axis -2 is out of range for 1 axes"},
      {[] { log_softmax(Tensor(), 0); }, "log_softmax: the tensor is undefined"},
      {[] { log_softmax(floats(3), 1); }, "log_softmax: axis 1 is out of range for 1 axes"},
      {[] { log_softmax(integers(3), 0); }, "log_softmax: expected float32 or float64, got int64"},
      {[] { log_softmax_gradient(Tensor(), floats(3), 0); },
       "log_softmax_gradient: the tensor is undefined"},
      {[] { log_softmax_gradient(floats(3), Tensor(), 0); },
       "log_softmax_gradient: the tensor is undefined"},
      {[] { log_softmax_gradient(floats(3), floats(4), 0); },
       "log_softmax_gradient: y [3] but grad [4]"},
      {[] { log_softmax_gradient(floats(3), doubles(3), 0); },
       "log_softmax_gradient: dtypes differ: float32 and float64"},
      {[] { log_softmax_gradient(integers(3), integers(3), 0); },
       "log_softmax_gradient: expected float32 or float64, got int64"},
      {[] { log_softmax_gradient(floats(3), floats(3), -2); },
       "log_softmax_gradient: axis -2 is out of range for 1 axes"},
  };
}

Rows order() {
  static const auto x = [] { return floats(2, 3); };
  return {
      {[] { sort(Tensor()); }, "sort: the tensor is undefined"},
      {[] { sort(x(), 2); }, "sort: axis 2 is out of range for 2 axes"},
      {[] { sort(Tensor::scalar(1)); }, "sort: axis -1 is out of range for 0 axes"},
      {[] { argsort(Tensor()); }, "argsort: the tensor is undefined"},
      {[] { argsort(x(), -3); }, "argsort: axis -3 is out of range for 2 axes"},
      {[] { topk(Tensor(), 1); }, "topk: the tensor is undefined"},
      {[] { topk(x(), 4); }, "topk: k 4 is outside axis -1 of shape [2, 3]"},
      {[] { topk(x(), -1); }, "topk: k -1 is outside axis -1 of shape [2, 3]"},
      {[] { topk(x(), 1, 2); }, "topk: axis 2 is out of range for 2 axes"},
  };
}

Rows products() {
  return {
      {[] { matmul(floats(1, 1), Tensor()); }, "matmul: the tensor is undefined"},
      {[] { matmul(Tensor(), floats(1, 1)); }, "matmul: the tensor is undefined"},
      {[] { matmul(floats(2, 3), floats(4, 5)); },
       "matmul: inner dimensions differ: a [2, 3], b [4, 5]"},
      {[] { matmul(floats(3), floats(3, 2)); }, "matmul: expected matrices, got a [3], b [3, 2]"},
      {[] { matmul(floats(2, 3), floats()); }, "matmul: expected matrices, got a [2, 3], b []"},
      {[] { matmul(floats(2, 3, 4), floats(3, 4, 2)); },
       "matmul: shapes [2] and [3] do not broadcast"},
      {[] { matmul(floats(2, 3), doubles(3, 2)); }, "matmul: dtypes differ: float32 and float64"},
      {[] { matmul(integers(2, 3), integers(3, 2)); },
       "matmul: expected float32 or float64, got int64"},
      {[] { linear(Tensor(), floats(1, 1)); }, "linear: the tensor is undefined"},
      {[] { linear(floats(1, 1), Tensor()); }, "linear: the tensor is undefined"},
      {[] { linear(floats(4, 3), floats(3, 2)); },
       "linear: expected x [..., I] and weight [O, I], got x [4, 3], weight [3, 2]"},
      {[] { linear(floats(), floats(3, 2)); },
       "linear: expected x [..., I] and weight [O, I], got x [], weight [3, 2]"},
      {[] { linear(floats(4, 3), floats(3)); },
       "linear: expected x [..., I] and weight [O, I], got x [4, 3], weight [3]"},
      {[] { linear(floats(2, 3), floats(4, 3), floats(3)); }, "linear: expected bias [4], got [3]"},
      {[] { linear(floats(2, 3), floats(4, 3), floats()); }, "linear: expected bias [4], got []"},
      {[] { linear(floats(2, 3), floats(4, 3), doubles(4)); },
       "linear: dtypes differ: float32 and float64"},
      {[] { linear(floats(2, 3), doubles(4, 3)); }, "linear: dtypes differ: float32 and float64"},
      {[] { linear(integers(2, 3), integers(4, 3)); },
       "linear: expected float32 or float64, got int64"},
  };
}

Rows indexing() {
  static const auto x = [] { return floats(2, 3); };
  static const auto at = [](double index) {
    return Tensor::full(sizes(2, 1), index, DType::int64);
  };
  const std::string size_3 = " is outside 0 to 2";
  return {
      {[] { gather(Tensor(), 0, integers(1)); }, "gather: the tensor is undefined"},
      {[] { gather(x(), 0, Tensor()); }, "gather: the tensor is undefined"},
      {[] { gather(x(), 1, at(3)); }, "gather: index 3" + size_3},
      {[] { gather(x(), 1, at(-1)); }, "gather: index -1" + size_3},
      {[] { gather(x(), 1, at(-0x1p63)); }, "gather: index -9223372036854775808" + size_3},
      {[] { gather(floats(2, 0), 1, at(0)); }, "gather: index 0 is outside 0 to -1"},
      {[] { gather(x(), 1, floats(2, 1)); }, "gather: the index must be int64, got float32"},
      {[] { gather(x(), 2, at(0)); }, "gather: axis 2 is out of range for 2 axes"},
      {[] { gather(Tensor::scalar(1), 0, at(0)); }, "gather: axis 0 is out of range for 0 axes"},
      {[] { gather(x(), 1, integers(2)); }, "gather: index [2] does not fit [2, 3] along axis 1"},
      {[] { gather(x(), 1, integers(3, 1)); },
       "gather: index [3, 1] does not fit [2, 3] along axis 1"},
      {[] {  // one among many, in a parallel block
         Tensor many = integers(100003);
         many.slice(0, 100000, 100001).fill(17);
         gather(floats(10), 0, many);
       },
       "gather: index 17 is outside 0 to 9"},
      {[] { scatter_add({1}, 0, integers(1), Tensor()); }, "scatter_add: the tensor is undefined"},
      {[] { scatter_add({1}, 0, Tensor(), floats(1)); }, "scatter_add: the tensor is undefined"},
      {[] { scatter_add(sizes(2, 3), 1, at(3), floats(2, 1)); }, "scatter_add: index 3" + size_3},
      {[] { scatter_add(sizes(2, 3), 1, at(-1), floats(2, 1)); }, "scatter_add: index -1" + size_3},
      {[] { scatter_add(sizes(2, 3), 1, floats(2, 1), floats(2, 1)); },
       "scatter_add: the index must be int64, got float32"},
      {[] { scatter_add(sizes(2, 3), 1, at(0), floats(2, 2)); },
       "scatter_add: index [2, 1] but source [2, 2]"},
      {[] { scatter_add(sizes(1, 3), 1, at(0), floats(2, 1)); },
       "scatter_add: index [2, 1] does not fit [1, 3] along axis 1"},
      {[] { scatter_add(sizes(2, 3), -3, at(0), floats(2, 1)); },
       "scatter_add: axis -3 is out of range for 2 axes"},
      {[] { scatter_add({}, 0, at(0), floats(2, 1)); },
       "scatter_add: axis 0 is out of range for 0 axes"},
      {[] { scatter_add(sizes(2, -3), 1, at(0), floats(2, 1)); },
       "scatter_add: negative size in shape [2, -3]"},
      {[] { one_hot(Tensor(), 3, DType::float32); }, "one_hot: the tensor is undefined"},
      {[] { one_hot(at(4), 4, DType::float32); }, "one_hot: index 4 is outside 0 to 3"},
      {[] { one_hot(at(-1), 4, DType::float32); }, "one_hot: index -1 is outside 0 to 3"},
      {[] { one_hot(floats(2), 4, DType::float32); },
       "one_hot: the index must be int64, got float32"},
      {[] { one_hot(integers(2), -1, DType::float32); }, "one_hot: negative size in shape [2, -1]"},
      {[] { one_hot(integers(2), 0, DType::float32); }, "one_hot: index 0 is outside 0 to -1"},
      {[] { one_hot(Tensor::zeros(Shape::filled(8, 1), DType::int64), 2, DType::float32); },
       "one_hot: expected at most 8 axes, got 9"},
  };
}

Rows joining() {
  static const auto join = [](const Tensor& a, const Tensor& b, int axis) {
    concat(std::vector<Tensor>{a, b}, axis);
  };
  return {
      {[] { concat(std::vector<Tensor>(), 0); }, "concat: no tensors"},
      {[] { join(floats(1), Tensor(), 0); }, "concat: the tensor is undefined"},
      {[] { join(Tensor(), floats(1), 0); }, "concat: the tensor is undefined"},
      {[] { join(floats(2, 3), floats(2, 4), 0); },
       "concat: shapes [2, 3] and [2, 4] differ outside axis 0"},
      {[] { join(floats(2, 3), floats(2), 1); },
       "concat: shapes [2, 3] and [2] differ outside axis 1"},
      {[] { join(floats(2, 3), integers(2, 3), 0); }, "concat: dtypes differ: float32 and int64"},
      {[] { concat({floats(2, 3)}, 2); }, "concat: axis 2 is out of range for 2 axes"},
      {[] { concat({floats(2, 3)}, -3); }, "concat: axis -3 is out of range for 2 axes"},
      {[] { concat({Tensor::scalar(1)}, 0); }, "concat: axis 0 is out of range for 0 axes"},
  };
}

}  // namespace

Rows kernel_rows() {
  Rows rows;
  for (const auto& make : {unary, binary, operators, powers_and_choices, divisions, reductions,
                           order, products, indexing, joining})
    append(rows, make());
  return rows;
}

}  // namespace gradian::misuse
