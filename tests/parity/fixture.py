"""Draws the inputs of a case, runs it in PyTorch, and writes the arrays as a safetensors file.

Numbers are drawn from a seed that is the case's name, so a new case leaves the others as they are.
Inputs and cotangents are rounded to float32: the float32 tests then see the very same numbers.
"""
import collections
import zlib

import numpy as np
import pytorch_metric_learning
import torch

import array_file

# draw: a function of the random generator that returns an array.
Input = collections.namedtuple("Input", "draw differentiable", defaults=[True])


def single(array):
    return np.asarray(array, np.float32).astype(np.float64)


def real(*shape, low=-2.0, high=2.0):
    """Uniform numbers."""
    return Input(lambda rng: single(rng.uniform(low, high, shape)))


def index(bound, *shape):
    """Whole numbers from 0 to bound - 1."""
    return Input(lambda rng: rng.integers(0, bound, shape, np.int64), False)


def values(numbers):
    """These numbers; whole ones are labels or indices."""
    array = np.array(numbers)
    whole = array.dtype == np.int64
    return Input(lambda rng: array if whole else single(array), not whole)


def constant(given):
    """The same input, whose gradient is not asked for."""
    return Input(given.draw, False)


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


class Fixture:
    def __init__(self):
        self.arrays = {}
        self.cases = set()

    def add(self, case, **arrays):
        """Stores arrays under `case.key`."""
        self.cases.add(case)
        for key, array in arrays.items():
            name = f"{case}.{key}"
            assert name not in self.arrays, f"{name} is stored twice"
            if isinstance(array, torch.Tensor):
                array = array.detach().numpy()
            array = np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
            assert array.dtype in (np.float64, np.int64), f"{name} is {array.dtype}"
            self.arrays[name] = array.copy()

    def case(self, name, function, *inputs, cotangent=None):
        """Stores inputs, output, a cotangent, and the gradients of sum(cotangent * output)."""
        rng = generator(name)
        tensors = [torch.from_numpy(spec.draw(rng)) for spec in inputs]
        wanted = [i for i, spec in enumerate(inputs) if spec.differentiable]
        for i in wanted:
            tensors[i].requires_grad_()
        out = function(*tensors)
        if cotangent is None:
            cotangent = single(rng.uniform(-1, 1, out.shape))
        cotangent = torch.as_tensor(cotangent)
        gradients = torch.autograd.grad(out, [tensors[i] for i in wanted], cotangent)
        self.add(name, **{f"in{i}": tensor for i, tensor in enumerate(tensors)})
        self.add(name, out=out, cotangent=cotangent)
        self.add(name, **{f"grad{i}": gradient for i, gradient in zip(wanted, gradients)})

    def save(self, path, packages=(torch, pytorch_metric_learning)):
        """Writes the file; its metadata say by which versions of the packages."""
        for case in self.cases:
            inner = [other for other in self.cases if other.startswith(case + ".")]
            assert not inner, f"{case} is a prefix of {inner}"
        versions = {package.__name__: package.__version__ for package in packages}
        array_file.write(path, self.arrays, versions)
        return (f"{path.name}: {len(self.cases)} cases, {len(self.arrays)} arrays, "
                f"{path.stat().st_size} bytes")
