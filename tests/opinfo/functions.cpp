// The rows of functions on tensors: elementwise, shape, reductions, norms, products, lookups.
// Losses and layers have files of their own.
#include "tests/opinfo/functions.h"

#include <algorithm>
#include <limits>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/special_values.h"

namespace gradian::opinfo {
namespace {

using test::kInfinity;

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

Row unary(Variable (*f)(const Variable&)) {
  return [f](Call& c) { return f(c.variable("input")); };
}

Row binary(Variable (*f)(const Variable&, const Variable&)) {
  return [f](Call& c) {
    const Variable input = c.variable("input");
    if (c.is_number("other")) throw LeftOut{"does not compile: a number as an operand"};
    return f(input, c.variable("other"));
  };
}

// An operator, which has a form for numbers too.
template <class Operation>
Row arithmetic(Operation operation) {
  return [operation](Call& c) -> Variable {
    const Variable input = c.variable("input");
    if (is_floating(input.dtype()) && c.is_number("other"))
      return operation(input, c.number("other"));
    return operation(input, c.variable("other"));
  };
}

// Kernels that have no gradient.
Row unary_kernel(Tensor (*f)(const Tensor&)) {
  return [f](Call& c) { return Variable(f(c.variable("input").value())); };
}

Row comparison(Tensor (*f)(TensorOrNumber, TensorOrNumber)) {
  return [f](Call& c) {
    const Variable input = c.variable("input");
    return Variable(f(input.value(), c.variable("other").value()));
  };
}

Row reduction(Variable (*f)(const Variable&, const Axes&, bool)) {
  return [f](Call& c) { return f(c.variable("input"), c.axes("dim"), c.flag("keepdim", false)); };
}

Variable clamped(Call& c, const char* low, const char* high, std::optional<double> lowest,
                 std::optional<double> highest) {
  const auto bound = [&](const char* name, std::optional<double> otherwise) {
    if (!c.has(name)) return otherwise;
    if (!c.is_number(name)) throw LeftOut{"bounds that are tensors"};
    return std::optional<double>(c.number(name));
  };
  const std::optional<double> from = bound(low, lowest), to = bound(high, highest);
  return clamp(c.variable("input"), from, to);
}

Variable variance(Call& c) {
  const bool unbiased = c.flag("unbiased", true);
  const double correction = c.number("correction", unbiased ? 1 : 0);
  if (correction != static_cast<double>(static_cast<int64_t>(correction)))
    throw LeftOut{"correction that is no whole number"};
  return var(c.variable("input"), c.axes("dim"), static_cast<int64_t>(correction),
             c.flag("keepdim", false));
}

// PyTorch's p-norms of vectors: p = 2 is ours.
Variable euclidean_norm(Call& c, const char* order) {
  const std::string p = c.word(order, "2");
  if (p != "2" && p != "2.0" && p != "fro") throw LeftOut{text(order, " other than 2")};
  return norm(c.variable("input"), c.axes("dim"), c.flag("keepdim", false));
}

// The first and last index count from the end where they are negative, as in Python.
Variable python_slice(Call& c) {
  const Variable x = c.variable("input");
  const int axis = c.axis("dim", 0);
  const int64_t size = x.size(axis);
  const auto position = [size](int64_t i) {
    return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const int64_t begin = position(c.integer("start", 0)), end = position(c.integer("end", kEnd));
  return slice(x, axis, begin, std::max(begin, end), c.integer("step", 1));
}

Variable narrowed(Call& c) {
  const Variable x = c.variable("input");
  const int axis = c.axis("dim");
  if (!c.is_number("start")) throw LeftOut{"start that is a tensor"};
  const int64_t start = c.integer("start"), length = c.integer("length"), size = x.size(axis);
  if (length < 0) throw LeftOut{"length below 0, which slice() takes for an end"};
  // slice() counts a negative end from the end too, so only what lies inside may be made positive
  const int64_t begin = start < 0 && start + size >= 0 ? start + size : start;
  return slice(x, axis, begin, begin + length);
}

// PyTorch's adds to `input`.
Variable scattered(Call& c) {
  const Variable x = c.variable("input");
  return x + scatter_add(x.shape(), c.axis("dim"), c.tensor("index"), c.variable("src"));
}

Variable normed_batch(Call& c) {
  const bool training = c.flag("training", false);
  const Tensor mean = c.optional_tensor("running_mean"), var = c.optional_tensor("running_var");
  c.ignore("momentum");  // of running statistics, which are nn::BatchNorm's
  return batch_norm(c.variable("input"), training ? Tensor() : mean, training ? Tensor() : var,
                    c.optional_variable("weight"), c.optional_variable("bias"),
                    c.number("eps", 1e-5));
}

// The channels of PyTorch's slopes lie on axis 1.
Variable rectified(Call& c) {
  const Variable x = c.variable("input"), weight = c.variable("weight");
  if (weight.dim() != 1 || weight.numel() == 1 || x.dim() < 2) return prelu(x, weight);
  Shape channels = Shape::filled(x.dim() - 1, 1);
  channels[0] = weight.numel();
  return prelu(x, reshape(weight, channels));
}

Table elementwise() {
  Table rows = {
      {"neg", unary(neg)},
      {"abs", unary(abs)},
      {"exp", unary(exp)},
      {"log", unary(log)},
      {"square", unary(square)},
      {"reciprocal", unary(reciprocal)},
      {"rsqrt", unary(rsqrt)},
      {"log1p", unary(log1p)},
      {"sqrt", unary(sqrt)},
      {"sin", unary(sin)},
      {"cos", unary(cos)},
      {"acos", unary(acos)},
      {"tanh", unary(tanh)},
      {"erf", unary(erf)},
      {"sigmoid", unary(sigmoid)},
      {"nn.functional.softplus", unary(softplus)},
      {"nn.functional.relu", unary(relu)},
      {"nn.functional.silu", unary(silu)},
      {"sign", unary_kernel(sign)},
      {"isfinite", unary_kernel(isfinite)},
      {"eq", comparison(equal)},
      {"lt", comparison(less)},
      {"le", comparison(less_equal)},
      {"gt", comparison(greater)},
      {"ge", comparison(greater_equal)},
      {"ne", comparison(not_equal)},
      {"maximum", binary([](const Variable& a, const Variable& b) { return maximum(a, b); })},
      {"minimum", binary([](const Variable& a, const Variable& b) { return minimum(a, b); })},
      {"max.binary", binary([](const Variable& a, const Variable& b) { return maximum(a, b); })},
      {"min.binary", binary([](const Variable& a, const Variable& b) { return minimum(a, b); })},
      {"add", arithmetic([](const Variable& a, const auto& b) { return a + b; })},
      {"sub", arithmetic([](const Variable& a, const auto& b) { return a - b; })},
      {"mul", arithmetic([](const Variable& a, const auto& b) { return a * b; })},
      {"div.no_rounding_mode", arithmetic([](const Variable& a, const auto& b) { return a / b; })},
      {"__radd__", arithmetic([](const Variable& a, const auto& b) { return b + a; })},
      {"__rsub__", arithmetic([](const Variable& a, const auto& b) { return b - a; })},
      {"__rmul__", arithmetic([](const Variable& a, const auto& b) { return b * a; })},
      {"__rdiv__", arithmetic([](const Variable& a, const auto& b) { return b / a; })},
  };
  rows["true_divide"] = rows["div.no_rounding_mode"];
  rows["rsub"] = rows["__rsub__"];
  rows["pow"] = [](Call& c) -> Variable {
    const Variable x = c.variable("input");
    if (c.is_number("exponent")) return pow(x, c.number("exponent"));
    return pow(x, c.variable("exponent"));
  };
  rows["where"] = [](Call& c) {
    return where(c.tensor("condition"), c.variable("input"), c.variable("other"));
  };
  rows["clamp"] = [](Call& c) { return clamped(c, "min", "max", {}, {}); };
  rows["nn.functional.hardtanh"] = [](Call& c) { return clamped(c, "min_val", "max_val", -1, 1); };
  rows["nn.functional.leaky_relu"] = [](Call& c) {
    return leaky_relu(c.variable("input"), c.number("negative_slope", 0.01));
  };
  rows["nn.functional.prelu"] = rectified;
  rows["nn.functional.gelu"] = [](Call& c) {
    const std::string kind = c.word("approximate", "none");
    if (kind != "none" && kind != "tanh") throw LeftOut{"does not compile: another approximate"};
    return gelu(c.variable("input"), kind == "tanh");
  };
  rows["nn.functional.dropout"] = [](Call& c) {
    const double p = c.number("p", 0.5);
    const bool training = c.flag("training", true);
    if (training && p > 0 && p < 1) throw LeftOut{"random"};
    return dropout(c.variable("input"), p, training);
  };
  return rows;
}

Table shapes() {
  Table rows;
  for (const char* name : {"reshape", "view"})
    rows[name] = [](Call& c) { return reshape(c.variable("input"), c.shape("shape")); };
  rows["broadcast_to"] = [](Call& c) { return expand(c.variable("input"), c.shape("shape")); };
  rows["expand"] = rows["broadcast_to"];
  rows["sum_to_size"] = [](Call& c) { return sum_to(c.variable("input"), c.shape("shape")); };
  rows["permute"] = [](Call& c) { return permute(c.variable("input"), c.axes("dims")); };
  rows["transpose"] = [](Call& c) {
    return transpose(c.variable("input"), c.axis("dim0"), c.axis("dim1"));
  };
  rows["flatten"] = [](Call& c) {
    return flatten(c.variable("input"), c.axis("start_dim", 0), c.axis("end_dim", -1));
  };
  rows["squeeze"] = [](Call& c) {
    const Variable x = c.variable("input");
    return c.has("dim") ? squeeze(x, c.axis("dim")) : squeeze(x);
  };
  rows["unsqueeze"] = [](Call& c) { return unsqueeze(c.variable("input"), c.axis("dim")); };
  rows["slice"] = python_slice;
  rows["narrow"] = narrowed;
  rows["select"] = [](Call& c) {
    return select(c.variable("input"), c.axis("dim"), c.integer("index"));
  };
  rows["constant_pad_nd"] = [](Call& c) {
    return pad(c.variable("input"), c.shape("pad"), c.number("value", 0));
  };
  rows["nn.functional.pad.constant"] = rows["constant_pad_nd"];
  rows["flip"] = [](Call& c) { return flip(c.variable("input"), c.axes("dims")); };
  rows["cat"] = [](Call& c) { return concat(c.variables("tensors"), c.axis("dim", 0)); };
  rows["stack"] = [](Call& c) { return stack(c.variables("tensors"), c.axis("dim", 0)); };
  return rows;
}

Table reductions() {
  Table rows = {{"sum", reduction(sum)},
                {"mean", reduction(mean)},
                {"amax", reduction(max)},
                {"amin", reduction(min)},
                {"max.reduction_with_dim", reduction(max)},
                {"max.reduction_no_dim", reduction(max)},
                {"min.reduction_with_dim", reduction(min)},
                {"min.reduction_no_dim", reduction(min)},
                {"logsumexp", reduction(logsumexp)},
                {"var", variance},
                {"var.unbiased", variance}};
  const auto index_of = [](auto along, auto of_all) {
    return [=](Call& c) {
      const Tensor x = c.variable("input").value();
      return Variable(c.has("dim") ? along(x, c.axis("dim"), c.flag("keepdim", false)) : of_all(x));
    };
  };
  using Along = Tensor (*)(const Tensor&, int, bool);
  using OfAll = Tensor (*)(const Tensor&);
  rows["argmax"] = index_of(Along(argmax), OfAll(argmax));
  rows["argmin"] = index_of(Along(argmin), OfAll(argmin));
  rows["cumsum"] = [](Call& c) { return cumsum(c.variable("input"), c.axis("dim")); };
  rows["softmax"] = [](Call& c) { return softmax(c.variable("input"), c.axis("dim")); };
  rows["log_softmax"] = [](Call& c) { return log_softmax(c.variable("input"), c.axis("dim")); };
  for (const char* name : {"norm", "norm.fro"})
    rows[name] = [](Call& c) { return euclidean_norm(c, "p"); };
  rows["linalg.vector_norm"] = [](Call& c) { return euclidean_norm(c, "ord"); };
  return rows;
}

Table norms_and_products() {
  Table rows;
  rows["nn.functional.normalize"] = [](Call& c) {
    if (c.has("p") && c.number("p") != 2) throw LeftOut{"p other than 2"};
    return normalize(c.variable("input"), c.axis("dim", 1), c.number("eps", 1e-12));
  };
  rows["nn.functional.cosine_similarity"] = [](Call& c) {
    return cosine_similarity(c.variable("x1"), c.variable("x2"), c.axis("dim", 1),
                             c.number("eps", 1e-8));
  };
  rows["nn.functional.layer_norm"] = [](Call& c) {
    return layer_norm(c.variable("input"), c.shape("normalized_shape"),
                      c.optional_variable("weight"), c.optional_variable("bias"),
                      c.number("eps", 1e-5));
  };
  rows["nn.functional.batch_norm"] = normed_batch;
  for (const char* name : {"matmul", "mm", "bmm", "mv", "dot"}) rows[name] = binary(matmul);
  rows["__rmatmul__"] = [](Call& c) { return matmul(c.variable("other"), c.variable("input")); };
  rows["nn.functional.linear"] = [](Call& c) {
    const Variable weight = c.variable("weight");
    if (weight.dim() == 1) throw LeftOut{"a weight that is a vector"};
    return linear(c.variable("input"), weight, c.optional_variable("bias"));
  };
  return rows;
}

Table lookups() {
  Table rows;
  rows["gather"] = [](Call& c) {
    return gather(c.variable("input"), c.axis("dim"), c.tensor("index"));
  };
  rows["scatter_add"] = scattered;
  rows["index_select"] = [](Call& c) {
    return index_select(c.variable("input"), c.axis("dim"), c.tensor("index"));
  };
  rows["nn.functional.embedding"] = [](Call& c) {
    return embedding(c.tensor("input"), c.variable("weight"));
  };
  rows["nn.functional.one_hot"] = [](Call& c) {
    return Variable(one_hot(c.tensor("input"), c.integer("num_classes"), DType::int64));
  };
  return rows;
}

}  // namespace

Table functions() {
  Table rows;
  for (const Table& part : {elementwise(), shapes(), reductions(), norms_and_products(), lookups()})
    rows.insert(part.begin(), part.end());
  return rows;
}

const Table& table() {
  static const Table rows = [] {
    Table all;
    for (const Table& part : {functions(), layers(), losses(), optimizers()})
      all.insert(part.begin(), part.end());
    return all;
  }();
  return rows;
}

}  // namespace gradian::opinfo
