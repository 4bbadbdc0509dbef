"""Writes files as Python's packages do, for npy.cpp and safetensors.cpp beside this file.

    pip install numpy torch safetensors; python tests/tensor/files/fixtures.py

They go where the fuzzer begins, tests/fuzz/corpus. The tests need no Python, only the files."""
import pathlib

import numpy
import safetensors.torch
import torch

corpus = pathlib.Path(__file__).parents[2] / "fuzz" / "corpus"


def npy(name, values, descr, version=(1, 0), order="C"):
    array = numpy.array(values, numpy.dtype(descr), order=order)
    with open(corpus / "npy" / name, "wb") as file:
        numpy.lib.format.write_array(file, array, version)


whole = [[-128, 0, 1], [2, 3, 127]]
halves = [0, -0.0, 1, -1.5, 65504, 2.0**-24, -(2.0**-14), numpy.inf, -numpy.inf, numpy.nan]
for size in (1, 2, 4, 8):
    npy(f"i{size}", whole, f"<i{size}")
for descr in (">i2", ">i4", ">i8", ">f2", ">f4", ">f8"):
    npy(f"{descr[1:]}-big", [[1, 2, 3], [4, 5, -6]], descr)
npy("u1", [0, 1, 255], "u1")
npy("b1", [True, False, True], "?")
npy("f2", halves, "<f2")
npy("f4", [[0.5], [-3]], "<f4")
npy("f8", 0.1, "<f8")
npy("f8-fortran", [[[1, 2, 3], [4, 5, 6]]], "<f8", order="F")
npy("version-2", [1, 2], "<i8", (2, 0))
npy("version-3", [1, 2], "<f8", (3, 0))
npy("empty", numpy.zeros((2, 0, 3)), "<f8")

safetensors.torch.save_file(
    {
        "f64": torch.tensor([[0.1], [-2]], dtype=torch.float64),
        "f32": torch.tensor([1.5, -2]),
        "f16": torch.tensor(halves, dtype=torch.float16),
        "bf16": torch.tensor([1, -0.5, 3.0e38, float("inf"), float("nan")], dtype=torch.bfloat16),
        "i64": torch.tensor(-(2**62)),
        "i32": torch.tensor([-(2**31), 7], dtype=torch.int32),
        "i16": torch.tensor([-(2**15), 7], dtype=torch.int16),
        "i8": torch.tensor([-128, 7], dtype=torch.int8),
        "u8": torch.tensor([255, 7], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "empty": torch.zeros(0, 3),
        'a "name" \\ of\n\u00fc and \U0001f600': torch.zeros(1),
    },
    corpus / "safetensors" / "python", {"format": "pt", "note": "\u00fc\t\"\\"})
