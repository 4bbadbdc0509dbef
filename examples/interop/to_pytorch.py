"""Loads weights that Gradian has written into PyTorch, and compares what the networks compute.

    build/examples/interop --out build/interop
    python3 examples/interop/to_pytorch.py build/interop

Ends with 1 when a value is further than 1e-5 from Gradian's, or where there is no sample, and with
77 ("skipped") where Python lacks a package: pip install numpy torch safetensors
"""
import pathlib
import sys

try:
    import torch
    from safetensors.torch import load_file

    from pytorch_networks import NETWORKS
    from samples import agrees
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
agreed = []
for name, make in NETWORKS.items():
    network = make()
    network.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    network.eval()
    with torch.no_grad():
        agreed.append(agrees(folder, name, lambda x: network(torch.from_numpy(x)).numpy()))
sys.exit(0 if all(agreed) else 1)
