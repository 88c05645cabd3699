"""Hardware stepped through codes, with or without a clock: every output for every input."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from ..golden.errors import ToolFailed
from . import cxxrtl
from .lanes import Array, words

_COMMANDS = ["read_rtlil core.il", "hierarchy -check -top top", "proc", "flatten"]


class Sweep:
    """A module of up to two inputs, compiled.

    Parameters
    ----------
    module : drives ``outputs`` from ``w`` and ``a``; combinational, or a pipeline.
    w, a : the inputs, called so, of at most 64 bits.
    outputs : name -> output.
    enable : for a pipeline, lets its registers move; called so.
    latency : cycles with ``enable`` from inputs to outputs, the same for all; 0 for no registers.
    sources : file -> Verilog of what the module instantiates.

    Raises ToolMissing or ToolFailed.
    """

    def __init__(
        self,
        module: Module,
        w: Signal,
        a: Signal,
        outputs: Mapping[str, Any],
        *,
        enable: Signal | None = None,
        latency: int = 0,
        sources: Mapping[str, str] | None = None,
    ):
        assert enable is not None or not latency
        self.latency = latency
        self.widths = {name: len(value) for name, value in outputs.items()}
        ports = []
        for index, value in enumerate(outputs.values()):
            ports.append(Signal(len(value), name=f"o{index}"))
            module.d.comb += ports[-1].eq(value)
        inputs = [w, a] if enable is None else [w, a, enable]
        text = rtlil.convert(module, name="top", ports=[*inputs, *ports], emit_src=False)
        sources = sources or {}
        commands = [f"read_verilog {name}" for name in sources]
        commands += [*_COMMANDS, "opt_expr", "opt_clean -purge"]
        files = {"core.il": text, **sources}
        library = cxxrtl.build(files, commands, self._glue(), "sweep.cpp")
        self._sweep = library.sweep
        pointer = ctypes.c_void_p
        self._sweep.argtypes = [ctypes.c_size_t, pointer, pointer, ctypes.c_uint64, pointer]

    def _glue(self) -> str:
        lines, offset = [], 0
        for index, width in enumerate(self.widths.values()):
            place = f"count * {offset} + i * {words(width)}"
            lines.append(f"  get(top.p_o{index}, found + {place});")
            offset += words(width)
        clock = f"#define CLOCKED {int(self.latency > 0)}\n#define LATENCY {self.latency}\n"
        if self.latency:
            clock += "static void put_enable(Top &top, bool on) { put(top.p_enable, on); }\n"
        head = (
            clock + "static void get_outputs(Top &top, size_t count, size_t i, uint32_t *found) {"
        )
        return "\n".join([head, *lines, "}", ""])

    def run(self, w: Array, a: Array, seed: int = 0) -> dict[str, Array]:
        """Each output as uint32 (inputs, words), low word first, for inputs (inputs,) of codes.

        With a ``seed``, a pipeline is stopped at random by ``enable``, its inputs changing.
        """
        sent = [np.ascontiguousarray(codes, np.uint64) for codes in (w, a)]
        count, sizes = len(sent[0]), [words(width) for width in self.widths.values()]
        found: Array = np.zeros(count * sum(sizes), np.uint32)
        codes_w, codes_a = (array.ctypes.data for array in sent)
        if not self._sweep(count, codes_w, codes_a, seed, found.ctypes.data):
            raise ToolFailed("a combinational design does not settle: it has a loop")
        parts = np.split(found, np.cumsum(sizes)[:-1] * count)
        return {
            name: part.reshape(count, size)
            for name, part, size in zip(self.widths, parts, sizes, strict=True)
        }
