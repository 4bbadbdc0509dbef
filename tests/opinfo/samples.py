"""The file of samples that replay.cpp reads, and how PyTorch evaluates what goes into it.

A sample is one or more calls of functions on named arguments. In samples.txt it is these lines:

    sample <id> <family> <op> <number>      or `error ...` where PyTorch refuses the call
    call <function> <argument>=<value> ...  the last call's result is the sample's

A value has no spaces: 1, 0.5, inf, True, mean, [2,3], [[0,1],2]; @0 is an input, %0 the result of
the sample's first call. Further lines count what has no sample: `left_out <family> <op> <count>
<reason>`. Arrays are in samples.safetensors, as <id>.<key> with these keys:

    in0, in1, ...           the inputs
    out                     the result
    after.<name>            other results, such as running statistics
    cotangent               v, of the shape of out
    grad0, ...              the gradient of sum(v * out) by each input that has one
    direction0, ...         w0, ...
    second0, ..., second_v  the gradients of sum(w0 * grad0) + ... by those inputs, and by v
"""
import collections
import random
import zlib

import numpy as np
import torch

import array_file

MOST_ELEMENTS = 20_000  # of one tensor: what is larger takes disk and time and shows nothing more


class LeftOut(Exception):
    """Why a sample cannot be replayed."""


class Input:
    """A tensor among the arguments of a call."""

    def __init__(self, tensor):
        self.original = tensor
        self.differentiable = tensor.requires_grad
        self.tensor = tensor.detach().clone()
        if self.tensor.dtype == torch.bool:
            self.tensor = self.tensor.to(torch.int64)


def seed(name):
    torch.manual_seed(zlib.crc32(name.encode()))
    np.random.seed(zlib.crc32(name.encode()))
    random.seed(name)


def numbers(tensor):
    array = tensor.numpy(force=True)
    if array.dtype == np.bool_:
        array = array.astype(np.int64)
    return np.ascontiguousarray(array).reshape(array.shape)


def write_value(value, inputs):
    """The text of an argument; its tensors are added to `inputs`, each object once."""
    if isinstance(value, torch.Tensor):
        for i, known in enumerate(inputs):
            if known.original is value:
                return f"@{i}"
        check_dtype(value)
        if value.numel() > MOST_ELEMENTS:
            raise LeftOut(f"tensor of more than {MOST_ELEMENTS} elements")
        if value.dim() > 8:
            raise LeftOut("tensor of more than eight axes")
        inputs.append(Input(value))
        return f"@{len(inputs) - 1}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(write_value(item, inputs) for item in value) + "]"
    if isinstance(value, complex):
        raise LeftOut("complex number")
    if isinstance(value, (bool, int, float, str)):
        text = str(value)
        if text and not any(c.isspace() for c in text):
            return text
    raise LeftOut(f"argument of type {type(value).__name__}")


def check_dtype(tensor):
    if tensor.dtype not in (torch.float64, torch.float32, torch.int64, torch.bool):
        raise LeftOut(f"dtype {str(tensor.dtype).removeprefix('torch.')}")
    if tensor.layout != torch.strided:
        raise LeftOut("sparse tensor")


class SampleFile:
    def __init__(self):
        self.lines, self.arrays = [], {}
        self.left_out = collections.Counter()
        self.count = 0

    def leave_out(self, family, op, reason, count=1):
        self.left_out[family, op, reason] += count

    def error(self, family, op, number, function, arguments):
        """A call that PyTorch refuses."""
        try:
            inputs = []
            call = self.call(function, arguments, inputs)
        except LeftOut as reason:
            return self.leave_out(family, op, str(reason))
        self.begin("error", family, op, number, [call], inputs)

    def sample(self, family, op, number, calls, inputs, run, second_order=True):
        """`run` evaluates the calls, which are lines, on tensors in the place of `inputs`: it
        returns a tensor, and a dictionary of other results."""
        try:
            results = self.evaluate(run, inputs, second_order)
        except LeftOut as reason:
            return self.leave_out(family, op, str(reason))
        except (RuntimeError, NotImplementedError) as error:
            name = type(error).__name__
            return self.leave_out(family, op, f"PyTorch fails on its own sample: {name}")
        prefix = self.begin("sample", family, op, number, calls, inputs)
        for key, tensor in results.items():
            self.arrays[f"{prefix}.{key}"] = numbers(tensor)

    def call(self, function, arguments, inputs):
        values = "".join(f" {name}={write_value(value, inputs)}"
                         for name, value in arguments.items())
        return f"call {function}{values}"

    def begin(self, kind, family, op, number, calls, inputs):
        self.lines += [f"{kind} {self.count} {family} {op} {number}", *calls]
        prefix = str(self.count)
        for i, given in enumerate(inputs):
            self.arrays[f"{prefix}.in{i}"] = numbers(given.tensor)
        self.count += 1
        return prefix

    def evaluate(self, run, inputs, second_order):
        tensors = [given.tensor.clone().requires_grad_(given.differentiable) for given in inputs]
        out, others = run(tensors)
        check_dtype(out)
        if not inputs:
            raise LeftOut("does not compile: no operand is a tensor")
        if out.is_floating_point() and not any(given.tensor.is_floating_point()
                                               for given in inputs):
            raise LeftOut("promotes whole numbers to floating ones")
        results = {"out": out, **{f"after.{name}": value for name, value in others.items()}}
        if not out.requires_grad:
            return results
        wanted = [i for i, given in enumerate(inputs) if given.differentiable]
        sources = [tensors[i] for i in wanted]
        cotangent = torch.rand_like(out, requires_grad=True)
        first = self.gradients(out, sources, cotangent, create_graph=second_order)
        results["cotangent"] = cotangent
        results.update({f"grad{i}": gradient for i, gradient in zip(wanted, first)})
        if not second_order:
            return results
        directions = [torch.rand_like(gradient) - 0.5 for gradient in first]
        second = self.second_gradients(first, [*sources, cotangent], directions)
        results.update({f"direction{i}": w for i, w in zip(wanted, directions)})
        results.update({f"second{i}": gradient for i, gradient in zip(wanted, second)})
        results["second_v"] = second[-1]
        return results

    def gradients(self, out, sources, cotangent, create_graph):
        found = torch.autograd.grad(out, sources, cotangent, create_graph=create_graph,
                                    allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for g, x in zip(found, sources)]

    def second_gradients(self, first, sources, directions):
        depending = [(g, w) for g, w in zip(first, directions) if g.requires_grad]
        if not depending:
            return [torch.zeros_like(x) for x in sources]
        total = sum((g * w).sum() for g, w in depending)
        return self.gradients(total, sources, None, create_graph=False)

    def save(self, folder):
        lines = list(self.lines)
        for (family, op, reason), count in sorted(self.left_out.items()):
            lines.append(f"left_out {family} {op} {count} {reason}")
        (folder / "samples.txt").write_text("\n".join(lines) + "\n")
        array_file.write(folder / "samples.safetensors", self.arrays,
                         {"torch": torch.__version__})
        return f"{self.count} samples, {len(self.arrays)} arrays"
