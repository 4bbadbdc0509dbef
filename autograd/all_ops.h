// The list of every differentiable op, by the file that defines it. apply() refuses an op that is
// not listed here, and a listed op without gradient cases does not build: nothing differentiable
// can be added without its proof.
#pragma once

#include <type_traits>
#include <vector>

#include "autograd/gradcheck.h"

namespace gradian {

template <class... Ops>
struct OpList {
  template <class Op>
  static constexpr bool contains = (std::is_same_v<Op, Ops> || ...);
};

// Not among the names that a user sees: some of them are those of layers.
namespace ops {

using ElementwiseOps =  // ops/elementwise.cpp
    OpList<struct Add, struct Sub, struct Mul, struct Div, struct Maximum, struct Minimum,
           struct Pow, struct Exp, struct Log, struct Log1p, struct Sqrt, struct Sin, struct Cos,
           struct Acos, struct Tanh, struct Erf, struct Sigmoid, struct Softplus, struct Relu,
           struct Where>;
using ActivationOps = OpList<struct Prelu>;  // ops/activation.cpp
using ShapeOps =                             // ops/shape.cpp
    OpList<struct Reshape, struct Permute, struct Expand, struct Slice, struct SliceAdjoint,
           struct Flip, struct Concat>;
using ReductionOps = OpList<struct Sum, struct LogSoftmax>;    // ops/reduction.cpp
using NormOps = OpList<struct BatchNorm>;                      // ops/norm.cpp
using IndexingOps = OpList<struct Gather, struct ScatterAdd>;  // ops/indexing.cpp
using ProductOps =                                             // ops/product.cpp
    OpList<struct MatMul, struct Linear, struct Conv2d, struct Conv2dInputGradient,
           struct Conv2dWeightGradient>;
using MarginHeadOps = OpList<struct MarginCrossEntropy>;  // ops/margin_head.cpp

}  // namespace ops

template <class Op>
constexpr bool is_listed = ops::ElementwiseOps::contains<Op> || ops::ActivationOps::contains<Op> ||
                           ops::ShapeOps::contains<Op> || ops::ReductionOps::contains<Op> ||
                           ops::NormOps::contains<Op> || ops::IndexingOps::contains<Op> ||
                           ops::ProductOps::contains<Op> || ops::MarginHeadOps::contains<Op>;

struct OpCases {
  const char* name;
  std::vector<GradCase> cases;
};

// The gradient cases of the ops of one list; instantiated in the file that defines them.
template <class... Ops>
std::vector<OpCases> cases_of(OpList<Ops...>);

// Those of all ops.
std::vector<OpCases> all_op_cases();

}  // namespace gradian
