// Who made the first NaN? While a DetectAnomaly lives, the op that makes one, or an infinity, fails
// and names itself and its inputs, forward or backward, instead of passing it on to the loss:
//
//   const DetectAnomaly detect_anomaly;
//   loss(net(x), labels).backward();
//
//   log: the output has NaN at [0, 1], although no input has one; input 0 is float32
//   [1, 2] from sub, smallest -1, largest 3
//   backward of div: the gradient of input 1 has infinity at [2], although neither an
//   input nor the gradient that came has one; that gradient is ...
//
// It is the op that made it, never one that was handed it: an infinity counts where all inputs are
// finite, NaN where no input has NaN. So data with NaN, or a -infinity that where() fills in, is no
// op's fault, and softmax over it none either. An infinity that is meant, such as log(0) of what is
// selected away later, does count, and so do silu and gelu at infinity, which select: keep it from
// arising, or let that part run under `const DetectAnomaly off(false);`. Kernels on plain Tensors
// are not looked at.
//
// It reads each result a few times more: for finding a fault, not for every training.
#pragma once

#include <vector>

#include "autograd/variable.h"

namespace gradian {

struct Node;

// Holds for this thread, as recording does (GradMode): backward runs in the thread that calls it,
// and another thread's training is left alone.
class DetectAnomaly {
 public:
  explicit DetectAnomaly(bool enabled = true) : before_(enabled_) { enabled_ = enabled; }
  ~DetectAnomaly() { enabled_ = before_; }
  DetectAnomaly(const DetectAnomaly&) = delete;
  DetectAnomaly& operator=(const DetectAnomaly&) = delete;

  static bool enabled() { return enabled_; }
  // Whether it was, outside of this one.
  bool before() const { return before_; }

 private:
  static inline constinit thread_local bool enabled_ = false;
  bool before_;
};

// For apply(): fails if `output` is an anomaly of `op`.
void check_output(const char* op, const std::vector<Variable>& inputs, const Tensor& output);

// For the engine: fails if one of the gradients that the rule of `node` made from `gradient` is.
void check_gradients(const Node& node, const Variable& gradient,
                     const std::vector<Variable>& gradients);

}  // namespace gradian
