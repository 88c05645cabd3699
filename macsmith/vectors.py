"""What a test bench sends and expects, as text for ``$readmemh``."""

from __future__ import annotations

from dataclasses import dataclass

from .hw.emit import Emitted
from .hw.ports import Stream
from .sim.pack import pack_codes, pack_integers, pack_result, result_bits
from .sim.stimuli import Tile, bound_tiles, tiles

#: Steps of the longest reduction in a test bench: text files and Icarus Verilog stay workable.
LONGEST = 1 << 14


@dataclass(frozen=True)
class Memory:
    """The beats of one stream.

    Parameters
    ----------
    stream : the stream.
    width : bits of a beat as the wrapper's ports carry it. Of a source: its data and, above,
        ``last``. Of results: the data and, above, TUSER if there is one.
    beats : in order.
    again : how many of them belong to the random tiles, which are sent a second time.
    """

    stream: Stream
    width: int
    beats: tuple[int, ...]
    again: int

    @property
    def text(self) -> str:
        """One beat a line, in hexadecimal."""
        digits = -(-self.width // 4)
        return "".join(f"{beat:0{digits}x}\n" for beat in self.beats)


def choose(emitted: Emitted, count: int, seed: int) -> list[Tile]:
    """``count`` random tiles, then those that drive every accumulator to its bounds.

    The latter are left out where sums have no bounds (``aligned``), or k_max is beyond LONGEST.
    """
    engine = emitted.engine
    found, arithmetic = tiles(engine, count, seed), engine.arithmetic
    bounded = not arithmetic.aligned and arithmetic.k_max <= LONGEST * engine.lanes()
    return found + bound_tiles(engine, seed) if bounded else found


def memories(emitted: Emitted, chosen: list[Tile], again: int) -> tuple[Memory, ...]:
    """The beats of every stream, in the order of the engine's streams.

    The first ``again`` tiles are those that are sent a second time.
    """
    return tuple(_memory(emitted, stream, chosen, again) for stream in emitted.streams)


def _memory(emitted: Emitted, stream: Stream, chosen: list[Tile], again: int) -> Memory:
    interface = emitted.engine.build.interface
    bits = stream.axis_bits if interface == "axis" else stream.data_bits
    beats: list[int] = []
    ends = [0]
    for tile in chosen:
        if stream.output:
            answer = tile.answer
            beats.append(pack_result(stream, interface, answer.values, answer.flags))
        elif stream.name == "initial":
            assert tile.initial is not None
            stride = stream.axis_lane_bits if interface == "axis" else stream.bits
            beats.append(pack_integers(tile.initial, stride))
        else:
            codes = tile.weight if stream.name == "weight" else tile.activation
            beats += pack_codes(codes, stream.lanes, stream.bits)
            if stream.last:
                beats[-1] |= 1 << bits
        ends.append(len(beats))
    width = result_bits(stream, interface) if stream.output else bits + stream.last
    return Memory(stream, width, tuple(beats), ends[again])
