"""What a test bench sends and expects, as text for ``$readmemh``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .golden.streams import Stream
from .hw.text.emit import Emitted
from .sim.harness import Chosen, Harness
from .sim.pack import pack


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
        return "".join(f"{line}\n" for line in lines(self.beats, self.width))


def lines(beats: Sequence[int], width: int) -> list[str]:
    """Beats of so many bits in hexadecimal."""
    digits = -(-width // 4)
    return [f"{beat:0{digits}x}" for beat in beats]


def memories(emitted: Emitted, tried: Harness, chosen: Chosen) -> tuple[Memory, ...]:
    """The beats of every stream, in the order of the design's streams."""
    return tuple(_memory(emitted, tried, stream, chosen) for stream in emitted.streams)


def _memory(emitted: Emitted, tried: Harness, stream: Stream, chosen: Chosen) -> Memory:
    interface = emitted.interface
    parts = [
        pack(stream, interface, tried.sent(stream, share))
        for share in (chosen.freely, chosen.stalled, chosen.held)
    ]
    beats = tuple(beat for part in parts for beat in part)
    width = interface.beat_bits(stream)
    return Memory(stream, width, beats, len(parts[0]), len(parts[1]))
