"""Runs what build/examples/interop exported in ONNX Runtime, in batches of 1 and of 7, and compares.

    build/examples/interop --out build/interop
    python3 examples/interop/onnx_runtime.py build/interop

Ends with 1 when a value is further than 1e-5 from Gradian's, or where there is no sample, and with
77 ("skipped") where Python lacks a package: pip install numpy onnx onnxruntime
"""
import pathlib
import sys

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
differences = []
for path in sorted(folder.glob("*.onnx")):
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for sample in sorted(folder.glob(f"{path.stem}.*.input.npy")):
        inputs = numpy.load(sample)
        expected = numpy.load(str(sample).replace(".input.", ".output."))
        (output,) = session.run(["output"], {"input": inputs})
        assert output.shape == expected.shape, (output.shape, expected.shape)
        difference = numpy.abs(output - expected).max()
        print(f"{path.stem}, batch {len(inputs)}: {output.shape}, largest difference "
              f"{difference:.1e}, of values up to {numpy.abs(expected).max():.1f}")
        differences.append(difference)
# A NaN fails, too, and so does a folder without samples.
sys.exit(0 if differences and all(d <= 1e-5 for d in differences) else 1)
