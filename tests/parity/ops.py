"""Cases for the functions of autograd/ops.h, in its order."""
import math

import torch
import torch.nn.functional as F
from torch.nn.grad import conv2d_input, conv2d_weight

from fixture import constant, index, real, values

INF = math.inf


def write(f):
    elementwise(f)
    kinks(f)
    shape(f)
    reductions(f)
    norms(f)
    indexing(f)
    products(f)
    pooling(f)
    differences(f)


def elementwise(f):
    x = real(2, 3, 4)
    positive = real(2, 3, 4, low=0.5, high=3)
    row, column = real(3, 1, low=0.5), real(4, low=0.5)
    for name, function in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul),
                           ("div", torch.div), ("maximum", torch.maximum),
                           ("minimum", torch.minimum)]:
        f.case(f"{name}.same_shape", function, x, positive)
        f.case(f"{name}.broadcast", function, row, column)
        f.case(f"{name}.scalar_tensor", function, x, real(low=1, high=2))
    f.case("operators.numbers", lambda x: (2 - x / 3) * 4 + (1 + x) * 0.5 - 3 / x, positive)
    f.case("neg.plain", torch.neg, x)
    f.case("pow.variables", torch.pow, row, real(2, 1, 4))
    for exponent in (-1.5, 0.0, 0.5, 1.0, 3.0):
        f.case(f"pow.exponent_{exponent}", lambda x: x.pow(exponent), positive)
    f.case("pow.negative_base", lambda x: x.pow(3.0), x)
    f.case("pow.zero_base", torch.pow, values([0.0, 0, 0, 2]), values([0.0, 1, 2, 0]))

    for name, function in [("exp", torch.exp), ("sin", torch.sin), ("cos", torch.cos),
                           ("tanh", torch.tanh), ("erf", torch.erf), ("sigmoid", torch.sigmoid),
                           ("softplus", F.softplus), ("relu", F.relu), ("abs", torch.abs),
                           ("leaky_relu", F.leaky_relu), ("silu", F.silu), ("gelu", F.gelu)]:
        f.case(f"{name}.plain", function, x)
    far = values([-800.0, -90, -35, 1, 35, 90, 800])
    for name, function in [("tanh", torch.tanh), ("erf", torch.erf), ("sigmoid", torch.sigmoid),
                           ("softplus", F.softplus), ("silu", F.silu), ("gelu", F.gelu)]:
        f.case(f"{name}.far", function, far)
    f.case("exp.far", torch.exp, values([-800.0, -80, 80]))
    f.case("log.plain", torch.log, positive)
    f.case("log.ends", torch.log, values([0.0, INF, 1]))
    f.case("log1p.plain", torch.log1p, real(2, 3, low=-0.9))
    f.case("log1p.tiny", torch.log1p, values([1e-17, -1e-12, 1e-8]))
    f.case("sqrt.plain", torch.sqrt, positive)
    f.case("acos.plain", torch.acos, real(2, 3, low=-0.95, high=0.95))
    f.case("acos.ends", torch.acos, values([1.0, -1]))
    f.case("where.broadcast", lambda mask, a, b: torch.where(mask != 0, a, b),
           values([[1], [0], [2]]), column, real(2, 3, 1))
    f.case("clamp.plain", lambda x: x.clamp(-0.5, 1), x)
    f.case("leaky_relu.steep", lambda x: F.leaky_relu(x, 0.3), x)
    f.case("prelu.one_slope", F.prelu, x, real(1))
    f.case("prelu.channels", F.prelu, x, real(3))
    f.case("gelu.tanh", lambda x: F.gelu(x, approximate="tanh"), x)
    f.case("dropout.not_training", lambda x: F.dropout(x, 0.5, False), x)
    f.case("dropout.everything", lambda x: F.dropout(x, 1.0, True), x)


def kinks(f):
    """Points where a subgradient is a matter of convention, and both chose the same."""
    at_zero = values([0.0, -1, 1])
    f.case("relu.kink", F.relu, at_zero)
    f.case("abs.kink", torch.abs, at_zero)
    f.case("leaky_relu.kink", F.leaky_relu, at_zero)
    f.case("prelu.kink", F.prelu, at_zero, values([0.25]))
    f.case("clamp.bounds", lambda x: x.clamp(-1, 1), values([-1.0, 0, 1]))
    f.case("maximum.ties", torch.maximum, values([1.0, 2]), values([1.0, 3]))
    f.case("minimum.ties", torch.minimum, values([1.0, 2]), values([1.0, 3]))
    f.case("norm.zero_row", lambda x: torch.linalg.vector_norm(x, dim=1),
           values([[0.0, 0], [3, 4]]))


def shape(f):
    x = real(2, 3, 4)
    f.case("reshape.inferred", lambda x: x.reshape(4, -1), x)
    f.case("reshape.to_scalar", lambda x: x.reshape(()), real(1, 1))
    f.case("reshape.of_transposed", lambda x: x.transpose(0, 2).reshape(6, 4), x)
    f.case("permute.cycle", lambda x: x.permute(2, 0, 1), x)
    f.case("permute.negative_axes", lambda x: x.permute(-1, 1, -3), x)
    f.case("transpose.negative_axes", lambda x: x.transpose(-1, 0), x)
    f.case("flatten.all", torch.flatten, x)
    f.case("flatten.from_axis_1", lambda x: torch.flatten(x, 1), x)
    f.case("squeeze.middle", lambda x: x.squeeze(1), real(2, 1, 3))
    f.case("squeeze.negative_axis", lambda x: x.squeeze(-1), real(2, 3, 1))
    f.case("unsqueeze.first", lambda x: x.unsqueeze(0), x)
    f.case("unsqueeze.negative_axis", lambda x: x.unsqueeze(-1), x)
    f.case("expand.new_and_old_axes", lambda x: x.expand(2, 3, 4), real(3, 1))
    f.case("slice.step", lambda x: x[:, 1:7:2], real(2, 8))
    f.case("slice.negative_bounds", lambda x: x[..., -3:-1], x)
    f.case("slice.empty", lambda x: x[1:1], x)
    f.case("select.negative", lambda x: x.select(-2, -1), x)
    f.case("slice_adjoint.step",
           lambda x: torch.slice_scatter(torch.zeros(2, 7), x, 1, 1, 6, 2), real(2, 3))
    f.case("pad.last_axis", lambda x: F.pad(x, (1, 2)), x)
    f.case("pad.value_two_axes", lambda x: F.pad(x, (0, 1, 2, 0), value=-1.5), x)
    f.case("pad.value_three_axes", lambda x: F.pad(x, (1, 0, 0, 0, 1, 1), value=3.0), x)
    f.case("flip.negative_axis", lambda x: x.flip(-1), x)
    f.case("concat.last_axis", lambda *xs: torch.cat(xs, -1), real(2, 1), real(2, 3), real(2, 2))
    f.case("concat.default_axis", lambda *xs: torch.cat(xs), real(2, 3), real(1, 3))
    f.case("concat.empty_part", lambda *xs: torch.cat(xs, 1), real(2, 0), real(2, 3))
    f.case("stack.default_axis", lambda *xs: torch.stack(xs), real(2, 3), real(2, 3))
    f.case("stack.last_axis", lambda *xs: torch.stack(xs, -1), real(2, 3), real(2, 3))


def reductions(f):
    x = real(2, 3, 4)
    for name, function in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax),
                           ("min", torch.amin), ("logsumexp", torch.logsumexp)]:
        f.case(f"{name}.all", lambda x: function(x, (0, 1, 2)), x)
        f.case(f"{name}.middle_axis", lambda x: function(x, 1), x)
        f.case(f"{name}.outer_axes_kept", lambda x: function(x, (0, -1), keepdim=True), x)
    f.case("sum.nothing", torch.sum, real(0, 3))
    f.case("sum_to.row_and_new_axis", lambda x: x.sum_to_size(3, 1), x)
    f.case("var.default", torch.var, x)
    f.case("var.middle_axis", lambda x: torch.var(x, 1), x)
    f.case("var.biased_kept", lambda x: torch.var(x, (0, 2), correction=0, keepdim=True), x)
    f.case("var.correction_2", lambda x: torch.var(x, -1, correction=2), x)
    f.case("logsumexp.infinite", lambda x: torch.logsumexp(x, 1),
           values([[-INF, 0.0, 1], [-INF, -INF, 2], [-800, 800, 799]]))
    f.case("logsumexp.nothing_finite", lambda x: torch.logsumexp(x, 0), values([-INF, -INF]))
    for name, function in [("log_softmax", F.log_softmax), ("softmax", F.softmax)]:
        f.case(f"{name}.last_axis", lambda x: function(x, -1), x)
        f.case(f"{name}.first_axis", lambda x: function(x, 0), x)
        f.case(f"{name}.far", lambda x: function(x, 1), values([[-900.0, 0, 1], [900, 899, 0]]))


def norms(f):
    x = real(2, 3, 4)
    norm = torch.linalg.vector_norm
    f.case("norm.all", norm, x)
    f.case("norm.middle_axis_kept", lambda x: norm(x, dim=1, keepdim=True), x)
    f.case("norm.two_axes", lambda x: norm(x, dim=(0, -1)), x)
    f.case("normalize.default_axis", F.normalize, x)
    f.case("normalize.last_axis", lambda x: F.normalize(x, dim=-1), x)
    f.case("cosine_similarity.default_axis", F.cosine_similarity, x, x)
    f.case("cosine_similarity.broadcast", lambda x, y: F.cosine_similarity(x, y, -1),
           real(2, 1, 4), real(3, 4))
    f.case("layer_norm.plain", lambda x: F.layer_norm(x, (4,)), x)
    f.case("layer_norm.affine_two_axes", lambda x, w, b: F.layer_norm(x, (3, 4), w, b, 1e-3), x,
           real(3, 4), real(3, 4))
    f.case("batch_norm.plain", lambda x: F.batch_norm(x, None, None, training=True), real(4, 3))
    f.case("batch_norm.affine_image",
           lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=1e-3), real(2, 3, 2, 2),
           real(3), real(3))
    f.case("batch_norm.given_statistics", lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b), x,
           constant(real(3)), constant(real(3, low=0.5)), real(3), real(3))


def indexing(f):
    x = real(3, 4)
    f.case("gather.rows", lambda x, i: x.gather(0, i), x, index(3, 2, 4))
    f.case("gather.negative_axis", lambda x, i: x.gather(-1, i), x, index(4, 2, 6))
    f.case("scatter_add.rows", lambda i, x: torch.zeros(3, 4).scatter_add(0, i, x),
           index(3, 5, 4), real(5, 4))
    f.case("scatter_add.last_axis", lambda i, x: torch.zeros(3, 4).scatter_add(1, i, x),
           index(4, 2, 3), real(2, 3))
    f.case("index_select.repeated", lambda x, i: x.index_select(1, i), x, values([3, 0, 3, 3]))
    f.case("embedding.table_of_indices", lambda i, w: F.embedding(i, w), index(5, 2, 3), real(5, 4))


def products(f):
    for name, a, b in [("vector_vector", (4,), (4,)), ("matrix_vector", (3, 4), (4,)),
                       ("vector_matrix", (3,), (3, 4)), ("matrices", (3, 4), (4, 2)),
                       ("batches_broadcast", (2, 1, 2, 3), (3, 3, 4)),
                       ("batch_vector", (2, 3, 4), (4,)), ("vector_batch", (3,), (2, 3, 4)),
                       ("nothing_inside", (2, 0), (0, 3))]:
        f.case(f"matmul.{name}", torch.matmul, real(*a), real(*b))
    f.case("matmul.transposed_views", lambda a, b: a.mT @ b.mT, real(2, 4, 3), real(2, 2, 4))
    f.case("linear.plain", F.linear, real(3, 4), real(2, 4))
    f.case("linear.bias_three_axes", F.linear, real(2, 3, 4), real(2, 4), real(2))
    f.case("linear.one_vector", F.linear, real(4), real(2, 4), real(2))

    def margin_head(x, w, labels):
        cosine = F.linear(F.normalize(x), F.normalize(w))
        return F.cross_entropy(8 * (cosine - 0.25 * F.one_hot(labels, len(w))), labels)
    for name in ("margin_cross_entropy", "margin_cross_entropy_composite"):
        f.case(f"{name}.cosface", margin_head, real(6, 3), real(5, 3), index(5, 6))

    x, w = real(2, 4, 5, 6), real(3, 4, 3, 2)
    for name, kernel, options in [
            ("plain", w, {}), ("one_by_one", real(3, 4, 1, 1), {}),
            ("stride", w, {"stride": (2, 3)}), ("padding", w, {"padding": (2, 1)}),
            ("dilation", w, {"dilation": (2, 3)}), ("groups", real(6, 2, 3, 2), {"groups": 2}),
            ("depthwise", real(4, 1, 3, 3), {"groups": 4, "padding": 1}),
            ("everything", real(4, 2, 2, 3),
             {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2})]:
        f.case(f"conv2d.{name}", lambda x, w: F.conv2d(x, w, **options), x, kernel)
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    f.case("conv2d_input_gradient.everything",
           lambda g, w: conv2d_input((1, 4, 5, 6), w, g, **options), real(1, 2, 3, 4),
           real(2, 2, 3, 2))
    f.case("conv2d_weight_gradient.everything",
           lambda g, x: conv2d_weight(x, (2, 2, 3, 2), g, **options), real(1, 2, 3, 4),
           real(1, 4, 5, 6))


def pooling(f):
    x = real(2, 2, 5, 6)
    f.case("max_pool2d.plain", lambda x: F.max_pool2d(x, 2), x)
    f.case("max_pool2d.overlapping", lambda x: F.max_pool2d(x, (3, 2), (1, 1)), x)
    f.case("max_pool2d.padding_dilation",
           lambda x: F.max_pool2d(x, (2, 3), (2, 1), (1, 1), (2, 2)), x)
    f.case("avg_pool2d.plain", lambda x: F.avg_pool2d(x, 2), x)
    f.case("avg_pool2d.padding", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 1)), x)
    f.case("avg_pool2d.padding_not_counted",
           lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), x)
    for rows, columns in [(1, 1), (3, 4), (5, 2), (7, 6)]:
        f.case(f"adaptive_avg_pool2d.{rows}x{columns}",
               lambda x: F.adaptive_avg_pool2d(x, (rows, columns)), x)


def differences(f):
    """Points where Gradian decides otherwise on purpose; the test states both values."""
    f.case("sqrt.zero", torch.sqrt, values([0.0, 4]), cotangent=[1.0, 1])
    f.case("max.ties", lambda x: torch.amax(x, 1), values([[1.0, 3, 3]]), cotangent=[1.0])
    f.case("min.ties", lambda x: torch.amin(x, 1), values([[2.0, 2, 3]]), cotangent=[1.0])
    f.case("normalize.shorter_than_eps", lambda x: F.normalize(x, eps=1.0), values([[0.25, 0.5]]),
           cotangent=[[1.0, 1]])
    f.case("cosine_similarity.one_shorter_than_eps",
           lambda x, y: F.cosine_similarity(x, y, eps=1.0), values([[0.0, 0.5]]),
           values([[3.0, 4]]), cotangent=[1.0])
    f.case("softplus.threshold", F.softplus, values([20.5]), cotangent=[1.0])
