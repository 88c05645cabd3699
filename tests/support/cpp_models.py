"""C++ models compiled for the tests: many designs in one library, called with NumPy's arrays."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
from macsmith.golden.formats import Format
from macsmith.sim.cpp import fields, model

#: Warnings are errors, as a user's build may have them.
FLAGS = ("-std=c++17", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
         "-fno-exceptions", "-fno-rtti", "-shared", "-fPIC")  # fmt: skip

_SHIM = """
extern "C" const char *{symbol}(int rows, int cols, int k, const void *const *data,
                               void *results) {{
    {space}::Tile tile;
    tile.rows = rows;
    tile.cols = cols;
    tile.k = k;
{fields}
    return {space}::multiply(tile, static_cast<{space}::Result *>(results));
}}
extern "C" void {symbol}_one(int rows, int cols, int k, const void *const *data, void *results,
                             int row, int col, int output) {{
    {space}::Tile tile;
    tile.rows = rows;
    tile.cols = cols;
    tile.k = k;
{fields}
    *static_cast<{space}::Result *>(results) = {space}::result(tile, row, col, output);
}}
"""


class Compiled:
    """The models of some engines, of different names."""

    def __init__(self, folder: Path, engines, change=lambda text: text) -> None:
        self.engines = {engine.name: engine for engine in engines}
        lines = []
        for name, engine in self.engines.items():
            text = change(model.header(engine))
            (folder / f"{name}_golden.hpp").write_text(text, encoding="utf-8")
            lines.insert(0, f'#include "{name}_golden.hpp"')
            lines += [_shim(engine, mode) for mode in range(len(engine.modes))]
        source = folder / "models.cpp"
        source.write_text("\n".join(lines), encoding="utf-8")
        subprocess.run(["g++", *FLAGS, source, "-o", folder / "models.so"], check=True)
        self._library = ctypes.CDLL(str(folder / "models.so"))

    def multiply(self, name, matrices, k=None):
        """Values and flags as of golden's Result, or what is wrong with the matrices."""
        arithmetic = model.alone(self.engines[name], matrices.mode)
        call = getattr(self._library, f"{name}_{matrices.mode}")
        call.restype = ctypes.c_char_p
        shape = matrices.weight.shape[0], matrices.activation.shape[0]
        form = model.result_format(arithmetic)
        results = np.zeros((arithmetic.outputs, *shape), result_type(form))
        given = arrays(arithmetic, matrices)
        pointers = (ctypes.c_void_p * len(given))(*(array.ctypes.data for array in given))
        size = matrices.weight.shape[1] if k is None else k
        said = call(*shape, size, pointers, ctypes.c_void_p(results.ctypes.data))
        if said is not None:
            return said.decode()
        one = getattr(self._library, f"{name}_{matrices.mode}_one")
        one.restype = None
        last = np.zeros(1, result_type(form))
        one(*shape, size, pointers, ctypes.c_void_p(last.ctypes.data), shape[0] - 1, shape[1] - 1,
            arithmetic.outputs - 1)  # fmt: skip
        assert last[0] == results[-1, -1, -1]
        return results[0] if arithmetic.outputs == 1 else results


def _shim(engine, mode):
    arithmetic = model.alone(engine, mode)
    space = f"{engine.name}_golden" + (f"::mode{mode}" if len(engine.modes) > 1 else "")
    lines = [
        f"    tile.{field.name} = static_cast<const {field.type} *>(data[{number}]);"
        for number, field in enumerate(fields.fields(arithmetic))
    ]
    return _SHIM.format(symbol=f"{engine.name}_{mode}", space=space, fields="\n".join(lines))


def result_type(form):
    """NumPy's view of the C++ type of a result."""
    if isinstance(form, Format):
        return np.dtype(form.dtype)
    flags = [(name, "?") for name in ("nan", "positive", "negative")]
    return np.dtype([("word", "u4", -(-form.width // 32)), *flags, ("", "u1")])


def arrays(arithmetic, matrices):
    """A tile's arrays in the order of the C++ model's, of its types."""
    found = []
    for field in fields.fields(arithmetic):
        side = (matrices.weight, matrices.activation)[field.side]
        array = {
            "codes": lambda s=side, f=field: s.codes[f.array],
            "scales": lambda s=side, f=field: s.scales[f.array],
            "select": lambda s=side: s.select,
            "index": lambda s=side: s.indices,
            "bias": lambda: matrices.bias,
            "initial": lambda: matrices.initial,
        }[field.kind]()
        kind = field.type.removeprefix("std::").removesuffix("_t")
        found.append(np.ascontiguousarray(array, dtype=kind))
    return found


def same(found, answer):
    """Whether C++'s results are golden's, bit for bit."""
    if found.dtype.names is None:
        return found.shape == answer.values.shape and bool((found == answer.values).all())
    words = found["word"].shape[-1]
    mask = (1 << 32 * words) - 1
    wanted = answer.values.astype(object) & mask
    value = sum((found["word"][..., i].astype(object) << 32 * i) for i in range(words))
    flags = all(
        (found[name] == getattr(answer.flags, name)).all()
        for name in ("nan", "positive", "negative")
    )
    return bool((value == wanted).all()) and flags
