// The modules of PyTorch's database that nn/layers.h has, and the functions on images, which share
// their options.
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

// Of a layer without options.
template <class Layer>
Variable plain(Call& c) {
  return run(c, Layer(), c.variable("input"));
}

// Of conv2d and of nn::Conv2d.
template <class Options>
void read_geometry(Call& c, Options& options) {
  options.stride = c.pair("stride", {1, 1});
  options.padding = c.pair("padding", {0, 0});
  options.dilation = c.pair("dilation", 1);
  options.groups = c.integer("groups", 1);
}

Variable convolved(Call& c) {
  Conv2dOptions options;
  read_geometry(c, options);
  const Variable x = images(c), weight = c.variable("weight");
  return conv2d(x, weight, c.optional_variable("bias"), options);
}

Variable convolution_layer(Call& c) {
  const int64_t in = c.integer("in_channels"), out = c.integer("out_channels");
  const Pair kernel = c.pair("kernel_size");
  nn::Conv2d::Options options;
  read_geometry(c, options);
  options.bias = c.flag("bias", true);
  const Variable x = images(c);
  return run(c, nn::Conv2d(in, out, kernel, options), x);
}

Pool2dOptions pooling(Call& c) {
  const Pair kernel = c.pair("kernel_size");
  Pool2dOptions options{.kernel = kernel, .stride = c.pair("stride", kernel)};
  options.padding = c.pair("padding", 0);
  options.dilation = c.pair("dilation", 1);
  options.ceil_mode = c.flag("ceil_mode", false);
  c.ignore("return_indices");  // the values come first
  return options;
}

template <class Layer>
Variable normed(Call& c) {
  const int64_t features = c.integer("num_features");
  nn::BatchNorm::Options options;
  options.eps = c.number("eps", 1e-5);
  options.momentum = c.number("momentum", 0.1);
  options.affine = c.flag("affine", true);
  options.track_running_stats = c.flag("track_running_stats", true);
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
  rows["nn.functional.conv2d"] = convolved;
  rows["nn.functional.max_pool2d"] = [](Call& c) {
    const Variable x = images(c);
    return max_pool2d(x, pooling(c));
  };
  rows["nn.functional.avg_pool2d"] = [](Call& c) {
    const Variable x = images(c);
    return avg_pool2d(x, pooling(c), c.flag("count_include_pad", true));
  };
  rows["nn.functional.adaptive_avg_pool2d"] = [](Call& c) {
    const Variable x = images(c);
    return adaptive_avg_pool2d(x, c.pair("output_size"));
  };
  rows["nn.Linear"] = [](Call& c) {
    const Variable x = c.variable("input");
    const int64_t in = c.integer("in_features"), out = c.integer("out_features");
    return run(c, nn::Linear(in, out, c.flag("bias", true)), x);
  };
  rows["nn.Conv2d"] = convolution_layer;
  rows["nn.MaxPool2d"] = [](Call& c) {
    const Variable x = images(c);
    return run(c, nn::MaxPool2d(pooling(c)), x);
  };
  rows["nn.AvgPool2d"] = [](Call& c) {
    const Variable x = images(c);
    return run(c, nn::AvgPool2d(pooling(c), c.flag("count_include_pad", true)), x);
  };
  rows["nn.AdaptiveAvgPool2d"] = [](Call& c) {
    const Variable x = images(c);
    return run(c, nn::AdaptiveAvgPool2d(c.pair("output_size")), x);
  };
  rows["nn.BatchNorm1d"] = normed<nn::BatchNorm1d>;
  rows["nn.BatchNorm2d"] = normed<nn::BatchNorm2d>;
  rows["nn.LayerNorm"] = [](Call& c) {
    const Variable x = c.variable("input");
    const Shape shape = c.shape("normalized_shape");
    const double eps = c.number("eps", 1e-5);
    return run(c, nn::LayerNorm(shape, eps, c.flag("elementwise_affine", true)), x);
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
  rows["nn.GroupNorm"] = [](Call& c) {
    const Variable x = c.variable("input");
    const int64_t groups = c.integer("num_groups"), channels = c.integer("num_channels");
    const double eps = c.number("eps", 1e-5);
    return run(c, nn::GroupNorm(groups, channels, eps, c.flag("affine", true)), x);
  };
  rows["nn.LeakyReLU"] = [](Call& c) {
    const Variable x = c.variable("input");
    return run(c, nn::LeakyReLU(c.number("negative_slope", 0.01)), x);
  };
  rows["nn.GELU"] = [](Call& c) {
    const Variable x = c.variable("input");
    return run(c, nn::GELU(c.word("approximate", "none") == "tanh"), x);
  };
  rows["nn.ReLU"] = plain<nn::ReLU>;
  rows["nn.Tanh"] = plain<nn::Tanh>;
  rows["nn.Sigmoid"] = plain<nn::Sigmoid>;
  rows["nn.SiLU"] = plain<nn::SiLU>;
  rows["nn.Softplus"] = plain<nn::Softplus>;
  return rows;
}

}  // namespace gradian::opinfo
