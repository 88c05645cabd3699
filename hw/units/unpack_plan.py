"""What the hardware of an unpacker is made of, from what its scheme says."""

from __future__ import annotations

from functools import cached_property

from ...golden.units import Unpack
from .gear import Gear, gear
from .word_wiring import Wiring, wiring

#: Beats of a word out of which one is chosen in a step, in three levels of LUTs.
MOST_BEATS = 8


class UnpackPlan:
    """Gears and wiring of an unpacker.

    Parameters
    ----------
    unit : :class:`Unpack`
    """

    def __init__(self, unit: Unpack):
        self.unit = unit

    @cached_property
    def gears(self) -> dict[str, Gear]:
        """What makes words of each part's beats."""
        return {
            name: gear(self.unit.bytes, words.size, words.beats)
            for name, words in self.unit.words.items()
        }

    @cached_property
    def wires(self) -> dict[str, dict[str, Wiring]]:
        """For each field of the results what the parts have of it."""
        spans = {name: span for name, (_, span) in self.unit.beside.items()}
        found: dict[str, dict[str, Wiring]] = {}
        for field in self.unit.streams[-1].fields:
            parts = {
                name: wiring(words, field.array, spans.get(field.array))
                for name, words in self.unit.words.items()
            }
            found[field.name] = {name: wire for name, wire in parts.items() if wire}
        return found

    @property
    def early(self) -> bool:
        """Whether a beat is chosen out of a word in two steps."""
        return max(words.beats for words in self.unit.words.values()) > MOST_BEATS

    @property
    def between(self) -> bool:
        """Whether registers lie between what is chosen and what becomes of it."""
        wires = [wire for parts in self.wires.values() for wire in parts.values()]
        carries = any(wire.add not in (0, 1 << wire.width - 1) for wire in wires)
        deep = max(words.beats for words in self.unit.words.values()) > 2
        return any(wire.looked_up for wire in wires) or (carries and deep)
