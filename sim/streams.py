"""A design compiled to machine code, fed through arrays: a call for thousands of reductions."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.streams import Beats, Stream
from ..hw.text.emit import Emitted
from . import cxxrtl, glue
from .lanes import carried, words

Array = npt.NDArray[Any]

#: Steps sent in one call: an interrupt waits no longer.
CHUNK = 1 << 14

#: Quiet cycles after which a design under stalls hangs.
_STALLED = 4096


@dataclass(frozen=True)
class Run:
    """What came out of :meth:`Simulator.run`.

    Parameters
    ----------
    words : for each field of the results, uint32 (beats, lanes, words): each lane's value, and
        above it its flags.
    last : bool (beats,), the marks beside them; True for each where the design gives none.
    cycles : from the first transfer to the last result.
    extra : beats that came although no reduction was left.
    """

    words: tuple[Array, ...]
    last: Array
    cycles: int
    extra: int


class Simulator:
    """The core of a design, or another ``core`` with the same ports, compiled.

    Every value of every stream is a port of its own in the compiled design: arrays go in and come
    out as they are, and no wide word is ever assembled.

    Parameters
    ----------
    emitted : its hardware; its RTLIL is simulated unless ``core`` is given.
    core : Verilog of a module called ``emitted.core``, such as the mapped netlist.
    libraries : Verilog files with the cells of ``core``; files that they include lie beside them.

    Raises ToolMissing or ToolFailed.
    """

    def __init__(
        self,
        emitted: Emitted,
        core: str | None = None,
        libraries: tuple[Path, ...] = (),
    ):
        self.emitted = emitted
        self.sources = emitted.hardware.sources
        self.result = emitted.hardware.results[0]
        library = self._build(*_sources(emitted, core, libraries))
        self._run, self._destroy = library.run, library.destroy
        library.create.restype = ctypes.c_void_p
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self._run.restype = size
        self._run.argtypes = [pointer, pointer, pointer, ctypes.c_uint64, size]
        self._run.argtypes += [size, pointer, size, pointer, pointer]
        self._destroy.argtypes = [pointer]
        self._handle = library.create()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._destroy(self._handle)

    def _build(self, files: dict[str, str], commands: list[str]) -> ctypes.CDLL:
        surround = glue.glue(self.sources, self.result)
        return cxxrtl.build(files, commands, surround, "streams.cpp")

    def run(
        self, sent: Mapping[str, Beats], wanted: int, seed: int = 0, *, turns: bool = False
    ) -> Run:
        """Send the beats of every input stream, each stream at its own pace.

        Parameters
        ----------
        sent : stream -> its beats.
        wanted : beats of results that must come.
        seed : of random pauses of sources and sink; 0 for none.
        turns : whether they pause one after the other instead, each until the design holds still.

        Fewer results than wanted mean that the design hung.
        """
        hardware = self.emitted.hardware
        arrays = [array for s in self.sources for array in _arrays(s, sent[s.name])]
        counts = (ctypes.c_size_t * len(self.sources))(*(len(sent[s.name]) for s in self.sources))
        fields = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        found = np.zeros((wanted, glue.result_words(self.result)), np.uint32)
        cycles, extra = ctypes.c_size_t(), ctypes.c_size_t()
        patience = hardware.drain + 16 + (_STALLED if seed else 0)
        count = self._run(
            self._handle,
            counts,
            fields,
            seed,
            hardware.hold if turns else 0,
            wanted,
            found.ctypes.data,
            patience,
            ctypes.byref(cycles),
            ctypes.byref(extra),
        )
        found = found[:count]
        last = found[:, -1].astype(bool) if self.result.last else np.ones(count, bool)
        values, place = list[Array](), 0
        for field in self.result.fields:
            shape = count, field.count, words(field.lane_bits)
            size = shape[1] * shape[2]
            values.append(found[:, place : place + size].reshape(shape))
            place += size
        return Run(tuple(values), last, cycles.value, extra.value)


def _arrays(stream: Stream, beats: Beats) -> list[Array]:
    """One array a field, as the glue reads it, and one for ``last``."""
    found = [
        np.ascontiguousarray(carried(values, field.bits))
        for field, values in zip(stream.fields, beats.values, strict=True)
    ]
    return found + [np.ascontiguousarray(beats.last, np.uint8)] * stream.last


def _sources(
    emitted: Emitted, core: str | None, libraries: tuple[Path, ...]
) -> tuple[dict[str, str], list[str]]:
    files, commands = {"top.v": glue.top(emitted.core, emitted.streams)}, []
    for number, path in enumerate(libraries):
        files |= {
            item.name: item.read_text(encoding="utf-8") for item in sorted(path.parent.glob("*.vh"))
        }
        files[f"library_{number}.v"] = path.read_text(encoding="utf-8")
        commands.append(f"read_verilog -defer -nooverwrite library_{number}.v")
    if core is None:
        files["core.il"] = emitted.rtlil
        commands.append("read_rtlil core.il")
    else:
        files["core.v"] = core
        commands.append("read_verilog core.v")
    commands += ["read_verilog top.v", "hierarchy -check -top top", "proc"]
    if core is None:
        # Repeated modules stay apart: the C++ compiler sees each once.
        commands += [f"setattr -mod -set keep_hierarchy 1 {name}" for name in emitted.keep]
    return files, [*commands, "flatten", "opt_expr", "opt_clean -purge"]
