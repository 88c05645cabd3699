"""A whole design: its arithmetics and how it is built."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import DesignError, UnknownName
from .arithmetic import Arithmetic
from .keywords import KEYWORDS

DATAPATHS = (
    "auto",
    "minifloat",
    "select",
    "booth",
    "table",
    "bit_plane",
    "split_shift",
    "multiply",
    "bit_serial",
    "table_serial",
    "plane_serial",
    "dsp",
    "dsp_adders",
)
CARRIES = ("added", "saved")

#: Digits that take a cycle, where a datapath takes one operand digit by digit.
DIGITS = ("all", "nonzero")

#: When the sums of a product's digits are added: every step, or behind the sums over K.
DIGIT_SUMS = ("joined", "apart")

#: How additions are written: plainly, or as a maker's own carry blocks.
ADDERS = ("inferred", "carry4", "carry8")

#: What multiplies under the policy ``dsp``: instances of a maker's block, or what tools infer;
#: ``auto`` instantiates where the board has a block that is known here.
BLOCKS = (
    *("auto", "dsp48e2", "dsp48e1", "mult18x18d", "sb_mac16", "multaddsub18x18", "mult18x18"),
    "inferred",
)

#: FPGA families by whose measured costs datapaths are chosen; ``auto`` is the board's, or ``xcup``.
FABRICS = ("auto", "xcup", "xc7", "ecp5", "ice40")
FLOWS = ("broadcast", "systolic_os", "weight_stationary")
INTERFACES = ("native", "axis")
POLICIES = ("lut", "dsp")

#: Most rows, columns or lanes, and most products a step: far more than any FPGA holds.
MAX_SIDE, MAX_MACS = 1 << 12, 1 << 18

#: The longest name of an engine: files are called after it, with more before and behind.
NAME_LETTERS = 128


@dataclass(frozen=True)
class Build:
    """What never changes a bit of an answer: the shape, and how the hardware is laid out.

    Parameters
    ----------
    rows, cols : output channels and activation vectors that are worked on at a time.
    lanes : products summed per row, column and cycle.
    datapath, flow, interface, policy : names from DATAPATHS, FLOWS, INTERFACES, POLICIES.
    pipeline : levels of the adder tree between two registers.
    carries : ``added`` in every step, or ``saved`` beside the sum over K until that leaves.
    digits : of a datapath that takes an operand digit by digit: ``all`` take a cycle, or those that
        are ``nonzero`` in some element of the step.
    digit_sums : those of a product's digits are ``joined`` in every step, or kept ``apart`` until
        a sum over K leaves.
    adders : ``inferred`` by tools, or instances of AMD's CARRY4 or CARRY8.
    blocks : DSP blocks, under the policy ``dsp``: a name from BLOCKS.
    fabric : the FPGA family by whose costs datapaths are chosen: a name from FABRICS.
    """

    rows: int = 4
    cols: int = 4
    lanes: int = 4
    datapath: str = "auto"
    flow: str = "broadcast"
    interface: str = "native"
    policy: str = "lut"
    pipeline: int = 1
    carries: str = "added"
    digits: str = "all"
    digit_sums: str = "joined"
    adders: str = "inferred"
    blocks: str = "auto"
    fabric: str = "auto"

    def __post_init__(self) -> None:
        for what in ("rows", "cols", "lanes", "pipeline"):
            value = getattr(self, what)
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{what} must be a whole number, got {value!r}")
            if value < 1:
                raise DesignError(f"{what} must be at least 1, got {value}")
            if value > MAX_SIDE:
                raise DesignError(f"{what} must be at most {MAX_SIDE:,}, got {value:,}")
        if self.macs_per_step > MAX_MACS:
            raise DesignError(
                f"rows × cols × lanes must be at most {MAX_MACS:,}, got {self.macs_per_step:,}"
            )
        for what, names in (
            ("datapath", DATAPATHS),
            ("carries", CARRIES),
            ("digits", DIGITS),
            ("digit sums", DIGIT_SUMS),
            ("adders", ADDERS),
            ("blocks", BLOCKS),
            ("fabric", FABRICS),
            ("flow", FLOWS),
            ("interface", INTERFACES),
            ("policy", POLICIES),
        ):
            given = getattr(self, what.replace(" ", "_"))
            if given not in names:
                raise UnknownName(what, given, names)

    @property
    def macs_per_step(self) -> int:
        return self.rows * self.cols * self.lanes


@dataclass(frozen=True)
class Engine:
    """One or several arithmetics on one array; with several, the mode travels with the tile."""

    name: str
    modes: tuple[Arithmetic, ...]
    build: Build = Build()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name):
            raise DesignError(
                f"an engine's name is a Verilog identifier (letters, digits, _), got {self.name!r}"
            )
        if len(self.name) > NAME_LETTERS:
            raise DesignError(
                f"an engine's name has at most {NAME_LETTERS} letters, got {len(self.name)}: "
                f"{self.name[:20]}..."
            )
        if self.name in KEYWORDS:
            raise DesignError(f"an engine's name must not be a Verilog keyword, got {self.name!r}")
        if not self.modes:
            raise DesignError("an engine needs at least one mode")
        for mode in range(len(self.modes)):
            self._check_lanes(mode)

    def _check_lanes(self, mode: int) -> None:
        arithmetic, lanes = self.modes[mode].compressed, self.lanes(mode)
        structure = self.modes[mode].weight.structure

        def of(kept: int, whole: str) -> str:
            """What lanes must divide, in words."""
            if structure is None:
                return whole
            return f"the {kept} elements that {structure} keeps of {whole}"

        if arithmetic.k_max % lanes:
            whole = of(arithmetic.k_max, f"k-max = {self.modes[mode].k_max}")
            raise DesignError(f"lanes must divide {whole}, got {lanes}")
        if structure is not None and lanes % structure.kept:
            raise DesignError(
                f"lanes take whole windows of {structure}: choose a multiple of {structure.kept}, "
                f"got {lanes}"
            )
        if arithmetic.group and arithmetic.group % lanes:
            whole = of(arithmetic.group, f"the group of {self.modes[mode].group}")
            raise DesignError(f"lanes must divide {whole}, got {lanes}")
        for operand in (arithmetic.weight, arithmetic.activation):
            chosen = operand.select.span.columns if operand.select else None
            if chosen and chosen % lanes:
                raise DesignError(
                    f"lanes must divide the {chosen} elements that share a select, got {lanes}"
                )
        terms = arithmetic.accumulate[0].terms
        if terms is not None and terms != lanes:
            rule = arithmetic.accumulate[0].rule
            raise DesignError(
                f"rule {rule} sums {terms} products a step: lanes must be {terms}, got {lanes}"
            )

    def lanes(self, mode: int = 0) -> int:
        """Lanes of a mode: narrower weights fill the word of the widest mode with more lanes."""

        def word(arithmetic: Arithmetic) -> int:
            return sum(f.bits for f in arithmetic.weight.codes.values())

        widest = max(word(arithmetic) for arithmetic in self.modes)
        return self.build.lanes * (widest // word(self.modes[mode]))

    def step(self, mode: int = 0) -> int:
        """Elements of K that a mode takes in a step: the lanes, and what is zero between them."""
        structure, lanes = self.modes[mode].weight.structure, self.lanes(mode)
        return lanes if structure is None else structure.spread(lanes)

    @property
    def arithmetic(self) -> Arithmetic:
        """The only mode; DesignError if there are several."""
        if len(self.modes) > 1:
            raise DesignError(
                f"{self.name} has {len(self.modes)} modes: choose one, as engine.alone(0)"
            )
        return self.modes[0]

    def alone(self, mode: int) -> Engine:
        """The engine that has one of the modes only, with as many lanes as that has here.

        Raises DesignError for a mode that there is not.
        """
        if not 0 <= mode < len(self.modes):
            last = len(self.modes) - 1
            raise DesignError(f"{self.name} has modes 0…{last}, got {mode}")
        if len(self.modes) == 1:
            return self
        return Engine(self.name, (self.modes[mode],), replace(self.build, lanes=self.lanes(mode)))
