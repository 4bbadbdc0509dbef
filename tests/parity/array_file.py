"""Writes arrays as safetensors files, without the package of this name."""
import json


def write(path, arrays, metadata):
    """The length of the header, the header in JSON, the arrays one behind the other. `arrays` are
    NumPy's, contiguous, by name; `metadata` are strings by name."""
    header, offset = {"__metadata__": metadata}, 0
    for name, array in sorted(arrays.items()):
        header[name] = {"dtype": {"f8": "F64", "f4": "F32", "i8": "I64"}[array.dtype.str[1:]],
                        "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in sorted(arrays.items()):
            file.write(array.astype(array.dtype.newbyteorder("<")).tobytes())
