"""Runs what build/examples/interop exported in ONNX Runtime, in batches of 1 and of 7, and compares.

    build/examples/interop --out build/interop
    python3 examples/interop/onnx_runtime.py build/interop

Ends with 1 when a value is further than 1e-5 from Gradian's, or where there is no sample, and with
77 ("skipped") where Python lacks a package: pip install numpy onnx onnxruntime
"""
import pathlib
import sys

try:
    import onnx
    import onnxruntime

    from samples import agrees
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
agreed = []
for path in sorted(folder.glob("*.onnx")):
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    agreed.append(agrees(folder, path.stem,
                         lambda inputs: session.run(["output"], {"input": inputs})[0]))
sys.exit(0 if agreed and all(agreed) else 1)
