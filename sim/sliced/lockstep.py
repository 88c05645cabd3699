"""Whole products at once: hundreds of copies of an engine, each with rows of its own, in lockstep.

Copies get their beats at full rate and at the same time, so that all of them move alike: what is
kept of a beat is a word for each bit of it. An engine whose pace depends on data moves its copies
apart; then :class:`Apart` is raised, and another simulator has to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...golden.matrices import Blocks, Matrices
from ...golden.streams import Beats, Field, Stream
from ...golden.tiling import Feed, beats_of, steps_of
from ...hw.text.emit import Emitted
from ...tools import cache, work
from .. import lanes
from .gates import Gates, gates
from .simulator import WORD, Sliced

Array = npt.NDArray[Any]

#: Words of 64 copies that are evaluated together: gates' values of so many fit into a cache.
WORDS = 4

#: What makes the core flat, and then small: what is the same twice stands once.
_FLAT = ["memory_collect", "flatten", "opt -fast", "wreduce", "opt_clean -purge"]
_SMALL = ["opt -full", "alumacc", "opt -full"]


class Lockstep:
    """The gates of an engine's core, as hundreds of copies in each of some threads.

    Parameters
    ----------
    words : of 64 copies.
    threads : that work side by side; None for as many as there are cores.
    core : gates in place of the engine's own.

    Raises DesignError for weights that stay while activations pass; ToolMissing or ToolFailed.
    """

    def __init__(
        self,
        emitted: Emitted,
        words: int = WORDS,
        threads: int | None = None,
        core: Gates | None = None,
    ):
        if emitted.plan.stationary:
            raise DesignError("weights that stay belong to sets of vectors: copies share none")
        self.emitted, self.copies = emitted, WORD * words
        core = core or netlist(emitted)
        count = threads or len(os.sched_getaffinity(0))
        self._machines = SimpleQueue[Sliced]()
        for _ in range(count):
            self._machines.put(Sliced(emitted, core, words=words))
        self._threads = ThreadPoolExecutor(count)

    def results(self, matrices: Matrices) -> Iterator[Array]:
        """The results of every reduction, row blocks outermost, as the machine words of
        :class:`macsmith.sim.streams.Run`: arrays (reductions · beats, lanes, words), for as many
        blocks of rows as there are copies at a time.

        ``matrices`` fill whole steps and groups. Raises Apart; ToolFailed for an engine that hangs.
        """
        plan = self.emitted.plan
        blocks = Blocks.of((matrices.weight.shape[0], matrices.activation.shape[0]), plan)
        sources = self.emitted.hardware.sources
        feed = _Feed(Feed(sources, plan, matrices, blocks), len(blocks.cols), self.copies)
        result = self.emitted.hardware.results[0]
        wanted = beats_of(result, plan, steps_of(plan, matrices)) * len(blocks.cols)

        def part(start: int) -> Array:
            rows = np.arange(start, min(start + self.copies, len(blocks.rows)))
            sent = {stream.name: feed.words(stream, rows) for stream in sources}
            machine = self._machines.get()
            try:
                machine.restart([])
                found = machine.lockstep(sent, wanted)
            finally:
                self._machines.put(machine)
            return _lane_words(result, found, len(rows))

        return self._threads.map(part, range(0, len(blocks.rows), self.copies))


@dataclass(frozen=True)
class _Feed:
    feed: Feed
    cols: int
    copies: int

    def words(self, stream: Stream, rows: Array) -> Array:
        """uint64 (beats, bits, words): the beats of all blocks of columns, one block of rows a
        copy; those left over repeat the last."""
        cols = np.arange(self.cols)
        shared = all(field.side == 1 for field in stream.fields)
        blocks = rows[:1] if shared else rows
        beats = self.feed.beats(stream, np.repeat(blocks, self.cols), np.tile(cols, len(blocks)))
        return _sliced_beats(stream, beats, len(blocks), self.copies)


def _sliced_beats(stream: Stream, beats: Beats, given: int, copies: int) -> Array:
    """Beats of so many blocks, one after the other -> uint64 (beats of a block, bits, words).

    One block is for all copies; else a block a copy, and copies left over repeat the last.
    """
    each = len(beats) // given
    found = np.empty((each, stream.payload_bits, copies // 8), np.uint8)
    low = 0
    for field, values in zip(stream.fields, beats.values, strict=True):
        pattern = _bytes(field, values).reshape(given, each, field.count, -1)
        # A byte of a lane for all copies, side by side.
        turned = np.ascontiguousarray(pattern.transpose(1, 3, 2, 0))
        for bit in range(field.bits):
            places = low + bit + field.lane_bits * np.arange(field.count)
            found[:, places] = _packed(turned[:, bit // 8] >> bit % 8 & 1, copies)
        low += field.data_bits
    if stream.last:
        last = np.asarray(beats.last, np.uint8).reshape(given, each).T
        found[:, low] = _packed(np.ascontiguousarray(last), copies)
    return found.view(np.uint64)


def _bytes(field: Field, values: Array) -> Array:
    """Integers (…) as the bytes of their bit patterns, low byte first: uint8 (…, bytes)."""
    if values.dtype == np.uint8 and field.bits <= 8:
        return values[..., None]
    if field.bits <= lanes.NARROW:
        pattern = np.ascontiguousarray(lanes.pattern_of(field, values), "<i8")
        return pattern.view(np.uint8).reshape(*values.shape, 8)
    return lanes.to_words(values, field.bits).astype("<u4").view(np.uint8)


def _packed(bits: Array, copies: int) -> Array:
    """0 and 1 (…, blocks) -> bytes (…, copies / 8), the last block in all copies left over."""
    given = bits.shape[-1]
    if given == 1:
        return np.repeat(bits * np.uint8(255), copies // 8, axis=-1)
    if given < copies:
        rest = np.repeat(bits[..., -1:], copies - given, axis=-1)
        bits = np.concatenate([bits, rest], axis=-1)
    return np.packbits(bits, axis=-1, bitorder="little")


def _lane_words(result: Stream, found: Array, copies: int) -> Array:
    """uint64 (beats, bits, words) -> uint32 (copies · beats, lanes, words of a lane)."""
    [field] = result.fields
    beats, width, _ = found.shape
    bits = np.unpackbits(found.view(np.uint8), axis=-1, bitorder="little")[:, :, :copies]
    turned = bits.transpose(2, 0, 1)[:, :, : field.count * field.lane_bits]
    each = turned.reshape(copies * beats, field.count, field.lane_bits)
    room = 32 * lanes.words(field.lane_bits)
    padded = np.zeros((*each.shape[:2], room), np.uint8)
    padded[:, :, : field.lane_bits] = each
    return np.packbits(padded, axis=-1, bitorder="little").view(np.uint32)


def netlist(emitted: Emitted) -> Gates:
    """The gates of the core, kept for the next time."""
    target = work.root() / "gates" / cache.key(emitted.rtlil, emitted.core)[:20]

    def make(folder: Path) -> None:
        (folder / "core.il").write_text(emitted.rtlil, encoding="utf-8")
        load = ["read_rtlil core.il", f"hierarchy -check -top {emitted.core}", "proc", *_FLAT]
        found = gates([*load, *_SMALL], emitted.core, folder)
        found.save(folder / "gates.npz")
        for name in ("core.il", "gates.json"):
            (folder / name).unlink()

    cache.kept(target, make)
    return Gates.load(target / "gates.npz")
