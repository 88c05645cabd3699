"""What an array has to know of its plan, whether it works in one mode or in several."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Format
from ..arith.rows import segment_of
from ..arith.sums import Sum
from ..datapaths import Blocks, Form
from .inputs import Input
from .scouted import Scouted

if TYPE_CHECKING:
    from .joining import Joining
    from .plan import Plan


class ArrayPlan(Scouted):
    """Sums of products in ``rows`` × ``cols``, planned.

    Parameters
    ----------
    build : the shape, and how it is laid out.
    sums : what the array adds up.
    """

    sums: tuple[Sum, ...]

    @property
    def flow(self) -> str:
        return self.build.flow

    @property
    def results(self) -> int:
        """Results that leave in a beat, where they leave one after the other."""
        return self.build.results

    @property
    def stationary(self) -> bool:
        """Whether weights stay while activations pass."""
        return self.flow == "weight_stationary"

    # What is fed to it.

    @property
    @abstractmethod
    def modes(self) -> tuple[Plan, ...]:
        """The plan of each mode, as if it were the only one."""

    @property
    def mode_bits(self) -> int:
        """Width of what says the mode of a step."""
        return (len(self.modes) - 1).bit_length()

    def made(self, side: int) -> dict[str, Input[Form]]:
        """What is made of an operand at the edge, named."""
        return self.inputs(side)

    def reach(self, side: int, key: str) -> int:
        """Columns that a register of what is made of a weight feeds, or rows that one of an
        activation does; it has copies where there are more."""
        return self.build.cols if side == 0 else self.build.rows

    # Steps and groups.

    def step_of(self, mode: int) -> int:
        """Elements of K that a step of a mode takes."""
        return self.modes[mode].step

    @property
    def initial(self) -> Range | None:
        """Bounds of what sums start from."""
        return None

    @property
    def serial(self) -> bool:
        """Whether results come one by one, from a scale path."""
        return False

    @property
    def group_steps(self) -> int | None:
        """Steps after which the sums close; None where they span the reduction."""
        return None

    @property
    def shortest(self) -> int:
        """Steps from one end of a group to the next, at the least."""
        return 1

    @property
    def cycles(self) -> int:
        """Cycles that a step takes at most."""
        return 1

    def cycles_in(self, mode: int) -> int:
        """Cycles that a step of a mode takes."""
        return self.cycles

    def cycles_of(self, item: Sum) -> int:
        """Cycles that a step takes in a sum."""
        return 1

    @property
    def fewest_cycles(self) -> int:
        """Cycles that a step takes at the least."""
        return 1 if self.skips else min(map(self.cycles_in, range(len(self.modes))))

    @property
    def shortest_set(self) -> int:
        """The fewest steps with the same weights, where these stay, that the next do not wait."""
        return 1

    @property
    def pace(self) -> str:
        """How often a step is taken, in words."""
        if self.cycles == 1:
            return "a cycle"
        counts = [self.cycles_in(mode) for mode in range(len(self.modes))]
        return f"in {'/'.join(map(str, counts))} cycles"

    # How sums are formed.

    @property
    @abstractmethod
    def dot_latency(self) -> int:
        """Cycles from the elements of a step to its slowest dot product."""

    @property
    @abstractmethod
    def plain(self) -> bool:
        """Whether no sum needs a step of its own to bring several dot products together."""

    @property
    def step_latency(self) -> int:
        """Cycles from the elements of a step to its sum."""
        return self.dot_latency + (not self.plain)

    @cached_property
    def segment(self) -> int:
        """Bits of the segments in which wide sums are added, one a cycle; 0 for sums in one piece.

        Saturating sums are in one piece: their bounds are compared as a whole.
        """
        if any(item.aligned or item.stage.saturates for item in self.sums):
            return 0
        return segment_of(max(item.total.width for item in self.sums))

    @property
    def late(self) -> int:
        """Cycles from the first segment of a sum to its last, and until all parts are added."""
        widest = max(item.total.width for item in self.sums)
        segments = (widest - 1) // self.segment if self.segment else 0
        return self.carry_save + segments + self.tail

    def blocks(self, item: Sum) -> Blocks | None:
        """The datapath that makes a sum over K for a tile of rows and columns; None for others."""
        return None

    @property
    def apart(self) -> bool:
        """Whether the sums of digits are brought together only behind the sums over K."""
        return self.build.digit_sums == "apart"

    @property
    def tail(self) -> int:
        """Cycles until the sums of digits are together, behind the sums over K."""
        return 0

    @property
    def carry_save(self) -> bool:
        """Whether sums over K are sum and carry until they leave."""
        return self.build.carries == "saved"

    @property
    def selecting(self) -> int:
        """Cycles in which the activations are picked that the elements of sparse weights meet."""
        return 0

    @property
    def edge(self) -> int:
        """Cycles in registers at the edge of the array: none where DSP blocks read the ports."""
        return 1

    @property
    def sum_latency(self) -> int:
        """Cycles from a step taken to the first segment of its sums."""
        return 1 + self.edge + self.selecting + self.step_latency + self.skew

    @property
    def joining(self) -> Joining | None:
        """How the parts of sums are joined; None for sums without parts."""
        return None

    @property
    def array_latency(self) -> int:
        """Cycles from a step taken to its sums: edge, dot products, accumulator, skew, segments;
        and what joins the parts of sums."""
        return self.sum_latency + self.late + (self.joining.latency if self.joining else 0)

    @property
    def skew(self) -> int:
        """Cycles by which the last cells work behind the first."""
        return sum(self.grid) - 2 if self.flow == "systolic_os" else 0

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of a systolic array's cell, whose products share blocks."""
        return 1, 1

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of such cells."""
        rows, cols = self.tile
        return -(-self.rows // rows), -(-self.cols // cols)

    # Results.

    @property
    def latency(self) -> int:
        """Cycles from the last step's acceptance to the first result, without stalls.

        Where digits are skipped, of a step that has one.
        """
        return self.ahead + self.array_latency

    @property
    def hold(self) -> int:
        """Cycles without a transfer after which everything inside stands still."""
        return self.latency + self.cycles + 8

    @property
    def result_interval(self) -> int:
        """Cycles between two results of a tile that come one by one."""
        return 1

    @property
    def reduction_cycles(self) -> int:
        """The shortest reductions, in steps, that follow each other without a pause."""
        return 1

    @property
    @abstractmethod
    def result(self) -> Range | Format:
        """What a result's value is: an integer of this range, or a code of this format."""

    @property
    def result_bits(self) -> int:
        """Bits of one result, without flags."""
        return self.result.width if isinstance(self.result, Range) else self.result.bits

    @property
    def result_signed(self) -> bool:
        """Whether a result is a two's complement integer."""
        return self.result.signed if isinstance(self.result, Range) else self.result.low < 0

    @property
    def result_flags(self) -> Reachable:
        """The flags beside a raw result."""
        return self.sums[0].flags

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing about the hardware, a line each."""
        return ()

    @property
    def outputs(self) -> int:
        """Results of a row and column."""
        return 1

    @property
    def rates(self) -> tuple[int | float, ...]:
        """Products a cycle in each mode, at full rate."""
        found: list[int | float] = []
        for number, mode in enumerate(self.modes):
            macs, cycles = self.rows * self.cols * mode.lanes, self.cycles_in(number)
            found.append(macs / cycles if macs % cycles else macs // cycles)
        return tuple(found)

    @property
    def macs_per_cycle(self) -> int | float:
        """Products a cycle in the first mode."""
        return self.rates[0]
