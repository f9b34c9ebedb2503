#!/usr/bin/env python3
"""NPY and NPZ files as NumPy writes them; prints npy.hpp.

    /usr/bin/python3 tests/reference/npy.py > tests/reference/npy.hpp
"""
import io
import warnings

import numpy as np


def npy(array, version=None):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that version 2 or 3 is not needed
        np.lib.format.write_array(file, np.asanyarray(array), version=version)
    return file.getvalue()


def npz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def literal(data):
    rows = [data[i : i + 56].hex() for i in range(0, len(data), 56)]
    return "\n".join(f'    "{row}"' for row in rows)


matrix = np.array([[1, 2, 3], [4, 5, 6]])
half = matrix - 0.5
cube = np.arange(24).reshape(2, 3, 4)
files = {
    "float32": npy(half.astype("<f4")),
    "float64": npy(half.astype("<f8")),
    "float32_big_endian": npy(half.astype(">f4")),
    "float64_big_endian": npy(half.astype(">f8")),
    "int32": npy((matrix - 3).astype("<i4")),
    "int64": npy((matrix - 3).astype("<i8")),
    "int64_big_endian": npy((matrix - 3).astype(">i8")),
    "int16": npy((matrix - 3).astype("<i2")),
    "int8": npy((matrix - 3).astype("i1")),
    "uint8": npy((matrix + 249).astype("u1")),
    "boolean": npy(matrix % 2 == 0),
    "fortran": npy(np.asfortranarray(cube.astype("<f8"))),
    "fortran_big_endian": npy(np.asfortranarray(cube.astype(">i4"))),
    "version_2": npy(half.astype("<f8"), (2, 0)),
    "version_3": npy(half.astype("<f8"), (3, 0)),
    "scalar": npy(np.float64(2.5)),
    "vector": npy(np.arange(3, dtype="<i8")),
    "nothing": npy(np.zeros((0, 3), "<f4")),
    "object": npy(np.array([1, "a"], dtype=object)),
    "structured": npy(np.zeros(2, [("a", "<f4"), ("b", "<i4")])),
    "complex": npy(np.zeros(2, "<c8")),
    "text": npy(np.array(["abc"])),
    "uint64": npy(np.zeros(2, "<u8")),
    "npz_stored": npz(np.savez, x=half.astype("<f4"), labels=np.arange(3, dtype="<i8")),
    "npz_deflated": npz(np.savez_compressed, x=np.zeros((30, 40)), y=half),
}

print(f"// Written by tests/reference/npy.py with NumPy {np.__version__}: do not edit.")
print("#pragma once\n\nnamespace xgrad::tests::reference {\n")
print("// The bytes of files, in hexadecimal.")
for name, data in files.items():
    print(f"inline constexpr const char {name}[] =\n{literal(data)};")
print("\n} // namespace xgrad::tests::reference")
