"""What every datapath says of itself, and the component that they all make."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import inf
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from amaranth.hdl import Module, ShapeLike, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range, of_format
from ...golden.description.build import BLOCK_WORTH
from ...golden.errors import Change, DesignError
from ...golden.flags import Reachable
from ...golden.formats import Format
from ..arith.product import FlaggedLayout, apart_layout
from .forms import Form

if TYPE_CHECKING:
    from ..plan.chosen import Chosen


@dataclass(frozen=True)
class Setting:
    """Where a datapath is to stand.

    Parameters
    ----------
    policy : what products may be made of; see POLICIES.
    sharing : rows and columns: how many dot products read what is made of a step's activations,
        and of its weights.
    lanes : products of a dot product.
    blocks : DSP blocks, under the policy ``dsp``; see BLOCKS.
    picked : whether every row picks activations of its own, lane by lane.
    fabric : the FPGA family whose measured costs count; see FABRICS.
    worth : LUT sites that a DSP block is worth.
    """

    policy: str = "lut"
    sharing: tuple[int, int] = (4, 4)
    lanes: int = 4
    blocks: str = "auto"
    picked: bool = False
    fabric: str = "auto"
    worth: int = BLOCK_WORTH


#: That of the default shape.
SETTING = Setting()


class Demand(NamedTuple):
    """About what hardware takes: LUTs, sites of carries, flip-flops."""

    luts: float = 0
    carries: float = 0
    flip_flops: float = 0

    def plus(self, other: Demand, count: int = 1) -> Demand:
        """With so many of another."""
        return Demand(*(a + b * count for a, b in zip(self, other, strict=True)))

    @property
    def sites(self) -> float:
        """Sites of them all: each has a LUT, a bit of carry and two flip-flops."""
        return max(self.luts, self.carries, self.flip_flops / 2)


class Lack(NamedTuple):
    """Why a datapath cannot be had, behind its name, and what to do."""

    what: str
    advice: tuple[Change, ...] = ()


class Factors(NamedTuple):
    """``(-1)**negative * magnitude * 2**exponent``, the exponent counted from the unit of the
    product's bounds."""

    negative: Value
    magnitude: Value
    exponent: Value


@dataclass(frozen=True)
class Datapath:
    """The exact dot product of ``lanes`` pairs of elements, planned.

    Parameters
    ----------
    weight, activation : element formats.
    lanes : pairs multiplied each cycle.
    pipeline : levels of adders between two registers.
    infinite : whether decoded elements come with sign and zero told apart.
    sharing : how many dot products read its activations and its weights; see :class:`Setting`.
    segment : bits of the segments of the sum, each of which comes a cycle after the one below; 0
        if all come together, and always where ``staggers`` is false.
    apart : whether the sums of digits leave apart: see ``sums``.
    skips : whether digits that are zero in all elements of a step take no cycle; only of datapaths
        whose steps take several.
    count : products of a sum over K, of datapaths that may hold such sums themselves; they then
        share what makes them with the sums of other rows and columns. Else 0.
    stays : whether weights stay in what multiplies, of datapaths that may hold them.
    blocks : DSP blocks, of datapaths that are made of them; see BLOCKS.
    aligns : whether products are aligned one by one: zeros then have an exponent of their own.
    opened : whether nothing else wants operands from registers at the edge of the array.
    worth : LUT sites that a DSP block is worth.
    """

    weight: Format
    activation: Format
    _: KW_ONLY
    lanes: int
    pipeline: int = 1
    infinite: bool = False
    sharing: tuple[int, int] = SETTING.sharing
    segment: int = 0
    skips: bool = False
    apart: bool = False
    count: int = 0
    stays: bool = False
    blocks: str = "auto"
    aligns: bool = False
    opened: bool = False
    worth: int = BLOCK_WORTH

    name: ClassVar[str]
    #: What it serves, for people.
    scope: ClassVar[str]
    #: Whether its sums can come in segments.
    staggers: ClassVar[bool] = False
    #: Whether it makes products that are aligned one by one.
    aligning: ClassVar[bool] = False

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        """Whether the pair can be built this way."""
        raise NotImplementedError

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        """About how many sites a lane takes, for ``auto`` to compare; infinite if unknown."""
        return inf

    @classmethod
    def lacks(cls, weight: Format, activation: Format, setting: Setting) -> Lack | None:
        """Why a pair that it serves cannot be built there; None if it can."""
        return None

    @classmethod
    def check(cls, name: str, plan: Chosen) -> None:
        """Raise DesignError for sums of the engine ``name`` that it cannot form."""
        if plan.cycles > 1 and any(item.stage.saturates for item in plan.sums):
            raise DesignError(
                f"{name} saturates after every step; {cls.name} adds a step in {plan.cycles} parts",
                {"datapath": "auto"},
                {"overflow": None},
            )

    @classmethod
    def by_lane(cls, weight: Format, activation: Format) -> bool:
        """Whether what is made of an activation is that of one lane, and the same in all parts."""
        forms = cls(weight, activation, lanes=4).forms
        return all(form.span == 1 and form.parts == 1 and not form.told for form in forms)

    @property
    def product(self) -> Range:
        """Bounds of one product."""
        return of_format(self.weight) * of_format(self.activation)

    def factors(self, m: Module, w: Value, a: Value) -> Factors:
        """A product of two elements before it is shifted; for sums that align."""
        raise NotImplementedError

    @property
    def magnitude_width(self) -> int:
        """Bits of the magnitude of :meth:`factors`."""
        raise NotImplementedError

    @property
    def exponents(self) -> tuple[int, int]:
        """The least and the greatest exponent of :meth:`factors`."""
        raise NotImplementedError

    @property
    def excess(self) -> int:
        """By what the exponents of :meth:`factors` are too large."""
        return 0

    @property
    def range(self) -> Range:
        """Bounds of the dot product, or of its parts."""
        return self.product.times(self.lanes)

    @property
    def sums(self) -> tuple[Range, ...]:
        """Bounds of what leaves: the dot product, or the sum of each digit with its shift; their
        units then count from that of the product."""
        return (self.range,)

    @property
    def output(self) -> data.StructLayout:
        """The shape of what leaves, and flags."""
        if not self.apart:
            return FlaggedLayout(self.range, self.flags)
        return apart_layout(self.sums, self.flags)

    @property
    def flags(self) -> Reachable:
        return Reachable.of(self.weight, self.activation)

    @property
    def forms(self) -> tuple[Form, Form]:
        """What is taken of weights and activations."""
        raise NotImplementedError

    @property
    def cycles(self) -> int:
        """Cycles that a step takes. Each gives a part of the dot product, their sum is the whole.

        One form then has as many ``parts``, and its ``layouts`` name the one that is there.
        """
        return 1

    def cycles_in(self, mode: int) -> int:
        """Cycles that a step of a mode takes."""
        return self.cycles

    @property
    def loads(self) -> tuple[int, int]:
        """About how many pins of a dot product read a bit of a weight, and of an activation."""
        return 2 * self.activation.bits, 2 * self.weight.bits

    @property
    def demand(self) -> Demand | None:
        """About what a dot product takes without its forms; None where that is not known."""
        return None

    @property
    def latency(self) -> int:
        """Enabled cycles from the elements that are not delayed to the dot product's first bits."""
        raise NotImplementedError

    def component(self) -> Dot:
        """The hardware."""
        raise NotImplementedError


class Dot(wiring.Component):
    """Exact dot product of elements. Never overflows; any lane raises a flag.

    Throughput is one dot product, or a part of one, an enabled cycle.

    Parameters
    ----------
    plan : :class:`Datapath`
        Formats, lanes and latency.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    weight, activation : :py:`In(…)`
        The elements, as ``plan.forms`` says, each lane's as late.
    o : :py:`Out(plan.output)`
        The sum in units of ``2**(weight.lsb + activation.lsb)``, and the flags.
    """

    def __init__(self, plan: Datapath):
        self.plan = plan
        weight, activation = plan.forms
        super().__init__(
            {
                "enable": In(1),
                "weight": In(weight.layouts),
                "activation": In(activation.layouts),
                "o": Out(plan.output),
            }
        )

    def held(self, m: Module, value: Value, shape: ShapeLike, name: str) -> Signal:
        """A value a cycle later."""
        register = Signal(shape, name=name, reset_less=True)
        with m.If(self.enable):
            m.d.sync += register.eq(value)
        return register
