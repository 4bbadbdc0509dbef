#include "examples/training/residual_network.h"

namespace gradian::examples {

nn::Sequential residual_network(int64_t classes) {
  return nn::Sequential{nn::Conv2d(1, 16, 3, {.padding = 1, .bias = false}),
                        nn::BatchNorm2d(16),
                        nn::ReLU(),
                        ResidualBlock(16, 16),
                        ResidualBlock(16, 32, 2),  // [N, 32, H/2, W/2]
                        ResidualBlock(32, 64, 2),  // [N, 64, H/4, W/4]
                        nn::AdaptiveAvgPool2d(1),
                        nn::Flatten(),
                        nn::Linear(64, classes)};
}

}  // namespace gradian::examples
