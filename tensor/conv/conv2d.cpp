// The public three products of convolution: checks, and the choice of who computes them. Each
// algorithm has a folder-mate of its name, and a row in the table below.
#include "tensor/conv/conv2d.h"

#include <atomic>
#include <iterator>

#include "tensor/conv/direct.h"
#include "tensor/conv/im2col.h"
#include "tensor/conv/winograd.h"
#include "tensor/kernels.h"
#include "tensor/profile.h"

namespace gradian {
namespace {

using namespace conv;

struct Algorithm {
  const char* name;
  bool (*applies)(DType, const Geometry&);
  // In multiply-adds at the speed of a good matrix product.
  double (*cost)(const Geometry&, Product);
  Tensor (*output)(const Geometry&, const Tensor& input, const Tensor& weight, const Tensor& bias);
  Tensor (*input_gradient)(const Geometry&, const Tensor& grad, const Tensor& weight);
  Tensor (*weight_gradient)(const Geometry&, const Tensor& grad, const Tensor& input);
};

// In the order of ConvAlgorithm, without `automatic`; of equal costs, the first one is taken.
constexpr Algorithm kAlgorithms[] = {
    {"im2col", im2col::applies, im2col::cost, im2col::output, im2col::input_gradient,
     im2col::weight_gradient},
    {"direct", direct::applies, direct::cost, direct::output, direct::input_gradient,
     direct::weight_gradient},
    {"winograd6", winograd::applies, winograd::cost<6>, winograd::output<6>,
     winograd::input_gradient<6>, winograd::weight_gradient<6>},
    {"winograd8", winograd::applies, winograd::cost<8>, winograd::output<8>,
     winograd::input_gradient<8>, winograd::weight_gradient<8>},
};

std::atomic<ConvAlgorithm> forced_algorithm = ConvAlgorithm::automatic;

// What is forced, or im2col where that does not apply; else the one of the least cost.
const Algorithm& choose(DType dtype, const Geometry& g, Product product) {
  const ConvAlgorithm forced = forced_algorithm;
  const Algorithm* best = nullptr;
  double least = 0;
  if (forced != ConvAlgorithm::automatic) {
    const Algorithm& wanted = kAlgorithms[static_cast<size_t>(forced) - 1];
    return wanted.applies(dtype, g) ? wanted : kAlgorithms[0];
  }
  for (const Algorithm& algorithm : kAlgorithms) {
    if (!algorithm.applies(dtype, g)) continue;
    const double cost = algorithm.cost(g, product);
    if (best && cost >= least) continue;
    best = &algorithm;
    least = cost;
  }
  return *best;
}

// Fails for a number that was made a ConvAlgorithm and is none.
void check_known(ConvAlgorithm algorithm) {
  const auto number = static_cast<int>(algorithm);
  check(number >= 0 && number <= int(std::size(kAlgorithms)), "expected an algorithm from 0 to ",
        std::size(kAlgorithms), ", got number ", number);
}

void check_gradient(const Tensor& grad, const Geometry& g) {
  check(grad.shape() == g.output.shape(), "expected a gradient of shape ", g.output.shape(),
        ", got ", grad.shape());
}

void count_flops(const Geometry& g) {
  Profile::count_flops(2 * gradian::numel(g.output.shape()) * g.input.channels / g.groups *
                       g.taps());
}

}  // namespace

const char* name(ConvAlgorithm algorithm) {
  const Calling calling("name");
  check_known(algorithm);
  if (algorithm == ConvAlgorithm::automatic) return "automatic";
  return kAlgorithms[static_cast<size_t>(algorithm) - 1].name;
}

void set_conv_algorithm(ConvAlgorithm algorithm) {
  const Calling calling("set_conv_algorithm");
  check_known(algorithm);
  forced_algorithm = algorithm;
}
ConvAlgorithm conv_algorithm() { return forced_algorithm; }

ConvAlgorithm conv2d_algorithm(DType dtype, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options) {
  const Calling calling("conv2d_algorithm");
  check_known(dtype);
  const Geometry g(input, weight, options);
  return static_cast<ConvAlgorithm>(&choose(dtype, g, Product::output) - kAlgorithms + 1);
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
              const Conv2dOptions& options) {
  const Calling calling("conv2d");
  check_same_dtype(input, weight);
  const Geometry g(input.shape(), weight.shape(), options);
  if (bias.defined()) {
    check_same_dtype(input, bias);
    check(bias.shape() == Shape{g.output.channels}, "expected bias [", g.output.channels, "], got ",
          bias.shape());
  }
  count_flops(g);
  return choose(input.dtype(), g, Product::output)
      .output(g, input.contiguous(), weight.contiguous(),
              bias.defined() ? bias.contiguous() : bias);
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options) {
  return conv2d(input, weight, {}, options);
}

Tensor conv2d_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options) {
  const Calling calling("conv2d_input_gradient");
  check_same_dtype(grad, weight);
  const Geometry g(input_shape, weight.shape(), options);
  check_gradient(grad, g);
  count_flops(g);
  return choose(grad.dtype(), g, Product::input_gradient)
      .input_gradient(g, grad.contiguous(), weight.contiguous());
}

Tensor conv2d_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  const Calling calling("conv2d_weight_gradient");
  check_same_dtype(grad, input);
  const Geometry g(input.shape(), weight_shape, options);
  check_gradient(grad, g);
  count_flops(g);
  return choose(grad.dtype(), g, Product::weight_gradient)
      .weight_gradient(g, grad.contiguous(), input.contiguous());
}

}  // namespace gradian
