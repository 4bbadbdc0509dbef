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

// ops/elementwise.cpp
using ElementwiseOps =
    OpList<struct Add, struct Sub, struct Mul, struct Div, struct Maximum, struct Minimum,
           struct Pow, struct Exp, struct Log, struct Log1p, struct Sqrt, struct Sin, struct Cos,
           struct Acos, struct Tanh, struct Erf, struct Sigmoid, struct Softplus, struct Relu,
           struct Where>;
// ops/activation.cpp
using ActivationOps = OpList<struct Abs, struct Clamp, struct Prelu>;
// ops/shape.cpp
using ShapeOps = OpList<struct Reshape, struct Permute, struct Expand, struct Slice,
                        struct SliceAdjoint, struct Flip, struct Concat>;
// ops/reduction.cpp
using ReductionOps = OpList<struct Sum, struct Cumsum, struct LogSoftmax>;
// ops/norm.cpp
using NormOps = OpList<struct BatchNorm>;
// ops/indexing.cpp
using IndexingOps = OpList<struct Gather, struct ScatterAdd>;
// ops/pooling.cpp
using PoolingOps = OpList<struct MaxPool2d>;
// ops/product.cpp
using ProductOps = OpList<struct MatMul, struct Linear, struct Conv2d, struct Conv2dInputGradient,
                          struct Conv2dWeightGradient>;
// ops/margin_head.cpp
using MarginHeadOps = OpList<struct MarginCrossEntropy>;

}  // namespace ops

struct OpCases {
  const char* name;
  std::vector<GradCase> cases;
};

// The gradient cases of the ops of one list; instantiated in the file that defines them.
template <class... Ops>
std::vector<OpCases> cases_of(OpList<Ops...>);

template <class... Lists>
struct OpLists {
  template <class Op>
  static constexpr bool contains = (Lists::template contains<Op> || ...);

  static std::vector<OpCases> cases() {
    std::vector<OpCases> all;
    for (const auto& some : {cases_of(Lists{})...}) all.insert(all.end(), some.begin(), some.end());
    return all;
  }
};

// Every op there is: apply() takes these and no other, and the proof runs over their cases.
using AllOps =
    OpLists<ops::ElementwiseOps, ops::ActivationOps, ops::ShapeOps, ops::ReductionOps, ops::NormOps,
            ops::IndexingOps, ops::PoolingOps, ops::ProductOps, ops::MarginHeadOps>;

}  // namespace gradian
