// The modules of PyTorch's database that nn/layers.h has, and the pooling functions.
#include "nn/layers.h"

#include "tests/opinfo/functions.h"

namespace gradian::opinfo {
namespace {

// [N, C, H, W]
Variable images(Call& c) {
  const Variable x = c.variable("input");
  if (x.dim() == 3) throw LeftOut{"an image without a batch"};
  return x;
}

template <class Layer>
Variable run(Call& c, Layer layer, const Variable& x) {
  c.set_up(layer);
  return layer(x);
}

Pool2dOptions pooling(Call& c) {
  const Pair kernel = c.pair("kernel_size");
  return {.kernel = kernel, .stride = c.pair("stride", kernel), .padding = c.pair("padding", 0)};
}

Variable max_pooled(Call& c) {
  Pool2dOptions options = pooling(c);
  options.dilation = c.pair("dilation", {1, 1});
  c.ignore("return_indices");  // the values come first
  const Variable x = images(c);
  return max_pool2d(x, options);
}

Variable avg_pooled(Call& c) {
  const Pool2dOptions options = pooling(c);
  const Variable x = images(c);
  return avg_pool2d(x, options, c.flag("count_include_pad", true));
}

Variable adaptively_pooled(Call& c) {
  const Variable x = images(c);
  return adaptive_avg_pool2d(x, c.pair("output_size"));
}

Variable convolved(Call& c) {
  const int64_t in = c.integer("in_channels"), out = c.integer("out_channels");
  const Pair kernel = c.pair("kernel_size");
  nn::Conv2d::Options options;
  options.stride = c.pair("stride", {1, 1});
  options.padding = c.pair("padding", {0, 0});
  options.dilation = c.pair("dilation", {1, 1});
  options.groups = c.integer("groups", 1);
  options.bias = c.flag("bias", true);
  const Variable x = images(c);
  return run(c, nn::Conv2d(in, out, kernel, options), x);
}

template <class Layer>
Variable normed(Call& c) {
  const int64_t features = c.integer("num_features");
  nn::BatchNorm::Options options;
  options.eps = c.number("eps", 1e-5);
  options.momentum = c.number("momentum", 0.1);
  options.affine = c.flag("affine", true);
  const Variable x = c.variable("input");
  Layer layer(features, options);
  c.set_up(layer);
  const Variable out = layer(x);
  for (const nn::Parameter& buffer : layer.named_buffers())
    c.report(buffer.name, buffer.variable.value());
  return out;
}

}  // namespace

Table layers() {
  Table rows;
  rows["nn.functional.max_pool2d"] = max_pooled;
  rows["nn.functional.avg_pool2d"] = avg_pooled;
  rows["nn.functional.adaptive_avg_pool2d"] = adaptively_pooled;
  rows["nn.Linear"] = [](Call& c) {
    const Variable x = c.variable("input");
    return run(
        c, nn::Linear(c.integer("in_features"), c.integer("out_features"), c.flag("bias", true)),
        x);
  };
  rows["nn.Conv2d"] = convolved;
  rows["nn.MaxPool2d"] = [](Call& c) {
    Pool2dOptions options = pooling(c);
    options.dilation = c.pair("dilation", {1, 1});
    c.ignore("return_indices");
    const Variable x = images(c);
    return run(c, nn::MaxPool2d(options), x);
  };
  rows["nn.AvgPool2d"] = [](Call& c) {
    const Pool2dOptions options = pooling(c);
    const Variable x = images(c);
    return run(c, nn::AvgPool2d(options, c.flag("count_include_pad", true)), x);
  };
  rows["nn.AdaptiveAvgPool2d"] = [](Call& c) {
    const Variable x = images(c);
    return run(c, nn::AdaptiveAvgPool2d(c.pair("output_size")), x);
  };
  rows["nn.BatchNorm1d"] = normed<nn::BatchNorm1d>;
  rows["nn.BatchNorm2d"] = normed<nn::BatchNorm2d>;
  rows["nn.LayerNorm"] = [](Call& c) {
    const Variable x = c.variable("input");
    return run(c,
               nn::LayerNorm(c.shape("normalized_shape"), c.number("eps", 1e-5),
                             c.flag("elementwise_affine", true)),
               x);
  };
  rows["nn.Embedding"] = [](Call& c) {
    const Tensor index = c.tensor("input");
    nn::Embedding layer(c.integer("num_embeddings"), c.integer("embedding_dim"));
    c.set_up(layer);
    return layer(index);
  };
  rows["nn.PReLU"] = [](Call& c) {
    const Variable x = c.variable("input");
    return run(c, nn::PReLU(c.integer("num_parameters", 1), c.number("init", 0.25)), x);
  };
  rows["nn.ReLU"] = [](Call& c) { return run(c, nn::ReLU(), c.variable("input")); };
  return rows;
}

}  // namespace gradian::opinfo
