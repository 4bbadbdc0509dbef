// What the nodes of a recorded graph tell of their ops: the settings.
#include "autograd/node.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// "axis 1, shape 2 3"; a number that is not whole by itself, too.
std::string text_of(const Attributes& attributes) {
  std::string all;
  for (const auto& [name, value] : attributes) {
    all += (all.empty() ? "" : ", ") + name;
    if (const auto* number = std::get_if<double>(&value)) all += text(' ', *number);
    if (const auto* numbers = std::get_if<std::vector<int64_t>>(&value))
      for (const int64_t each : *numbers) all += text(' ', each);
  }
  return all;
}

}  // namespace

TEST_CASE("attributes: an op tells its settings as it was called with them") {
  const Variable image = leaf(std::vector<double>(32, 1), {1, 2, 4, 4}),
                 x = leaf({1, 2, 3}, {1, 3});
  const Tensor weight = Tensor::ones({2, 1, 2, 1}, DType::float64);
  const Tensor first = integers({0}).reshape({1, 1});
  const Conv2dOptions windows{.stride = {2, 1}, .padding = {0, 1}, .dilation = {1, 2}, .groups = 2};
  const std::string of_windows = "stride 2 1, padding 0 1, dilation 1 2, groups 2";
  const Variable convolved = conv2d(image, Variable(weight), windows);
  const struct {
    Variable y;
    const char *op, *attributes;
  } cases[] = {
      {convolved, "conv2d", of_windows.c_str()},
      {conv2d_input_gradient(convolved, Variable(weight), image.shape(), windows),
       "conv2d_input_gradient", of_windows.c_str()},
      {conv2d_weight_gradient(convolved, image, weight.shape(), windows), "conv2d_weight_gradient",
       of_windows.c_str()},
      {max_pool2d(image, {.kernel = {2, 3}, .stride = 1, .padding = {1, 0}, .ceil_mode = true}),
       "max_pool2d", "kernel 2 3, stride 1 1, padding 1 0, dilation 1 1, ceil_mode 1"},
      {reshape(x, {3, -1}), "reshape", "shape 3 -1"},
      {permute(x, {-1, 0}), "permute", "axes -1 0"},
      {expand(x, {2, 3}), "expand", "shape 2 3"},
      {slice(x, -1, 0, kEnd, 2), "slice", "axis -1, begin 0, end 9223372036854775807, step 2"},
      {slice_adjoint(x, {1, 5}, 1, 1), "slice_adjoint", "shape 1 5, axis 1, begin 1, step 1"},
      {flip(x, {0, 1}), "flip", "axes 0 1"},
      {concat({x, x}, 1), "concat", "axis 1"},
      {sum(x, 1, true), "sum", "axes 1, keepdim 1"},
      {sum(x), "sum", "axes, keepdim 0"},
      {cumsum(x, 1), "cumsum", "axis 1"},
      {log_softmax(x, 1), "log_softmax", "axis 1"},
      {gather(x, 1, first), "gather", "axis 1"},
      {scatter_add({2, 2}, 1, first, slice(x, 1, 0, 1)), "scatter_add", "shape 2 2, axis 1"},
      {clamp(x, 0.5), "clamp", "low 0.5, high inf"},
      {batch_norm(image, {}, {}, {}, {}, 0.25), "batch_norm", "eps 0.25"},
      {margin_cross_entropy(x, x, integers({0}), 16, [](const Variable& c) { return c; }),
       "margin_cross_entropy", "scale 16"},
      {exp(x), "exp", ""},
  };
  for (const auto& [y, op, attributes] : cases) {
    CHECK(y.creator()->name() == std::string(op));
    CHECK(text_of(y.creator()->attributes()) == attributes);
  }
}

TEST_CASE("attributes: a node that backward has freed tells none") {
  const Variable y = sum(leaf({1, 2}, {2}), 0);
  CHECK(y.creator()->attributes().size() == 2);
  y.backward();
  CHECK(y.creator()->attributes().empty());
}

}  // namespace gradian::test
