"""Writes weights of PyTorch for Gradian to load; to_pytorch.py then compares.

    python3 examples/interop/from_pytorch.py build/interop
    build/examples/interop --weights build/interop --out build/interop
    python3 examples/interop/to_pytorch.py build/interop

Ends with 77 ("skipped") where Python lacks a package: pip install torch safetensors
"""
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file

    from pytorch_networks import NETWORKS
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(2)
for name, make in NETWORKS.items():
    network = make()
    for _ in range(10):  # statistics of batch norm that are not the initial ones
        network(2 * torch.rand(16, 1, 28, 28) - 1)
    save_file(network.state_dict(), folder / f"{name}.safetensors")
    print(folder / f"{name}.safetensors")
