"""Writes the samples that build/opinfo/replay replays: PyTorch's own databases of operators, of
modules and of optimisers, and random expressions, with the values and derivatives that PyTorch
computes in float64. The format is in samples.py.

    make opinfo     needs python3 with torch; says so and stops where it is absent
"""
import argparse
import logging
import pathlib
import sys
import warnings

import torch

sys.dont_write_bytecode = True  # leaves no __pycache__ here
sys.path.append(str(pathlib.Path(__file__).parent.parent / "parity"))
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")
import graphs
import modules
import operators
import optimizers
import samples

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="where the two files are written")
    parser.add_argument("--graphs", type=int, default=500, help="number of random expressions")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    file = samples.SampleFile()
    for what, write in (("operators", operators.write), ("modules", modules.write),
                        ("optimisers", optimizers.write),
                        ("random expressions", lambda f: graphs.write(f, arguments.graphs))):
        print(f"evaluating PyTorch's {what}", flush=True)
        write(file)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(f"PyTorch {torch.__version__}: {file.save(arguments.folder)}")
