"""The outside of an engine: its streams, their fields, and how both wrappers lay them out."""

from __future__ import annotations

from dataclasses import dataclass

from .plan import Plan
from .product import flag_names


@dataclass(frozen=True)
class Stream:
    """One stream of the core.

    Parameters
    ----------
    name : ``weight``, ``activation``, ``initial`` or ``result``.
    output : whether the engine drives it.
    vectors, lanes : how many vectors (rows, columns, results) of how many lanes one beat carries.
    bits : width of one lane's value.
    flags : names of the flags above each lane's value, low bit first.
    last : whether the payload ends with the mark of the end of a reduction.
    signed : whether the value is two's complement.
    """

    name: str
    output: bool
    vectors: int
    lanes: int
    bits: int
    flags: tuple[str, ...] = ()
    last: bool = False
    signed: bool = False

    @property
    def count(self) -> int:
        """Lanes of all vectors."""
        return self.vectors * self.lanes

    @property
    def lane_bits(self) -> int:
        return self.bits + len(self.flags)

    @property
    def data_bits(self) -> int:
        """Width of the native data port."""
        return self.count * self.lane_bits

    @property
    def payload_bits(self) -> int:
        """Width of the core's payload: the data, then ``last``."""
        return self.data_bits + self.last

    @property
    def axis_lane_bits(self) -> int:
        """A result's lane on AXI-Stream: whole bytes, sign-extended. Elements stay dense."""
        return -(-self.bits // 8) * 8 if self.output or self.name == "initial" else self.bits

    @property
    def axis_bits(self) -> int:
        """Width of TDATA: whole bytes."""
        return -(-self.count * self.axis_lane_bits // 8) * 8


def streams(plan: Plan) -> tuple[Stream, ...]:
    """The streams of an engine, in the order of its ports."""
    results = plan.rows * plan.cols
    found = [
        Stream("weight", False, plan.rows, plan.lanes, plan.weight.bits),
        Stream("activation", False, plan.cols, plan.lanes, plan.activation.bits, last=True),
    ]
    if plan.initial is not None:
        found.append(Stream("initial", False, results, 1, plan.initial.width, signed=True))
    total, flags = plan.total, flag_names(plan.flags)
    found.append(Stream("result", True, results, 1, total.width, flags, signed=total.signed))
    return tuple(found)
