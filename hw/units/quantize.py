"""Quantizers as designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from amaranth.lib import wiring

from ...golden.streams import Beats
from ...golden.units import Quantize
from ...golden.units.quantize_trials import beats
from ..design import StageRow
from .channel_moves import ChannelMoves
from .quantizer import Quantizer, timing
from .token_quantizer import TokenQuantizer
from .token_scale import TokenScale
from .values_hardware import ValuesHardware

#: Cycles without a transfer after which all but what waits for a block's scale stands still.
HELD = 512
#: From a token's scale to the first value beside it.
TAKEN = 3


class QuantizeHardware(ValuesHardware[Quantize]):
    """A quantizer as a design.

    Parameters
    ----------
    design : :class:`Quantize`
    """

    def __init__(self, design: Quantize):
        super().__init__(design)
        self.timing = timing(design)

    def component(self) -> wiring.Component:
        return TokenQuantizer(self.unit) if self.unit.token else Quantizer(self.unit)

    @property
    def latency(self) -> int:
        latency = self.timing.depth - (self.unit.beats - 1)
        if self.unit.token:  # and all of the first block, after its scale
            latency += TokenScale(self.unit).cycles + TAKEN + self.unit.beats - 1
        return latency

    @property
    def hold(self) -> int:
        # A long block waits in a memory for its scale: the rest has come to a stand long before.
        return min(self.drain + 8, HELD)

    @property
    def drain(self) -> int:
        drain = self.timing.depth + 2 * self.unit.beats
        if self.unit.token:
            drain += self.unit.token // self.unit.lanes + TokenScale(self.unit).cycles + TAKEN
        return drain

    @property
    def pace(self) -> str:
        return f"a block of {self.unit.block} values in {self.unit.beats} cycles"

    @property
    def summary(self) -> str:
        unit = self.unit
        zero = " and a zero point" if unit.zero else ""
        return (
            f"quantizer, {unit.values.name} to {unit.element.name} with a {unit.scale.name} scale"
            f"{zero} for {unit.block} values by {unit.rule}, {self.per_beat} per beat, latency "
            f"{self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit = self.unit
        whose, by = "one per vector" if unit.vectors > 1 else "of the block", self.order
        if unit.lanes > unit.block:
            whose = f"of each {unit.block} lanes"
        tokens = {
            name: f"{name} ({fmt.name}); a beat per token" for name, fmt in unit.tokens.items()
        }
        zero = f", zero ({unit.zero.name}; as the scale)" if unit.zero else ""
        zero += "".join(f", {name} ({fmt.name}; of the token)" for name, fmt in unit.made.items())
        if unit.channel:
            each = ", ".join(f"{name} ({fmt.name}; lane by lane)" for name, fmt in
                             unit.channel.items())  # fmt: skip
            tokens["channel"] = f"from the low bits: {each}; a beat for each of values"
        return tokens | {
            "values": f"from the low bits: values ({unit.values.name}; {by}); {self.ends}",
            "result": f"from the low bits: codes ({unit.element.name}; {by}), scale "
            f"({unit.scale.name}; {whose}, in every beat){zero}; a beat for each of values, with "
            "its last",
        }

    @property
    def ends(self) -> str:
        """What ends a block, in words."""
        if self.unit.beats == 1:
            return "last passes through"
        return f"a block ends after {self.unit.beats} beats or with last"

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        beside = "scale and the zero point" if unit.zero else "scale"
        beside += " of a block stand" + "s" * (not unit.zero)
        found = [
            f"A beat of `values` holds {self.per_beat} and becomes a beat of `result` with the "
            f"same `last`; the {beside} beside its codes in every beat.",
        ]
        if unit.beats > 1:
            found.append(
                f"A block ends after {unit.beats} beats or with `last`; one that ends early takes "
                "the time of a whole one. A source that pauses within a block holds up the results "
                "of the block before; between blocks it may pause at any time."
            )
        found += [
            f"A token, up to `last`, has one beat of `{name}`; values wait for it. It may come "
            "before them."
            for name in unit.tokens
        ]
        if unit.token:
            deep = TokenQuantizer(unit).depth
            found.append(
                f"A token ends with `last`, or after {unit.token // unit.lanes} beats: then the "
                f"result has a `last`, too. Values wait in a memory of {deep} beats for the "
                "scale of their token, which stands beside its codes in every beat."
            )
        if unit.channel:
            found.append(
                "A beat of `channel` goes with each beat of `values`: what the channels of its "
                "lanes have. Either may come first, and waits for the other."
            )
        found.append(
            f"{self.latency} cycles from a {'token' if unit.token else 'block'}'s last beat to its "
            "first result when nobody stalls. The reset is synchronous."
        )
        return tuple(found)

    @property
    def remarks(self) -> tuple[str, ...]:
        bits = self.unit.random_bits
        rounded = f"rounded by {bits} random bits" if bits else "to nearest even"
        moved = (
            f"what channels have is applied in {self.unit.inner.name}, each step rounded once",
        )
        return moved * bool(self.unit.channel) + (
            f"values over the scale{'s' if self.unit.tensor else ''} as stored, {rounded}"
            f"{', then the zero point is added' if self.unit.zero else ''}; a "
            "block with NaN or infinity has the scale NaN and zeros as codes",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "cycles_per_block": self.unit.beats}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, time = self.unit, self.timing
        often = f"{unit.width} per beat"
        given, made, held = unit.values, unit.element, unit.scale
        whole = f"of {unit.block} values by {unit.rule}"
        found = [StageRow("values", given.bits, None, given.name, 1, often, "values")]
        if unit.tensor and unit.token:
            cycles = TokenQuantizer(unit).depth
            found.append(StageRow("tensor", unit.tensor.bits, None, unit.tensor.name, cycles,
                                  "of a token", "tensor"))  # fmt: skip
        elif unit.tensor:
            found.append(StageRow("tensor", unit.tensor.bits, None, unit.tensor.name, None,
                                  "once a token", "tensor"))  # fmt: skip
        prepared, given = time.widen + time.prepare, unit.quantized
        if unit.channel:
            terms = "x" if not unit.shift else "x - shift"
            moves = f"({terms}) · factor" if unit.factor and unit.shift else terms
            moves = "x · factor" if not unit.shift else moves
            cycles = ChannelMoves(unit).cycles
            found.append(StageRow("channel", given.bits, None, given.name, cycles, moves))
            prepared -= cycles
        bits = unit.random_bits
        rounded = f"by {bits} random bits" if bits else "to nearest even"
        what, ends = ("range", 2) if unit.zero else ("greatest", 1)
        compared, code, scale = unit.beats - 1 + time.compare, made.name, held.name
        return (
            *found,
            StageRow("prepare", given.bits, None, given.name, prepared, "exponent, top bits"),
            StageRow(what, (given.bits - 1) * ends, None, given.name, compared, "of the block"),
            StageRow("scale", held.bits, None, scale, time.hold, whole),
            StageRow("round", made.bits, None, code, time.code + 1, rounded),
        )

    @property
    def whole(self) -> int:
        return self.unit.block

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return beats(self.unit)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        if self.unit.token:
            return None  # a token comes when it is whole
        marks = np.concatenate([trial["values"].last for trial in trials])
        block, place, whole = self.unit.places(marks)
        if whole <= block[-1]:
            return None  # what is not whole does not come
        # Scales of tensors are taken every second cycle, two of them ahead.
        first = 2 if self.unit.waits else int(bool(self.unit.channel))
        ends = np.flatnonzero(marks)
        if self.unit.waits and (np.diff(ends, prepend=-2) < 2).any():
            return None
        return first + self.timing.depth + int(block[-1]) * self.unit.beats + int(place[-1])
