"""PyTorch's side of the benchmark: the workloads of workloads.cpp, from the same numbers.

`make(workload, style, compiled)` gives the step to time and the numbers that Gradian has to agree
with. Nothing is timed here: see peers.py.
"""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 128
SCALE, MARGIN = 30.0, 0.5  # of the margin heads


def pattern(shape, scale, salt):
    """The closed formula of workloads.cpp, piece by piece: a float64 copy would count as memory."""
    out = torch.empty(shape)
    flat = out.view(-1).numpy()
    for begin in range(0, flat.size, 1 << 20):
        end = min(flat.size, begin + (1 << 20))
        turns = np.arange(begin, end, dtype=np.float64) * 0.6180339887498949 + 0.1 * salt
        flat[begin:end] = scale * (2 * (turns - np.floor(turns)) - 1)
    return out


def labels(count, classes):
    return torch.arange(count) * 7919 % classes


def norm(x):
    return torch.linalg.vector_norm(x, dtype=torch.float64).item()


def set_weights(model):
    for salt, (name, parameter) in enumerate(model.named_parameters(), start=1):
        with torch.no_grad():
            if parameter.dim() >= 2:
                fan_in = parameter[0].numel()
                parameter.copy_(pattern(parameter.shape, (6.0 / fan_in) ** 0.5, salt))
            elif "bias" in name:
                parameter.zero_()


def training(model, input_shape, compiled):
    set_weights(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x, y = pattern(input_shape, 1, 0), labels(input_shape[0], 10)

    def loss_of(x, y):
        return F.cross_entropy(model(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)

    def step():
        loss = loss_of(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, lambda: [step() for _ in range(4)]


def lenet():
    layers, channels = [], 1
    for out in (32, 64, 128):
        layers += [nn.Conv2d(channels, out, 5, padding=2), nn.PReLU()]
        layers += [nn.Conv2d(out, out, 5, padding=2), nn.PReLU(), nn.MaxPool2d(2)]
        channels = out
    layers += [nn.Flatten(), nn.Linear(1152, 2), nn.PReLU(), nn.Linear(2, 10, bias=False)]
    return nn.Sequential(*layers)


class ResidualBlock(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Conv2d(channels, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out), nn.PReLU(out),
            nn.Conv2d(out, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out))
        self.shortcut = nn.Sequential(
            nn.Conv2d(channels, out, 1, stride=2, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def ir_resnet():
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.PReLU(16)]
    channels = 16
    for out in (16, 32, 64, 128):
        layers.append(ResidualBlock(channels, out))
        channels = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
                         nn.Linear(256, 10))


# ---- Margin heads: cross entropy of s (cos(theta) - m at the label, cos(theta) elsewhere) ----

def note_head(x, weight, y):
    """The code of the note (losses/README.md): a one-hot matrix mixes two matrices of logits."""
    cosine = F.linear(F.normalize(x), F.normalize(weight))
    one_hot = torch.zeros_like(cosine).scatter_(1, y.view(-1, 1), 1)
    return F.cross_entropy(SCALE * (one_hot * (cosine - MARGIN) + (1 - one_hot) * cosine), y)


def scatter_head(x, weight, y):
    """Only the labels' logits are touched."""
    cosine, at = F.linear(F.normalize(x), F.normalize(weight)), y.view(-1, 1)
    return F.cross_entropy(SCALE * cosine.scatter(1, at, cosine.gather(1, at) - MARGIN), y)


def columns_head(x, weight, y):
    """The products are divided by the weights' lengths, so that no normalised copy of the weights
    is made; scale and margin cost no pass over the logits."""
    logits = F.linear(SCALE * F.normalize(x), weight) / torch.linalg.vector_norm(weight, dim=1)
    logits[torch.arange(len(y)), y] -= SCALE * MARGIN
    return F.cross_entropy(logits, y)


class HandWritten(torch.autograd.Function):
    """The same with a backward rule by hand, in place wherever that is possible."""

    @staticmethod
    def forward(ctx, x, weight, y):
        inverse = torch.linalg.vector_norm(weight, dim=1).reciprocal_()
        cosine = torch.mm(x, weight.t()).mul_(inverse)
        rows = torch.arange(len(y))
        cosine[rows, y] -= MARGIN
        log_normalizer = torch.logsumexp(SCALE * cosine, 1)
        ctx.save_for_backward(x, weight, y, inverse, cosine, log_normalizer)
        return (log_normalizer - SCALE * cosine[rows, y]).mean()

    @staticmethod
    def backward(ctx, grad):
        x, weight, y, inverse, cosine, log_normalizer = ctx.saved_tensors
        rows = torch.arange(len(y))
        slope = torch.mul(cosine, SCALE).sub_(log_normalizer.view(-1, 1)).exp_()
        slope[rows, y] -= 1
        slope.mul_(grad * (SCALE / len(y)))
        radial = torch.einsum("bc,bc->c", slope, cosine)
        radial.index_add_(0, y, MARGIN * slope[rows, y])
        radial.mul_(inverse).mul_(inverse).neg_()
        slope.mul_(inverse)
        by_weight = torch.mm(slope.t(), x).addcmul_(weight, radial.view(-1, 1))
        return torch.mm(slope, weight), by_weight, None


def by_hand_head(x, weight, y):
    return HandWritten.apply(F.normalize(x), weight, y)


HEADS = {"note": note_head, "scatter": scatter_head, "columns": columns_head,
         "by hand": by_hand_head}


def margin_head(classes, style, compiled):
    weight = pattern((classes, 512), 1, 1).requires_grad_()
    x = pattern((BATCH, 512), 1, 2).requires_grad_()
    y = labels(BATCH, classes)
    loss_of = torch.compile(HEADS[style]) if compiled else HEADS[style]

    def step():
        x.grad = weight.grad = None
        loss = loss_of(x, weight, y)
        loss.backward()
        return loss.item()

    return step, lambda: [step(), norm(x.grad), norm(weight.grad)]


def sgemm(m, n, k):
    a, b = pattern((m, k), 1, 1), pattern((k, n), 1, 2)
    return lambda: a @ b, lambda: [norm(a @ b)]


def overhead(recording):
    one = torch.ones(1, requires_grad=True)

    def add_up():
        total = one
        for _ in range(1000):
            total = total + one
        return total

    def step():
        if not recording:
            with torch.no_grad():
                return add_up().item()
        total = add_up()
        one.grad = None
        total.sum().backward()
        return one.grad.item()

    return step, lambda: [step()]


def make(workload, style, compiled):
    """The step, and a function that steps and returns what Gradian's `values` must agree with."""
    kind, _, rest = workload.partition("_")
    if kind == "sgemm":
        return sgemm(*map(int, rest.split("x")))
    if kind == "margin":
        return margin_head(1000 * int(rest.rstrip("k")), style, compiled)
    if kind == "overhead":
        return overhead(rest == "recording")
    model, shape = {"lenet": (lenet, (1, 28, 28)), "ir_resnet": (ir_resnet, (3, 32, 32)),
                    "mlp": (mlp, (784,))}[workload]
    return training(model(), (BATCH, *shape), compiled)
