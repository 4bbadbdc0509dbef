"""Writes the fixtures that tests/parity/test_*.cpp hold Gradian against, with PyTorch in float64, those of
verification with scikit-learn.

To regenerate them, from the repository's root:
    python3 -m venv /tmp/env
    /tmp/env/bin/pip install numpy torch pytorch-metric-learning scikit-learn
    /tmp/env/bin/python tests/parity/generate.py

The tests need no Python, only the *.safetensors files. ops.py becomes ops.safetensors, which
tests/parity/test_ops.cpp reads, and so on; a case has one name on both sides. Initial values are
not compared: they are random.
"""
import pathlib
import sys

import torch

sys.dont_write_bytecode = True  # leaves no __pycache__ here
import fixture
import layers
import losses
import ops
import optimizers
import verification

if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).parent
    for family in (ops, losses, layers, optimizers, verification):
        cases = fixture.Fixture()
        family.write(cases)
        packages = [family.PACKAGES] if hasattr(family, "PACKAGES") else []
        print(cases.save(folder / f"{family.__name__}.safetensors", *packages))
