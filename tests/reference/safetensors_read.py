#!/usr/bin/env python3
"""Reads with NumPy, by the format's description alone, what save_safetensors() writes.

    safetensors_read.py PROGRAM    runs the test program for the file that its case "safetensors: a file for another reader" writes
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}


def read(data):
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert data[8:9] == b"{"
    body = data[8 + length :]
    metadata = header.pop("__metadata__", {})
    places = sorted(entry["data_offsets"] for entry in header.values())
    assert [a for a, _ in places] == [0] + [b for _, b in places[:-1]] and places[-1][1] == len(body), places
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        arrays[name] = np.frombuffer(body[first:last], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        assert (8 + length + first) % arrays[name].itemsize == 0
    return arrays, metadata


with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "model.safetensors")
    subprocess.run([sys.argv[1], "--test-case=safetensors: a file for another reader"],
                   env={**os.environ, "XGRAD_SAFETENSORS": str(path)}, check=True)
    arrays, metadata = read(path.read_bytes())

expected = {
    "0.weight": np.array([[0.5, -1.25, 3e-8], [1e30, 0, -7]], np.float32),
    "0.bias": np.array([0.1, 1 / 3], np.float64),
    "steps": np.array(2**53 + 1, np.int64),
    "empty": np.zeros((0, 4), np.float32),
    "größe \"\\": np.array([1], np.int64),
}
assert arrays.keys() == expected.keys(), arrays.keys()
for name, array in expected.items():
    assert arrays[name].dtype == array.dtype and arrays[name].shape == array.shape, name
    np.testing.assert_array_equal(arrays[name], array)
assert metadata == {"format": "pt", "a \"key\"": "a\nline"}, metadata
print("read", len(arrays), "arrays")
