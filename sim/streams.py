"""A design compiled to machine code, fed through arrays: a call for thousands of reductions."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


#: Of a port that does not stop.
_NEVER = 2**62


@dataclass(frozen=True)
class Stop:
    """Ports that wait until the design holds still; then all run.

    Parameters
    ----------
    cycles : stream -> how many cycles after the first transfer it stops.
    beats : stream -> how many of its beats move before it stops.
    """

    cycles: Mapping[str, int] = field(default_factory=dict)
    beats: Mapping[str, int] = field(default_factory=dict)

    def words(self, streams: Sequence[Stream], hold: int) -> Array:
        """As the driver reads it: ``hold``, then the cycles and the beats of each port."""
        names = [stream.name for stream in streams]
        stops = [of.get(name, _NEVER) for of in (self.cycles, self.beats) for name in names]
        return np.array([hold, *stops], np.uintp)


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
    unsteady : how often a result that a stop made wait did not stand as it was.
    held : stream -> beats that it had moved when a stop had made the design hold still, with
        results to come; None where none did.
    """

    words: tuple[Array, ...]
    last: Array
    cycles: int
    extra: int
    unsteady: int = 0
    held: Mapping[str, int] | None = None


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
        self._run, self._reset, self._destroy = library.run, library.reset, library.destroy
        library.create.restype = ctypes.c_void_p
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self._run.restype = size
        self._run.argtypes = [pointer, pointer, pointer, ctypes.c_uint64, size, pointer]
        self._run.argtypes += [size, pointer, size, size, pointer]
        self._reset.argtypes = self._destroy.argtypes = [pointer]
        self._handle = library.create()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._destroy(self._handle)

    def _build(self, files: dict[str, str], commands: list[str]) -> ctypes.CDLL:
        surround = glue.glue(self.sources, self.result)
        return cxxrtl.build(files, commands, surround, "streams.cpp")

    def reset(self) -> None:
        """Reset the design for a cycle; afterwards nothing is on offer."""
        self._reset(self._handle)

    def run(
        self,
        sent: Mapping[str, Beats],
        wanted: int,
        seed: int = 0,
        *,
        turns: bool = False,
        stop: Stop | None = None,
        most: int = _NEVER,
    ) -> Run:
        """Send the beats of every input stream, each stream at its own pace.

        Parameters
        ----------
        sent : stream -> its beats.
        wanted : beats of results that must come.
        seed : of random pauses of sources and sink; 0 for none.
        turns : whether they pause one after the other instead, each until the design holds still.
        stop : who else waits, once.
        most : cycles after the first transfer in which the call ends, whatever has come.

        Fewer results than wanted mean that the design hung, or that the call ended before.
        """
        hardware, ports = self.emitted.hardware, [*self.sources, self.result]
        arrays = [array for s in self.sources for array in _arrays(s, sent[s.name])]
        counts = (ctypes.c_size_t * len(self.sources))(*(len(sent[s.name]) for s in self.sources))
        fields = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        found = np.zeros((wanted, glue.result_words(self.result)), np.uint32)
        outcome = np.zeros(4 + len(ports), np.uintp)
        stops = None if stop is None else stop.words(ports, hardware.hold)
        patience = hardware.drain + 16 + (_STALLED if seed else 0)
        count = self._run(
            self._handle,
            counts,
            fields,
            seed,
            hardware.hold if turns else 0,
            None if stops is None else stops.ctypes.data,
            wanted,
            found.ctypes.data,
            patience if stops is None else patience + hardware.hold,
            most,
            outcome.ctypes.data,
        )
        cycles, extra, unsteady, held, *moved = outcome.tolist()
        names = [stream.name for stream in ports]
        still = dict(zip(names, moved, strict=True)) if held else None
        return Run(*self._received(found[:count]), cycles, extra, unsteady, still)

    def _received(self, found: Array) -> tuple[tuple[Array, ...], Array]:
        """Fields and marks of the beats that came, as ``found`` has their words side by side."""
        count, values, place = len(found), list[Array](), 0
        last = found[:, -1].astype(bool) if self.result.last else np.ones(count, bool)
        for part in self.result.fields:
            shape = count, part.count, words(part.lane_bits)
            size = shape[1] * shape[2]
            values.append(found[:, place : place + size].reshape(shape))
            place += size
        return tuple(values), last


def _arrays(stream: Stream, beats: Beats) -> list[Array]:
    """One array a field, as the glue reads it, and one for ``last``."""
    found = [
        np.ascontiguousarray(carried(values, part.bits))
        for part, values in zip(stream.fields, beats.values, strict=True)
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
