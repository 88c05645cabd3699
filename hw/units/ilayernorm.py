"""I-LayerNorm: two passes over a token, one for its mean and one for its norm."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

from amaranth.hdl import Cat, Const, Module, Value
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.units import ILayerNorm
from ...golden.units.ilayernorm import BITS
from ..arith.rows import plus
from ..arith.timing import delayed
from ..design import StageRow
from . import token_root, token_sum
from .integer_scale import IntegerScale
from .reciprocal import NUMERATOR, Reciprocal
from .token_greatest import keys
from .token_hardware import TokenHardware
from .token_mean import Mean
from .token_root import Root
from .token_teller import Sequence as Sequential
from .token_teller import Turns, turns
from .token_work import Gathered, TokenWork

#: Where the addition of a bias is cut in two.
_HALF = 16


class Differences(TokenWork):
    """The mean of a token, and what its values are above it.

    Parameters
    ----------
    unit : :class:`ILayerNorm`
    """

    def __init__(self, unit: ILayerNorm):
        super().__init__(unit.lanes, unit.beats)
        self.given = self.held = unit.source.bits
        self.made = self.given + 1
        self.counts = (max(unit.beats, 2) - 1).bit_length()
        self.sums = self.given + (unit.token - 1).bit_length()
        self.found = self.sums + self.counts

    @property
    def gathering(self) -> int:
        return token_sum.cycles(self.lanes)

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        total, mark = token_sum.of_token(
            m, keys(beat.lanes), beat.taken, beat.ends, self.sums, "sum"
        )
        number = delayed(m, Const(1, 1), beat.number, self.gathering, "number")
        return Cat(total, number), mark

    def teller(self) -> wiring.Component:
        make = partial(Mean, self.given, self.sums, self.counts, self.lanes)
        count = self._turns
        return make() if count == 1 else Turns(make, count, self.found, self.held)

    @property
    def _turns(self) -> int:
        return turns(self.telling + 1, self.beats)

    @property
    def telling(self) -> int:
        return self.given + 5

    @property
    def interval(self) -> int:
        return -(-(self.telling + 1) // self._turns)

    @property
    def working(self) -> int:
        return 1

    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        return [
            delayed(m, enable, plus(key, ~Cat(held, Const(0, 1)), 1, width=self.made), 1,
                    f"difference_{number}")
            for number, key in enumerate(keys(lanes))
        ]  # fmt: skip


class Normalized(TokenWork):
    """The norm of a token's differences, and each of them over it.

    Parameters
    ----------
    unit : :class:`ILayerNorm`
    """

    def __init__(self, unit: ILayerNorm):
        super().__init__(unit.lanes, unit.beats)
        self.width, self.made = unit.source.bits, unit.result.bits
        self.given = self.width + 1
        #: Bits of the sum of as many bits as values have.
        self.sums = self.width + (unit.token - 1).bit_length()
        self.biases = unit.channel
        self.channel = {name: fmt.bits for name, fmt in self.biases.items()}
        self.rows = unit.build.policy == "lut"
        most = (1 << self.width) - 1
        self.differences = Range(0, -most, most)
        scales = Range(0, 0, (1 << self.held) - 1)
        self.product = IntegerScale(self.differences, scales, rows=self.rows).staged()

    @property
    @abstractmethod
    def divider(self) -> Callable[[], Sequential]:
        """What makes 2^31 - 1 over a norm of what is gathered."""

    def teller(self) -> wiring.Component:
        make, count = self.divider, self._turns
        return make() if count == 1 else Turns(make, count, self.found, self.held)

    @property
    def _turns(self) -> int:
        return turns(self.telling + 1, self.beats)

    @property
    def interval(self) -> int:
        return -(-(self.telling + 1) // self._turns)

    @property
    def working(self) -> int:
        return self.product.latency + (2 if self.biases else 0)

    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        found = []
        for number, lane in enumerate(lanes):
            m.submodules[f"times_{number}"] = block = self.product.component()
            m.d.comb += [block.enable.eq(enable), block.i.eq(lane.as_signed()),
                         block.scale.eq(held)]  # fmt: skip
            whole = Value.cast(block.o)
            value = Cat(whole, whole[-1].replicate(BITS))[1 : BITS + 1]
            for name, biases in channel.items():
                bias = delayed(m, enable, biases[number], self.product.latency, f"{name}_{number}")
                value = self._biased(m, enable, value, bias, f"biased_{number}")
            found.append(value)
        return found

    def _biased(self, m: Module, enable: Value, value: Value, bias: Value, name: str) -> Value:
        """The sum of two integers, its upper half a cycle after the lower; two cycles later."""
        wide = Cat(bias, bias[-1].replicate(self.made - len(bias)))
        low = delayed(
            m, enable, plus(value[:_HALF], wide[:_HALF], width=_HALF + 1), 1, f"{name}_low"
        )
        upper, more = (
            delayed(m, enable, item[_HALF:], 1, f"{name}_{what}")
            for item, what in ((value, "upper"), (wide, "more"))
        )
        total = plus(upper.as_signed(), more, low[-1], width=self.made - _HALF)
        return Cat(
            delayed(m, enable, low[:_HALF], 1, f"{name}_low_late"),
            delayed(m, enable, total, 1, f"{name}_high"),
        )


class ByDeviation(Normalized):
    """The sum of a token's squares, and its differences over about the root of that."""

    held = token_root.BITS

    def __init__(self, unit: ILayerNorm):
        super().__init__(unit)
        self.found = 2 * self.sums  # sums of the lower and of the upper halves of squares
        self.square = IntegerScale(self.differences, self.differences, rows=self.rows).staged()

    @property
    def gathering(self) -> int:
        return self.square.latency + token_sum.cycles(self.lanes)

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        always, squares = Const(1, 1), []
        for number, lane in enumerate(beat.lanes):
            m.submodules[f"square_{number}"] = block = self.square.component()
            value = lane.as_signed()
            m.d.comb += [block.enable.eq(1), block.i.eq(value), block.scale.eq(value)]
            squares.append(Value.cast(block.o)[: 2 * self.width])
        taken = delayed(m, always, beat.taken, self.square.latency, "taken_late", reset=True)
        ends = delayed(m, always, beat.ends, self.square.latency, "ends_late")
        # Halves apart: no carry has to run through all of a sum.
        halves = [slice(0, self.width), slice(self.width, None)]
        (low, mark), (high, _) = (
            token_sum.of_token(
                m, [square[half] for square in squares], taken, ends, self.sums, name
            )
            for half, name in zip(halves, ("low", "high"), strict=True)
        )
        return Cat(low, high), mark

    @property
    def divider(self) -> partial[Root]:
        return partial(Root, self.sums, self.sums, self.width)

    @property
    def telling(self) -> int:
        return token_root.cycles(self.sums + self.width) + 1


class ByMagnitude(Normalized):
    """The sum of a token's magnitudes, and its differences over that."""

    held = NUMERATOR

    def __init__(self, unit: ILayerNorm):
        super().__init__(unit)
        self.found = self.sums

    @property
    def gathering(self) -> int:
        return 1 + token_sum.cycles(self.lanes)

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        always, magnitudes = Const(1, 1), []
        for number, lane in enumerate(beat.lanes):
            negative = lane[-1]
            flipped = lane[: self.width] ^ negative.replicate(self.width)
            size = plus(flipped, Const(0, self.width), negative, width=self.width)
            magnitudes.append(delayed(m, always, size, 1, f"magnitude_{number}"))
        taken = delayed(m, always, beat.taken, 1, "taken_late", reset=True)
        ends = delayed(m, always, beat.ends, 1, "ends_late")
        return token_sum.of_token(m, magnitudes, taken, ends, self.sums, "sum")

    @property
    def divider(self) -> partial[Reciprocal]:
        return partial(Reciprocal, self.sums, self.held)

    @property
    def telling(self) -> int:
        return self.held + 1


#: What divides a token's differences, by the unit's norm.
_PASSES = {"l2": ByDeviation, "l1": ByMagnitude}


class ILayerNormHardware(TokenHardware[ILayerNorm]):
    """I-LayerNorm as a design.

    Parameters
    ----------
    design : :class:`ILayerNorm`
    """

    @cached_property
    def tasks(self) -> tuple[Differences, Normalized]:
        return Differences(self.unit), _PASSES[self.unit.norm](self.unit)

    @property
    def does(self) -> str:
        return "layer normalization"

    @property
    def remarks(self) -> tuple[str, ...]:
        if self.unit.norm == "l1":
            return ("by the L1 norm: results of N values count N / 2^30",)
        return ("I-ViT's I-LayerNorm: results of N values count sqrt(N) / 2^30",)

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, (first, second) = self.unit, self.tasks
        often, source = f"{unit.lanes} per beat", unit.source.name
        name, what = {
            "l2": ("root", "about the root of the sum of squares"),
            "l1": ("magnitude", "the sum of magnitudes"),
        }[unit.norm]
        found = [StageRow("values", unit.source.bits, None, source, None, often, "values")]
        found += [
            StageRow(name, fmt.bits, None, fmt.name, None, often, "channel")
            for name, fmt in unit.channel.items()
        ]
        return (
            *found,
            StageRow("mean", first.held, None, source, first.waiting, "of the token",
                     takes=("values",)),
            StageRow("difference", first.made, None, "integer", first.cycles - first.waiting,
                     "of each value"),
            StageRow(name, second.held, None, "integer", second.waiting, f"2^31 - 1 over {what}"),
            StageRow("value", unit.result.bits, None, unit.result.name,
                     second.cycles - second.waiting, "difference times that / 2, and the bias",
                     takes=(name, *unit.channel)),
        )  # fmt: skip
