"""The simulator of many copies: builds it, feeds it, and says which copies went wrong."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import ToolFailed
from ...golden.streams import Beats, Stream
from ...hw.text.emit import Emitted
from ...tools import cache, verilator, work
from .. import cxxrtl
from ..pack import core_bits
from .gates import Gates

Array = npt.NDArray[Any]

#: Copies in a word of the machine, and how many words are evaluated at once, at most.
WORD, MOST = 64, 8

#: What :meth:`Sliced.run` finds of a copy, by its number there.
FOUND = (
    "",
    "a wrong result",
    "a result that changed while it waited",
    "a result too many",
    "results missing",
)

#: Quiet cycles after which a copy under stalls hangs.
_STALLED = 1024


class Apart(Exception):
    """Copies that are given different data do not move alike."""


@dataclass(frozen=True)
class Judged:
    """What became of each copy in a run.

    Parameters
    ----------
    wrong : uint8 (copies,), a place in FOUND; 0 for copies that did all right, or did not run.
    cycles : uint32 (copies,), from the first transfer to the last result.
    """

    wrong: Array
    cycles: Array


class Sliced:
    """Copies of a design as ``netlist`` has it, which may choose by an input ``select`` what each
    copy is: 64 for each of the ``words``.

    Raises ToolMissing without g++, ToolFailed with the first error of it.
    """

    def __init__(
        self, emitted: Emitted, netlist: Gates, select: str | None = None, words: int = MOST
    ):
        self.emitted, self.netlist, self.copies = emitted, netlist, WORD * words
        self._select = np.zeros(0, np.uint32) if select is None else netlist.ports[select]
        self._library = _library(words)
        pins = [self._pins(stream) for stream in (*self._sources, self._result)]
        self._kept = np.ascontiguousarray(np.concatenate(pins), np.uint32)
        arrays = netlist.flops, netlist.runs, netlist.pins, self._kept
        flops, runs, inputs, ports = (array.ctypes.data for array in arrays)
        self._handle = ctypes.c_void_p(
            self._library.create(
                *map(ctypes.c_size_t, (netlist.nets, netlist.first, len(netlist.flops))),
                *(ctypes.c_void_p(flops), ctypes.c_size_t(len(netlist.runs))),
                *(ctypes.c_void_p(runs), ctypes.c_void_p(inputs)),
                *(ctypes.c_size_t(len(self._sources)), ctypes.c_void_p(ports)),
                ctypes.c_uint32(int(netlist.ports["rst"][0])),
            )
        )
        self.restart([])

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._library.destroy(self._handle)

    @property
    def _sources(self) -> tuple[Stream, ...]:
        return self.emitted.hardware.sources

    @property
    def _result(self) -> Stream:
        return self.emitted.hardware.results[0]

    def _pins(self, stream: Stream) -> Array:
        ports, name = self.netlist.ports, stream.name
        payload = ports[f"{name}__payload"]
        heads = [ports[f"{name}__valid"][0], ports[f"{name}__ready"][0], len(payload)]
        return np.concatenate([np.asarray(heads, np.uint32), payload])

    def restart(self, numbers: Sequence[int]) -> None:
        """Reset all copies; each is told its number on the input ``select``, those left over 0."""
        told = np.zeros(self.copies, np.uint32)
        told[: len(numbers)] = numbers
        self._library.restart(
            self._handle,
            ctypes.c_void_p(self._select.ctypes.data),
            ctypes.c_size_t(len(self._select)),
            ctypes.c_void_p(told.ctypes.data),
        )

    def reset(self) -> None:
        """Reset all copies for one cycle, whatever they do."""
        self._library.reset(self._handle)

    def run(
        self,
        sent: Mapping[str, Beats],
        live: Array,
        seed: int = 0,
        *,
        turns: bool = False,
        most: int | None = None,
    ) -> Judged:
        """Send the same beats to the copies that are ``live``, bool (copies,).

        Parameters
        ----------
        sent : stream -> its beats; of the results, those that must come.
        seed : of random pauses of sources and sink; 0 for none.
        turns : whether they pause one after the other instead, each until the copy holds still.
        most : cycles after which all is left as it stands; None: when all is done.

        Copies that go wrong are not run to the end.
        """
        hardware = self.emitted.hardware
        bits = [core_bits(stream, sent[stream.name]) for stream in (*self._sources, self._result)]
        counts = (ctypes.c_size_t * len(self._sources))(*(len(array) for array in bits[:-1]))
        arrays = (ctypes.c_void_p * len(self._sources))(*(a.ctypes.data for a in bits[:-1]))
        living = np.packbits(live, bitorder="little")
        wrong, cycles = np.zeros(self.copies, np.uint8), np.zeros(self.copies, np.uint32)
        self._library.run(
            self._handle,
            counts,
            arrays,
            ctypes.c_size_t(len(bits[-1])),
            ctypes.c_void_p(bits[-1].ctypes.data),
            ctypes.c_uint64(seed),
            ctypes.c_size_t(hardware.hold if turns else 0),
            ctypes.c_size_t(hardware.drain + 16 + (_STALLED if seed else 0)),
            ctypes.c_size_t(1 << 62 if most is None else most),
            *(ctypes.c_void_p(array.ctypes.data) for array in (living, wrong, cycles)),
        )
        return Judged(wrong, cycles)

    def lockstep(self, sent: Mapping[str, Array], wanted: int) -> Array:
        """Send each copy beats of its own at full rate; all copies move at the same time.

        Parameters
        ----------
        sent : stream -> uint64 (beats, bits, words), a bit of a word a copy.
        wanted : beats of results that must come.

        Returns uint64 (wanted, bits, words). Raises Apart where a copy would move alone, ToolFailed
        where all hold still.
        """
        arrays = [np.ascontiguousarray(sent[stream.name]) for stream in self._sources]
        counts = (ctypes.c_size_t * len(arrays))(*(len(array) for array in arrays))
        held = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        found = np.zeros((wanted, self._result.payload_bits, self.copies // WORD), np.uint64)
        apart, patience = ctypes.c_uint8(), self.emitted.hardware.drain + _STALLED
        count = self._library.lockstep(
            self._handle, counts, held, ctypes.c_size_t(wanted),
            ctypes.c_void_p(found.ctypes.data), ctypes.c_size_t(patience), ctypes.byref(apart),
        )  # fmt: skip
        if apart.value:
            raise Apart(f"copies of {self.emitted.name} do not move alike")
        if count < wanted:
            raise ToolFailed(f"{self.emitted.name} hung in simulation")
        return found


def _library(words: int) -> ctypes.CDLL:
    sources = {"driver.cpp": cxxrtl.text("sliced.cpp"), "stalls.h": cxxrtl.text("stalls.h")}
    key = hashlib.sha256("\0".join([*sources.values(), str(words)]).encode()).hexdigest()[:20]
    verilator.require("g++")

    def make(folder: Path) -> None:
        for name, text in sources.items():
            (folder / name).write_text(text, encoding="utf-8")
        cxxrtl.compiled(folder, "-O3", f"-DWORDS={words}")

    target = work.root() / "sliced" / key
    cache.kept(target, make)
    library = ctypes.CDLL(str(target / "design.so"))
    library.create.restype = ctypes.c_void_p
    library.lockstep.restype = ctypes.c_size_t
    return library
