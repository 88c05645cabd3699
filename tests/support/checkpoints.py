"""Checkpoints as their tools lay them out, written bit by bit from the published layouts."""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

BF16, E4M3 = ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn


def write(folder: Path, arrays: dict, config: dict | None, name="config.json") -> Path:
    """A checkpoint's folder with one file and what says how to read it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()},
              folder / "model.safetensors")  # fmt: skip
    if config is not None:
        (folder / name).write_text(json.dumps(config), encoding="utf-8")
    return folder


def words(codes, bits: int, width: int = 32):
    """Codes of each row in dense little-endian words: bit i of code j is bit bits·j + i."""
    rows = []
    for row in codes:
        whole = 0
        for place, code in enumerate(row):
            whole |= int(code) << (bits * place)
        count = -(-len(row) * bits // width)
        rows.append([whole >> (width * word) & (1 << width) - 1 for word in range(count)])
    return np.array(rows, {32: np.uint32, 8: np.uint8}[width])


def words_with_gaps(codes, bits: int):
    """32 // bits codes a word; the rest of a word is empty."""
    each = 32 // bits
    rows = []
    for row in codes:
        parts = [row[place : place + each] for place in range(0, len(row), each)]
        rows.append([sum(int(c) << (bits * i) for i, c in enumerate(part)) for part in parts])
    return np.array(rows, np.uint32)


def random_scales(rng, shape, dtype):
    """Scales as trained models have them."""
    return (2.0 ** rng.uniform(-8, -2, shape)).astype(dtype)


def spread(blocks, columns: int):
    """One value a group -> one an element."""
    return np.repeat(np.asarray(blocks, np.float64), columns, axis=1)
