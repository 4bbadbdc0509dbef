// What a program sees that opens both namespaces and includes everything: the layers, and none of
// the structs that ops are made of.
#include <doctest/doctest.h>

#include <type_traits>

#include "autograd/apply.h"
#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/module.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::nn;

static_assert(std::is_base_of_v<Module, BatchNorm>);

TEST_CASE("with both namespaces open, the names of layers mean the layers") {
  manual_seed(1);
  Sequential network{Conv2d(1, 2, 3), BatchNorm2d(2), ReLU(),      PReLU(),
                     MaxPool2d(2),    Flatten(),      Linear(2, 3)};
  SGD optimizer(network.named_parameters(), {.lr = 0.1});
  const Variable y = network(Variable(randn({2, 1, 5, 5})));
  CHECK(y.shape() == Shape{2, 3});
  CHECK(recorded_ops(y) == std::vector<std::string>{"batch_norm", "conv2d", "linear", "max_pool2d",
                                                    "prelu", "relu", "reshape"});
}
