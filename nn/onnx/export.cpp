// How each op of autograd/ is written in ONNX (github.com/onnx/onnx, docs/Operators.md): two tables
// of forms, before them what takes more than a name, and behind them the export.
#include "nn/onnx/export.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "nn/onnx/trace.h"
#include "nn/state_dict.h"
#include "tensor/files/file.h"
#include "tensor/files/onnx.h"

namespace gradian::nn {
namespace {

using namespace onnx;
using Integers = std::vector<int64_t>;
using Names = std::vector<std::string>;

// A step as it is written. Each form adds nodes for it and returns the name of its result.
struct Writing {
  files::OnnxModel& model;
  const Step& step;
  const Names& results;  // of the steps before
  const char* type;      // of the node, or of that which is most of it
  const Node& node = *step.node;
  const Attributes settings = node.attributes();

  // Of a constant that repeats itself along the batch one line is written: for what broadcasts.
  std::string broadcast_operand(size_t i) const {
    const auto& [source, sizes, constant] = step.operands[i];
    if (source == kConstant) return model.add_constant(constant);
    return source == kInput ? "input" : results[static_cast<size_t>(source)];
  }
  std::string operand(size_t i) const {
    const Operand& x = step.operands[i];
    require(x.source != kConstant || x.sizes.second == x.constant.shape(), ": its operand ", i, ' ',
            x.sizes.first, " repeats a constant along the batch, which has no ONNX form here");
    return broadcast_operand(i);
  }
  Names operands() const {
    Names names;
    for (size_t i = 0; i < step.operands.size(); ++i) names.push_back(operand(i));
    return names;
  }
  const Sizes& sizes_of(size_t operand) const { return step.operands[operand].sizes; }
  std::string constant(const Integers& values) const {
    return model.add_constant(Tensor::from(values));
  }
  std::string add(const Names& inputs, const files::OnnxSettings& attributes = {},
                  const char* other_type = nullptr) const {
    return model.add_node(node.name(), other_type ? other_type : type, inputs, attributes);
  }

  // The settings of the op, which has them.
  const auto& setting(std::string_view name) const {
    return std::ranges::find(settings, name, &Attribute::name)->value;
  }
  double real(std::string_view name) const { return std::get<double>(setting(name)); }
  Integers list(std::string_view name) const { return std::get<Integers>(setting(name)); }
  int64_t integer(std::string_view name) const { return list(name).at(0); }
  int axis() const { return normalize_axis(integer("axis"), step.sizes.count()); }

  template <class... Parts>
  void require(bool ok, const Parts&... parts) const {
    check(ok, node.name(), " ", step.sizes.first, parts...);
  }
};

std::string plain(const Writing& w) { return w.add(w.operands()); }
std::string along_axis(const Writing& w) { return w.add(w.operands(), {{"axis", w.axis()}}); }

// Of a constant that repeats itself along the batch, another operand has to have the batch.
void check_broadcast(const Writing& w) {
  Shape shape;
  for (const Operand& x : w.step.operands)
    shape = broadcast_shapes(shape, x.source == kConstant ? x.constant.shape() : x.sizes.second);
  w.require(shape == w.step.sizes.second, " has the batch's size from a constant alone");
}
std::string elementwise(const Writing& w) {
  check_broadcast(w);
  Names names;
  for (size_t i = 0; i < w.step.operands.size(); ++i) names.push_back(w.broadcast_operand(i));
  return w.add(names);
}
std::string where(const Writing& w) {
  check_broadcast(w);
  return w.add({w.model.add_mask(w.step.operands[2].constant), w.broadcast_operand(0),
                w.broadcast_operand(1)});
}

std::string clamp(const Writing& w) {
  const auto bound = [&](const char* name) {  // "" stands for none
    const Tensor value = Tensor::scalar(w.real(name), w.node.output.dtype());
    return std::isinf(w.real(name)) ? "" : w.model.add_constant(value);
  };
  return w.add({w.operand(0), bound("low"), bound("high")});
}

std::string linear(const Writing& w) {
  if (w.sizes_of(0).count() == 2) return w.add(w.operands(), {{"transB", 1}});
  const std::string weight = w.add({w.operand(1)}, {{"perm", Integers{1, 0}}}, "Transpose");
  const std::string product = w.add({w.operand(0), weight}, {}, "MatMul");
  return w.step.operands.size() == 3 ? w.add({product, w.operand(2)}, {}, "Add") : product;
}

std::string conv2d(const Writing& w) {
  const Integers p = w.list("padding");
  return w.add(w.operands(), {{"strides", w.list("stride")},
                              {"pads", Integers{p[0], p[1], p[0], p[1]}},
                              {"dilations", w.list("dilation")},
                              {"group", w.integer("groups")}});
}

std::string max_pool2d(const Writing& w) {
  const Integers kernel = w.list("kernel"), stride = w.list("stride"), p = w.list("padding"),
                 dilation = w.list("dilation");
  Integers pads{p[0], p[1], p[0], p[1]};
  // A last window that is not filled is padded as far as it reaches. ONNX's own ceil_mode counts
  // windows in another way than PyTorch's.
  for (size_t side = 0; side < 2 && w.integer("ceil_mode"); ++side) {
    const int axis = 2 + static_cast<int>(side);
    const int64_t last = (w.step.sizes.first[axis] - 1) * stride[side] - p[side];
    const int64_t end = last + (kernel[side] - 1) * dilation[side] + 1;
    pads[2 + side] = std::max<int64_t>(end - w.sizes_of(0).first[axis], 0);
  }
  return w.add(
      {w.operand(0)},
      {{"kernel_shape", kernel}, {"strides", stride}, {"pads", pads}, {"dilations", dilation}});
}

// Where Reshape's target is 0 the input's size stays, and -1 is what is left.
std::string reshape(const Writing& w) {
  const Sizes &to = w.step.sizes, &from = w.sizes_of(0);
  Integers target;
  for (int axis = 0; axis < to.count(); ++axis) {
    const bool kept = axis < from.count() && from.first[axis] == to.first[axis] &&
                      from.second[axis] == to.second[axis];
    target.push_back(!to.varies(axis) ? to.first[axis] : kept ? 0 : -1);
  }
  w.require(std::ranges::count(target, -1) <= 1, ": two sizes follow the batch's");
  return w.add({w.operand(0), w.constant(target)});
}

// Where Expand's target is 1 the input's size stays.
std::string expand(const Writing& w) {
  const Sizes &to = w.step.sizes, &from = w.sizes_of(0);
  const int added = to.count() - from.count();
  Integers target;
  for (int axis = 0; axis < to.count(); ++axis) {
    w.require(!to.varies(axis) || (axis >= added && from.varies(axis - added)), " from ",
              from.first, ": to the batch's size");
    target.push_back(to.varies(axis) ? 1 : to.first[axis]);
  }
  return w.add({w.operand(0), w.constant(target)});
}

std::string permute(const Writing& w) {
  Integers order = w.list("axes");
  for (int64_t& axis : order) axis = normalize_axis(axis, w.step.sizes.count());
  return w.add({w.operand(0)}, {{"perm", order}});
}

std::string slice(const Writing& w) {
  Names inputs{w.operand(0)};
  for (const char* setting : {"begin", "end", "axis", "step"})
    inputs.push_back(w.constant(w.list(setting)));
  return w.add(inputs);
}

std::string slice_adjoint(const Writing& w) {
  const Sizes &to = w.step.sizes, &from = w.sizes_of(0);
  const int axis = w.axis();
  const int64_t begin = w.integer("begin"), before = begin < 0 ? begin + to.first[axis] : begin;
  const int64_t behind = to.first[axis] - before - from.first[axis];
  w.require(w.integer("step") == 1 && !to.varies(axis),
            ": step 1 and another axis than the batch's ", "can be written, got step ",
            w.integer("step"), " and axis ", axis);
  Integers pads(2 * static_cast<size_t>(to.count()));
  pads[static_cast<size_t>(axis)] = before;
  pads[static_cast<size_t>(axis + to.count())] = behind;
  return w.add({w.operand(0), w.constant(pads)});
}

std::string sum(const Writing& w) {
  Names inputs{w.operand(0)};
  if (!w.list("axes").empty()) inputs.push_back(w.constant(w.list("axes")));  // else over all
  return w.add(inputs, {{"keepdims", w.integer("keepdim")}});
}

std::string cumsum(const Writing& w) { return w.add({w.operand(0), w.constant(w.list("axis"))}); }

// By an index that repeats itself on all lines along the axis, as index_select makes it: one line.
std::string gather(const Writing& w) {
  Tensor line = w.step.operands[1].constant;
  for (int axis = 0; axis < line.dim(); ++axis) {
    if (axis == w.axis()) continue;
    if ((line.size(axis) > 1 && line.strides()[axis] != 0) ||
        w.step.sizes.second[axis] != w.sizes_of(0).second[axis])
      return w.add(w.operands(), {{"axis", w.axis()}}, "GatherElements");
    line = line.slice(axis, 0, 1);
  }
  return w.add({w.operand(0), w.model.add_constant(line.reshape({-1}))}, {{"axis", w.axis()}});
}

struct Form {
  std::string_view op;
  const char* type;
  std::string (*write)(const Writing&) = elementwise;
};
const std::vector<Form> elementwise_forms{
    {"abs", "Abs"},           {"acos", "Acos"},   {"add", "Add"},         {"cos", "Cos"},
    {"div", "Div"},           {"erf", "Erf"},     {"exp", "Exp"},         {"log", "Log"},
    {"maximum", "Max"},       {"minimum", "Min"}, {"mul", "Mul"},         {"pow", "Pow"},
    {"prelu", "PRelu"},       {"relu", "Relu"},   {"sigmoid", "Sigmoid"}, {"sin", "Sin"},
    {"softplus", "Softplus"}, {"sqrt", "Sqrt"},   {"sub", "Sub"},         {"tanh", "Tanh"}};
const std::vector<Form> other_forms{
    {"clamp", "Clip", clamp},          {"concat", "Concat", along_axis},
    {"conv2d", "Conv", conv2d},        {"cumsum", "CumSum", cumsum},
    {"expand", "Expand", expand},      {"gather", "Gather", gather},
    {"linear", "Gemm", linear},        {"log_softmax", "LogSoftmax", along_axis},
    {"matmul", "MatMul", plain},       {"max_pool2d", "MaxPool", max_pool2d},
    {"permute", "Transpose", permute}, {"reshape", "Reshape", reshape},
    {"slice", "Slice", slice},         {"slice_adjoint", "Pad", slice_adjoint},
    {"sum", "ReduceSum", sum},         {"where", "Where", where}};

std::string write_step(files::OnnxModel& model, const Step& step, const Names& results) {
  const char* const op = step.node->name();
  for (const std::vector<Form>* forms : {&elementwise_forms, &other_forms})
    for (const Form& form : *forms)
      if (form.op == op) return form.write({model, step, results, form.type});
  std::string shapes;
  for (const Operand& x : step.operands) shapes += text(shapes.empty() ? "" : ", ", x.sizes.first);
  fail(op, " of ", shapes, " has no ONNX form here");
}

// An array of the network, whose input's first axis is the batch.
files::OnnxArray described(const Sizes& sizes, const Sizes& input, DType dtype) {
  files::OnnxArray array{dtype, {}};
  for (int axis = 0; axis < sizes.count(); ++axis) {
    const bool batch = sizes.first[axis] == input.first[0] && sizes.second[axis] == input.second[0];
    array.sizes.push_back(batch                ? files::OnnxArray::kBatch
                          : sizes.varies(axis) ? files::OnnxArray::kAny
                                               : sizes.first[axis]);
  }
  return array;
}

files::Message model_of(Module& network, const Tensor& example) {
  const Trace traced = trace(network, example);
  files::OnnxModel model(state_dict(network));
  Names results;
  for (const Step& step : traced.steps) results.push_back(write_step(model, step, results));
  const Step& last = traced.steps.back();
  files::Message message =
      model.message(described(traced.input, traced.input, example.dtype()),
                    described(last.sizes, traced.input, last.node->output.dtype()));
  check(message.size() <= INT32_MAX, "the model takes ", message.size(),
        " bytes, and an ONNX file holds at most ", INT32_MAX);
  return message;
}

}  // namespace

void export_onnx(Module& network, const Tensor& example, const std::filesystem::path& file) {
  const Calling calling("export_onnx");
  const files::Message model = model_of(network, example);
  files::write_file(file, [&](const files::Write& write) { model.write_to(write); });
}

}  // namespace gradian::nn
