"""GPTQ: ``qweight``, ``qzeros``, ``scales`` and ``g_idx``, versions 1 and 2.

Source: AutoGPTQ and GPTQModel: quantize_config.json, qlinear's pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...golden import storage
from ...golden.errors import DesignError
from ...golden.storage.words import Gptq, in_order
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Array, Matrix
from . import operands
from .config import need, of_scales, whole
from .found import Found
from .layers import chosen, layers

_PARTS = ("qweight", "qzeros", "scales", "g_idx")

BITS = (2, 3, 4, 8)

#: checkpoint_format -> version of the zero points, and how they are stored.
FORMATS = {"gptq": (1, "z − 1"), "gptq_v2": (2, "z")}


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``qweight``."""
    where = container.path.name
    bits, group = whole(config, "bits", where), whole(config, "group_size", where)
    named = config.get("checkpoint_format", "gptq")
    if not isinstance(named, str) or named not in FORMATS:
        raise DesignError(
            f"{where}: checkpoint_format {named!r} is not read; {', '.join(FORMATS)} are"
        )
    if config.get("dynamic"):
        raise DesignError(
            f"{where}: quantize_config has 'dynamic', bits of its own for some layers: not read"
        )
    if bits not in BITS:
        raise DesignError(
            f"{where}: GPTQ with {', '.join(map(str, BITS))} bits is read, got {bits} bits"
        )
    version, stored_as = FORMATS[named]
    suffix = "_v2" if version == 2 else ""
    scheme = storage.lookup(f"gptq{bits}_{f'g{group}' if group > 0 else 'row'}{suffix}")
    assert isinstance(scheme, Gptq)
    found = Found()
    for layer, arrays in layers(container, "qweight"):
        parts = chosen(arrays, *_PARTS)
        found.used |= {stored.name for stored in parts.values()}
        try:
            sym = config.get("sym") is True
            item = _Layer(scheme, parts, (bits, group), sym, stored_as)
            found.matrices.append(item.matrix(layer, sorts=config.get("desc_act") is True))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


@dataclass(frozen=True)
class _Layer:
    """``width``: bits and group."""

    family: Gptq
    parts: Mapping[str, Stored]
    width: tuple[int, int]
    sym: bool
    stored_as: str

    @property
    def scheme(self) -> Gptq:
        """The family with this layer's format of scales."""
        found = self.family.with_scales(of_scales(self.parts["scales"]))
        assert isinstance(found, Gptq)
        return found

    @property
    def shape(self) -> tuple[int, int]:
        words, rows = self.parts["qweight"].shape
        if "g_idx" in self.parts:
            return rows, self.parts["g_idx"].shape[0]
        return rows, words * 32 // self.width[0]

    def matrix(self, layer: str, sorts: bool) -> Matrix:
        [qweight, _] = need(self.parts, layer, "qweight", "scales")
        if len(qweight.shape) != 2:
            raise DesignError(f"{qweight.name} has shape {qweight.shape}, it is no matrix")
        (bits, group), notes = self.width, []
        operand, reader = self.scheme.operand, self._affine
        if "qzeros" in self.parts:
            notes.append(f"zero points are stored as {self.stored_as} (checkpoint_format)")
        elif not self.sym:
            raise DesignError(f"{layer} has no qzeros, and the config does not say sym: true")
        else:
            notes.append(f"the zero point is {1 << (bits - 1)} (sym: true, no qzeros)")
            operand = operands.scaled(
                f"int{bits}", (self.scheme.scale, self.scheme.operand.levels[0].span)
            )
            reader = self._symmetric
        if sorts:
            need(self.parts, layer, "g_idx")
            notes.append("inputs are sorted by g_idx (desc_act: true)")
        else:
            self._check_in_order()
        return Matrix(
            layer,
            self.shape,
            f"GPTQ {bits} bit, " + (f"groups of {group}" if group > 0 else "a scale a row"),
            operand,
            tuple(self.parts.values()),
            reader,
            tuple(notes),
            self._order if sorts else None,
        )

    def _affine(self) -> Quantized:
        return self._unpacked({name: stored.array() for name, stored in self.parts.items()})

    def _unpacked(self, arrays: dict[str, Array]) -> Quantized:
        if "g_idx" in arrays:
            return storage.unpack_act_order(self.scheme, arrays, self.shape)[0]
        return storage.unpack_parts(self.scheme, arrays, self.shape)

    def _symmetric(self) -> Quantized:
        """The codes q − 2^(bits − 1), in two's complement."""
        bits, (rows, k) = self.width[0], self.shape
        arrays = {name: stored.array() for name, stored in self.parts.items()}
        groups = self.scheme.operand.levels[0].span.shape(rows, k)[1]
        arrays["qzeros"] = np.zeros((groups, rows * bits // 32), np.int32)
        found = self._unpacked(arrays)
        codes = np.asarray(found.codes["code"]) ^ (1 << (bits - 1))
        scale = self.scheme.scale, self.scheme.operand.levels[0].span
        operand = operands.scaled(f"int{bits}", scale)
        return Quantized(operand, {"code": codes}, {"scale": found.scales["scale"]})

    def _check_in_order(self) -> None:
        """Kernels for desc_act: false pass over g_idx: one that sorts would mean two matrices."""
        if "g_idx" not in self.parts:
            return
        index, columns = self.parts["g_idx"], self.scheme.columns or self.shape[1]
        if not np.array_equal(index.array().ravel(), np.arange(index.count) // columns):
            raise DesignError(
                f"{index.name} sorts the inputs, and the config does not say desc_act: true"
            )

    def _order(self) -> Array:
        return in_order(self.parts["g_idx"].array(), self.scheme.columns)
