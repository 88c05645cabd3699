"""What a test bench sends and expects, as text for ``$readmemh``."""

from __future__ import annotations

from dataclasses import dataclass

from .hw.plan.streams import Stream
from .hw.text.emit import Emitted
from .sim.beats import sent
from .sim.directed import directed, shortest, units_of
from .sim.pack import beat_bits, pack
from .sim.rate import expected_cycles
from .sim.stimuli import Tile, bound_tiles, tiles

#: Elements of the longest random reduction, in general.
_USUAL = 64

#: Steps of the longest reduction in a test bench: text files and Icarus Verilog stay workable.
LONGEST = 1 << 14


@dataclass(frozen=True)
class Chosen:
    """The reductions of a test bench.

    Parameters
    ----------
    freely : sent first, nobody pausing: random ones, then those that drive every sum to its bounds.
    stalled : random ones, sent after those, everybody pausing now and then.
    held : those directed at what chance seldom meets, some random and some very short ones, sent
        at last, one stream after the other pausing until all holds still.
    cycles : what ``freely`` must take from its first step; None where k_max is too short for
        results to keep up.
    """

    freely: list[Tile]
    stalled: list[Tile]
    held: list[Tile]
    cycles: int | None

    @property
    def tiles(self) -> list[Tile]:
        return self.freely + self.stalled + self.held


@dataclass(frozen=True)
class Memory:
    """The beats of one stream.

    Parameters
    ----------
    stream : the stream.
    width : bits of a beat: data, above it TUSER, above that ``last``, what of them there is.
    beats : in order.
    freely, stalled : how many of them belong to the reductions that are sent without a pause, and
        with short ones.
    """

    stream: Stream
    width: int
    beats: tuple[int, ...]
    freely: int
    stalled: int

    @property
    def text(self) -> str:
        """One beat a line, in hexadecimal."""
        digits = -(-self.width // 4)
        return "".join(f"{beat:0{digits}x}\n" for beat in self.beats)


def choose(emitted: Emitted, count: int, seed: int) -> Chosen:
    """``count`` random reductions without pauses, the bounds of all sums, ``count`` with pauses,
    half of it, longer, the directed and the shortest ones with long pauses.

    Bounds are left out where sums have none (``aligned``), or k_max is beyond LONGEST.
    """
    engine, plan = emitted.engine, emitted.plan
    freely = tiles(engine, count, seed, steps=plan.reduction_cycles, every=1)
    if all(item.k_max <= LONGEST * engine.step(mode) for mode, item in enumerate(engine.modes)):
        freely += bound_tiles(engine, seed)
    cycles = expected_cycles(plan, emitted.streams[-1], freely)
    if cycles is not None and plan.stationary:
        cycles -= 1  # the first weights come before the first step
    held = directed(engine, seed, short=True, units=units_of(plan))
    held += tiles(engine, -(-count // 2), seed + 2, longest=2 * _USUAL)
    held += shortest(engine, plan, seed)
    return Chosen(freely, tiles(engine, count, seed + 1), held, cycles)


def memories(emitted: Emitted, chosen: Chosen) -> tuple[Memory, ...]:
    """The beats of every stream, in the order of the engine's streams."""
    return tuple(_memory(emitted, stream, chosen) for stream in emitted.streams)


def _memory(emitted: Emitted, stream: Stream, chosen: Chosen) -> Memory:
    interface, plan = emitted.engine.build.interface, emitted.plan
    parts = [
        pack(stream, interface, sent(stream, plan, share))
        for share in (chosen.freely, chosen.stalled, chosen.held)
    ]
    width = beat_bits(stream, interface)
    beats = tuple(beat for part in parts for beat in part)
    return Memory(stream, width, beats, len(parts[0]), len(parts[1]))
