"""The interface ``native``: valid, ready and dense data, ``last`` where a stream has it."""

from __future__ import annotations

from ...golden.description.build import INTERFACES
from ...golden.streams import Stream
from .interface import Interface, Pin, Slice


class Native(Interface):
    """Everything as the core has it; flags above each value."""

    name = "native"
    about = (
        "Streams move on a rising clk where valid and ready are both high. Reset is synchronous, "
        "active high.",
    )
    manual = (
        "A beat moves in a cycle with valid and ready; any stream may stall at any time. No valid "
        "depends on a ready. A ready may depend on the valid of other streams in the same cycle, "
        "so a source must raise valid without waiting for ready."
    )
    clock, reset, reset_low = "clk", "rst", False

    def pins(self, stream: Stream) -> tuple[Pin, ...]:
        name, out = stream.name, stream.output
        found = [
            Pin("valid", f"{name}_valid", 1, out),
            Pin("ready", f"{name}_ready", 1, not out),
            Pin("data", f"{name}_data", stream.data_bits, out),
        ]
        return (*found, *([Pin("last", f"{name}_last", 1, out)] if stream.last else []))

    def slices(self, stream: Stream) -> tuple[Slice, ...]:
        found, low = [], 0
        for field in stream.fields:
            for index in range(field.count):
                width, marks = field.bits, len(field.flags)
                found.append(Slice(field, index, False, "data", low, width, low, width))
                low += width
                if marks:
                    found.append(Slice(field, index, True, "data", low, marks, low, marks))
                    low += marks
        return tuple(found)


NATIVE = INTERFACES.register(Native.name, Native())
