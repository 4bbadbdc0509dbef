"""Random expressions: a few small inputs, then functions of what is there already, with
broadcasting, views and reductions, summed to one number. Their second order is the product of the
Hessian with a direction. Every expression has a seed of its own: its number."""
import random

import torch
from torch.nn import functional as F

from samples import seed

MOST_AXES = 4
MOST_NUMBERS = 200  # in one intermediate result

# Smooth everywhere, or with kinks that random numbers do not meet.
UNARY = {
    "neg": torch.neg, "abs": torch.abs, "exp": torch.exp, "sin": torch.sin, "cos": torch.cos,
    "tanh": torch.tanh, "erf": torch.erf, "sigmoid": torch.sigmoid, "nn.functional.relu": F.relu,
    "nn.functional.silu": F.silu, "nn.functional.softplus": F.softplus,
    "nn.functional.gelu": F.gelu, "nn.functional.leaky_relu": F.leaky_relu,
}
POSITIVE_UNARY = {"log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt}
BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "maximum": torch.maximum,
          "minimum": torch.minimum}
REDUCTIONS = {"sum": torch.sum, "mean": torch.mean, "amax": torch.amax, "amin": torch.amin,
              "logsumexp": torch.logsumexp}


def write(file, count):
    for number in range(count):
        seed(f"graph {number}")
        graph = Graph(random.Random(number))
        graph.grow(graph.random.randint(4, 14))
        inputs = []
        file.call("inputs", dict(enumerate(graph.inputs)), inputs)
        file.sample("graphs", "random", str(number), [call for call, _ in graph.statements],
                    inputs, graph.run)


class Graph:
    """Statements are pairs: the call as it is written, and a function of all values so far."""

    def __init__(self, rng):
        self.random = rng
        self.statements, self.inputs = [], []
        for _ in range(rng.randint(1, 3)):
            shape = [rng.choice((1, 2, 3)) for _ in range(rng.randint(0, 3))]
            self.inputs.append((torch.rand(shape, dtype=torch.float64) * 2 - 1)
                               .requires_grad_())
        self.names = [f"@{i}" for i in range(len(self.inputs))]
        self.values = list(self.inputs)

    def run(self, tensors):
        values = list(tensors)
        for _, function in self.statements:
            values.append(function(values))
        return values[-1], {}

    def grow(self, length):
        kinds = (self.unary, self.unary, self.positive, self.binary, self.binary, self.binary,
                 self.quotient, self.clamp, self.reduce, self.reduce, self.softmax, self.reorder,
                 self.fold, self.expand, self.cut, self.flip, self.join, self.product, self.select,
                 self.variance)
        while len(self.statements) < length:
            self.random.choice(kinds)()
        self.sum_of_unused()

    def add(self, function, operands, evaluate, **arguments):
        """`operands` are numbers of values by the names of the arguments; one that is written with
        another has an empty name."""
        numbers = list(operands.values())
        result = evaluate(*[self.values[i] for i in numbers])
        if result.numel() > MOST_NUMBERS or result.dim() > MOST_AXES \
                or not bool((result.detach().abs() < 1e3).all()):
            return None
        words = {name: self.names[i] for name, i in operands.items()} | arguments
        text = "".join(f" {name}={str(value).replace(' ', '')}"
                       for name, value in words.items() if name)
        self.names.append(f"%{len(self.statements)}")
        self.statements.append((f"call {function}{text}",
                                lambda values: evaluate(*[values[i] for i in numbers])))
        self.values.append(result.detach())
        return len(self.values) - 1

    def any(self, accept=lambda value: True):
        """The number of one of the later values, or None."""
        fitting = [i for i, value in enumerate(self.values) if accept(value)]
        return self.random.choice(fitting[-6:]) if fitting else None

    def any_axis(self, i):
        return self.random.randrange(self.values[i].dim())

    def some_with_axes(self):
        return self.any(lambda value: value.dim() > 0)

    def unary(self):
        name = self.random.choice(list(UNARY))
        self.add(name, {"input": self.any()}, UNARY[name])

    def positive(self):
        square = self.any()
        square = self.add("mul", {"input": square, "other": square}, torch.mul)
        shifted = square and self.add("add", {"input": square}, lambda x: x + 0.5, other=0.5)
        if shifted:
            name = self.random.choice(list(POSITIVE_UNARY))
            self.add(name, {"input": shifted}, POSITIVE_UNARY[name])

    def partner(self, i):
        """One that broadcasts with value i."""
        def fits(value):
            sizes = zip(reversed(value.shape), reversed(self.values[i].shape))
            return all(a == b or 1 in (a, b) for a, b in sizes)
        return self.any(fits)

    def binary(self):
        name = self.random.choice(list(BINARY))
        i = self.any()
        j = self.partner(i)
        if i != j:
            self.add(name, {"input": i, "other": j}, BINARY[name])

    def quotient(self):
        i = self.any()
        divisor = self.add("exp", {"input": self.partner(i)}, torch.exp)
        if divisor:
            self.add("true_divide", {"input": i, "other": divisor}, torch.div)

    def clamp(self):
        low = self.random.uniform(-1, 0.5)
        high = low + self.random.random()
        self.add("clamp", {"input": self.any()}, lambda x: x.clamp(low, high), min=low, max=high)

    def reduce(self):
        i = self.some_with_axes()
        if i is None:
            return
        name = self.random.choice(list(REDUCTIONS))
        count = self.random.randint(1, self.values[i].dim())
        axes = self.random.sample(range(self.values[i].dim()), count)
        keep = self.random.random() < 0.5
        self.add(name, {"input": i}, lambda x: REDUCTIONS[name](x, axes, keep), dim=axes,
                 keepdim=keep)

    def variance(self):
        i = self.any(lambda value: value.dim() > 0 and min(value.shape) > 1)
        if i is not None:
            axis, correction = self.any_axis(i), self.random.choice((0, 1))
            self.add("var", {"input": i},
                     lambda x: torch.var(x, axis, correction=correction, keepdim=True), dim=axis,
                     correction=correction, keepdim=True)

    def softmax(self):
        i = self.some_with_axes()
        if i is not None:
            name, axis = self.random.choice(("softmax", "log_softmax")), self.any_axis(i)
            self.add(name, {"input": i}, lambda x: getattr(torch, name)(x, axis), dim=axis)

    def reorder(self):
        i = self.some_with_axes()
        if i is not None:
            axes = self.random.sample(range(self.values[i].dim()), self.values[i].dim())
            self.add("permute", {"input": i}, lambda x: x.permute(axes), dims=axes)

    def fold(self):
        """Splits the axes at a place, and joins those of each side."""
        i = self.some_with_axes()
        if i is not None:
            shape = self.values[i].shape
            place = self.random.randint(0, len(shape))
            sizes = [shape[:place].numel(), shape[place:].numel()]
            self.add("reshape", {"input": i}, lambda x: x.reshape(sizes), shape=sizes)

    def expand(self):
        i = self.any()
        shape = [self.random.choice((2, 3)) if size == 1 else size
                 for size in self.values[i].shape]
        shape = [2] * self.random.randint(0, 1) + shape
        self.add("expand", {"input": i}, lambda x: x.expand(shape), shape=shape)

    def cut(self):
        i = self.some_with_axes()
        if i is not None:
            axis = self.any_axis(i)
            start = self.random.randrange(self.values[i].size(axis))
            length = self.random.randint(1, self.values[i].size(axis) - start)
            self.add("narrow", {"input": i}, lambda x: x.narrow(axis, start, length), dim=axis,
                     start=start, length=length)

    def flip(self):
        i = self.some_with_axes()
        if i is not None:
            axis = self.any_axis(i)
            self.add("flip", {"input": i}, lambda x: x.flip(axis), dims=[axis])

    def join(self):
        i = self.some_with_axes()
        j = self.any(lambda value: i is not None and value.shape == self.values[i].shape)
        if j is not None:
            axis = self.any_axis(i)
            names = f"[{self.names[i]},{self.names[j]}]"
            name = self.random.choice(("cat", "stack"))
            self.add(name, {"tensors": i, "": j},
                     lambda x, y: getattr(torch, name)([x, y], axis), tensors=names, dim=axis)

    def product(self):
        i = self.some_with_axes()
        j = self.any(lambda value: i is not None and value.dim() > 0 and
                     value.size(-min(2, value.dim())) == self.values[i].size(-1) and
                     (value.dim() <= 2 or self.values[i].dim() <= 2))
        if j is not None:
            self.add("matmul", {"input": i, "other": j}, torch.matmul)

    def select(self):
        i = self.some_with_axes()
        if i is not None:
            axis = self.any_axis(i)
            index = self.random.randrange(self.values[i].size(axis))
            self.add("select", {"input": i}, lambda x: x.select(axis, index), dim=axis,
                     index=index)

    def sum_of_unused(self):
        """The result: sums of tanh of all values that nothing is made of yet."""
        calls = " ".join(call for call, _ in self.statements) + " "
        unused = [i for i, name in enumerate(self.names)
                  if f"{name} " not in calls and f"{name}]" not in calls
                  and f"{name}," not in calls]
        total = None
        for i in unused:
            bounded = self.add("tanh", {"input": i}, torch.tanh)
            term = self.add("sum", {"input": bounded}, torch.sum)
            total = term if total is None else self.add(
                "add", {"input": total, "other": term}, torch.add)
