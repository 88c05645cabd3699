"""What never changes a bit of an answer: shapes, and how hardware is laid out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from math import gcd
from typing import Any, ClassVar, Literal, get_args

from ..errors import DesignError, UnknownName
from .axis_widths import Widths, check
from .choices import Choices

#: How products are made and summed.
DATAPATHS: Choices[Any] = Choices("datapath", "macsmith.hw.datapaths", before=("auto",))
CARRIES = ("added", "saved")

#: Digits that take a cycle, where a datapath takes one operand digit by digit.
DIGITS = ("all", "nonzero")

#: When the sums of a product's digits are added: every step, or behind the sums over K.
DIGIT_SUMS = ("joined", "apart")

#: How additions are written: plainly, or as a maker's own carry blocks.
ADDERS: Choices[Any] = Choices("adders", "macsmith.hw.leaves", before=("inferred",))

#: What multiplies under the policy ``dsp``: instances of a maker's block, or what tools infer;
#: ``auto`` instantiates where the board has a block that is known here.
BLOCKS: Choices[Any] = Choices(
    "blocks", "macsmith.hw.dsp.kinds", before=("auto",), after=("inferred",)
)

#: FPGA families by whose measured costs datapaths are chosen, each with the family on which it was
#: measured; ``auto`` is the board's, or ``xcup``.
FABRICS: Choices[str] = Choices("fabric", "macsmith.hw.datapaths.measured", before=("auto",))

#: How operands travel through an array.
FLOWS: Choices[Any] = Choices("flow", "macsmith.hw.array.flows")
INTERFACES: Choices[Any] = Choices("interface", "macsmith.hw.outside")
POLICIES = ("lut", "dsp")

#: Most rows, columns or lanes, and most products a step: far more than any FPGA holds.
MAX_SIDE, MAX_MACS = 1 << 12, 1 << 18

#: LUT sites that a DSP block is worth. UltraScale+ devices have over a hundred for each block; but
#: who asks for blocks wants to spare sites.
BLOCK_WORTH = 32

#: Greatest fan-out that may be asked for: more than any register's.
MAX_FANOUT = 1 << 20

#: Most borders of dies on the way of a stream: devices have up to four dies.
MAX_CROSSINGS = 3

#: What stands for a number that is left to the plan.
Auto = Literal["auto"]
[AUTO] = get_args(Auto)

#: Greatest length of a reduction that a build may be told of.
MAX_K = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Target:
    """What hardware is written for: how it meets the world, and the technology.

    Parameters
    ----------
    interface, policy : names from INTERFACES, POLICIES.
    pipeline : levels of adders between two registers, or ``auto``: as many as spare sites, where
        flip-flops would take more of them than logic.
    adders : ``inferred`` by tools, or instances of AMD's CARRY4 or CARRY8.
    blocks : DSP blocks, under the policy ``dsp``: a name from BLOCKS.
    fabric : the FPGA family by whose costs datapaths are chosen: a name from FABRICS.
    axis_width : bits of all streams, a power of two from 32 to 1024, for DMAs, or
        :class:`Widths`, where they differ; 0 leaves each stream its own width. It makes the
        interface ``axis``.
    die_crossings : borders of dies between the hardware and its streams, each of which two
        registers cross; 0 to 3.
    """

    interface: str = "native"
    policy: str = "lut"
    pipeline: int | Auto = 1
    adders: str = "inferred"
    blocks: str = "auto"
    fabric: str = "auto"
    axis_width: int | Widths = 0
    die_crossings: int = 0

    #: Fields that are names, and which; fields that are whole numbers of at least 1, and the
    #: greatest of those, where it is not MAX_SIDE.
    NAMES: ClassVar[dict[str, Iterable[str]]] = {
        "adders": ADDERS,
        "blocks": BLOCKS,
        "fabric": FABRICS,
        "interface": INTERFACES,
        "policy": POLICIES,
    }
    COUNTS: ClassVar[tuple[str, ...]] = ("pipeline",)
    MOST: ClassVar[dict[str, int]] = {}
    #: Those of the counts that may be left to the plan.
    LEFT: ClassVar[tuple[str, ...]] = ("pipeline",)

    def __post_init__(self) -> None:
        for what in self.COUNTS:
            value, word = getattr(self, what), what.replace("_", "-")
            if what in self.LEFT and value == AUTO:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{word} must be a whole number, got {value!r}")
            if value < 1:
                raise DesignError(f"{word} must be at least 1, got {value}")
            most = self.MOST.get(what, MAX_SIDE)
            if value > most:
                raise DesignError(f"{word} must be at most {most:,}, got {value:,}")
        defaults = {field.name: field.default for field in fields(self)}
        for what, names in self.NAMES.items():
            given = getattr(self, what)
            if given != defaults[what] and given not in names:
                raise UnknownName(what.replace("_", " "), given, tuple(names))
        if self.axis_width:
            self._check_axis_width()
        self._check_from_zero("die_crossings", MAX_CROSSINGS)

    def _check_from_zero(self, what: str, most: int) -> None:
        """A field is a whole number from 0 to ``most``."""
        value, word = getattr(self, what), what.replace("_", "-")
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{word} must be a whole number, got {value!r}")
        if not 0 <= value <= most:
            raise DesignError(
                f"{word} must be from 0 to {most:,}, got {value:,}",
                {what: min(max(value, 0), most)},
            )

    def _check_axis_width(self) -> None:
        """It is one that there is, and the interface is that for it."""
        check(self.axis_width)
        if self.interface not in ("axis", "native"):
            raise DesignError(
                f"axis-width belongs to the interface axis, got {self.interface}",
                {"interface": "axis"},
            )
        object.__setattr__(self, "interface", "axis")


@dataclass(frozen=True)
class Build(Target):
    """An engine's shape, and how its array is laid out.

    Parameters
    ----------
    rows, cols : output channels and activation vectors that are worked on at a time.
    lanes : products summed per row, column and cycle.
    datapath, flow : names from DATAPATHS, FLOWS.
    carries : ``added`` in every step, or ``saved`` beside the sum over K until that leaves.
    digits : of a datapath that takes an operand digit by digit: ``all`` take a cycle, or those that
        are ``nonzero`` in some element of the step.
    digit_sums : those of a product's digits are ``joined`` in every step, or kept ``apart`` until
        a sum over K leaves.
    results : neighbours in a row of results that leave in a beat, where results leave one after the
        other; a divisor of ``cols``.
    interleave : whether scales come in front of the codes that they scale, in their streams.
    k_min : the shortest reduction that must not wait for the one before; longer ones leave time to
        make results with less hardware.
    block_worth : LUT sites that a DSP block is worth, where fewer of these cost more of those.
    max_fanout : pins that a register of a broadcast operand drives at most, as far as is foreseen;
        it is copied where there were more. 0 for no limit.
    interface, policy, pipeline, adders, blocks, fabric, axis_width, die_crossings : see
        :class:`Target`.
    """

    rows: int = 4
    cols: int = 4
    lanes: int = 4
    datapath: str = "auto"
    flow: str = "broadcast"
    carries: str = "added"
    digits: str = "all"
    digit_sums: str = "joined"
    results: int = 1
    interleave: bool = False
    k_min: int = 1
    block_worth: int = BLOCK_WORTH
    max_fanout: int = 0

    NAMES: ClassVar[dict[str, Iterable[str]]] = {
        "datapath": DATAPATHS,
        "carries": CARRIES,
        "digits": DIGITS,
        "digit_sums": DIGIT_SUMS,
        "flow": FLOWS,
        **Target.NAMES,
    }
    COUNTS: ClassVar[tuple[str, ...]] = (
        *("rows", "cols", "lanes", "pipeline", "results", "k_min", "block_worth"),
    )
    MOST: ClassVar[dict[str, int]] = {"k_min": MAX_K}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.macs_per_step > MAX_MACS:
            raise DesignError(
                f"rows × cols × lanes must be at most {MAX_MACS:,}, got {self.macs_per_step:,}"
            )
        if self.cols % self.results:
            raise DesignError(
                f"results that leave in a beat must divide the {self.cols} columns, got "
                f"{self.results}",
                {"results": gcd(self.cols, self.results)},
            )
        self._check_from_zero("max_fanout", MAX_FANOUT)
        if not isinstance(self.interleave, bool):
            raise TypeError(f"interleave is true or false, got {self.interleave!r}")
        if self.interleave:
            self._check_interleave()

    def _check_interleave(self) -> None:
        """What comes in front of codes comes as bytes, and with every use of them."""
        if not self.axis_width:
            raise DesignError(
                "interleave is of streams of bytes, which have a width",
                {"axis_width": 64},
                {"interleave": None},
            )
        if self.flow == "weight_stationary":
            raise DesignError(
                "interleave puts scales in front of each use of a weight, and those of flow "
                "weight_stationary stay",
                {"flow": "broadcast"},
                {"interleave": None},
            )

    @property
    def macs_per_step(self) -> int:
        return self.rows * self.cols * self.lanes
