"""Loads weights that Gradian has written into PyTorch, and compares what the networks compute.

    build/examples/interop --out build/interop
    python3 examples/interop/to_pytorch.py build/interop

Ends with 1 when a value is further than 1e-5 from Gradian's, or where there is no sample, and with
77 ("skipped") where Python lacks a package: pip install numpy torch safetensors
"""
import pathlib
import sys

try:
    import numpy
    import torch
    from safetensors.torch import load_file

    from pytorch_networks import NETWORKS
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
differences = []
for name, make in NETWORKS.items():
    network = make()
    network.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    network.eval()
    for sample in sorted(folder.glob(f"{name}.*.input.npy")):
        inputs = numpy.load(sample)
        expected = numpy.load(str(sample).replace(".input.", ".output."))
        with torch.no_grad():
            output = network(torch.from_numpy(inputs)).numpy()
        difference = numpy.abs(output - expected).max()
        print(f"{name}, batch {len(inputs)}: largest difference {difference:.1e}, of values up to "
              f"{numpy.abs(expected).max():.1f}")
        differences.append(difference)
# A NaN fails, too, and so does a folder without samples.
sys.exit(0 if differences and all(d <= 1e-5 for d in differences) else 1)
