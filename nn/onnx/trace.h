// What a network computes, as a list of steps. It is run and recorded twice in evaluation mode, on
// inputs that differ in every value and in the size of the batch, the first axis. What does not
// depend on the input is a constant; a size that differs follows the batch. Anything else that
// differs was decided in C++ by the input's values or its size, is in no graph, and so is an error.
#pragma once

#include <memory>
#include <vector>

#include "autograd/node.h"
#include "nn/module.h"

namespace gradian::nn::onnx {

// The shape of an array in both runs.
struct Sizes {
  Shape first, second;
  int count() const { return first.size(); }
  bool varies(int axis) const { return first[axis] != second[axis]; }
};

// What a step computes with: the result of an earlier step, the network's input or a constant.
constexpr int kInput = -1, kConstant = -2;
struct Operand {
  int source;  // the number of the step, or one of those
  Sizes sizes;
  Tensor constant;  // of size 1 along an axis of the batch, where it repeats the same
};

struct Step {
  std::shared_ptr<const Node> node;
  std::vector<Operand> operands;
  Sizes sizes;
};

struct Trace {
  Sizes input;
  std::vector<Step> steps;  // the last one's result is the network's
};

// `example` is floating, [batch, ...] with a row at least.
Trace trace(Module& network, const Tensor& example);

}  // namespace gradian::nn::onnx
