"""The interface ``axis``: AXI-Stream, with the attributes by which Vivado knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...golden.description.build import INTERFACES
from ...golden.packets import stride
from ...golden.streams import Stream
from .interface import Interface, Pin, Slice


class Axis(Interface):
    """TDATA of whole bytes, flags in TUSER, TLAST; every result ends a packet or is one."""

    name = "axis"
    about = (
        "AXI-Stream. Codes and scales are packed densely from the low bit, TDATA is padded to "
        "whole bytes; each",
        "result is extended to whole bytes of its own. A reduction is a packet of results.",
    )
    manual = (
        "AXI4-Stream: TVALID, TREADY, TDATA of whole bytes, TLAST on `activation`, `codes` and "
        "results, TUSER where results have flags; no TKEEP: all bytes count. Any stream may stall "
        "at any time. No valid depends on a ready. A ready may depend on the valid of other "
        "streams in the same cycle, so a source must raise valid without waiting for ready."
    )
    clock, reset, reset_low = "aclk", "aresetn", True
    packaged = True

    def attributes(self, streams: Iterable[Stream]) -> tuple[str, str]:
        buses = ":".join(map(self.bus, streams))
        info = '(* X_INTERFACE_INFO = "xilinx.com:signal:{}" *)\n(* X_INTERFACE_PARAMETER = "{}" *)'
        clock = info.format(
            "clock:1.0 aclk CLK", f"ASSOCIATED_BUSIF {buses}, ASSOCIATED_RESET aresetn"
        )
        return clock, info.format("reset:1.0 aresetn RST", "POLARITY ACTIVE_LOW")

    def bus(self, stream: Stream) -> str:
        return f"{'m' if stream.output else 's'}_axis_{stream.name}"

    def pins(self, stream: Stream) -> tuple[Pin, ...]:
        out, flags = stream.output, sum(field.count * len(field.flags) for field in stream.fields)
        data = sum(field.count * stride(field) for field in stream.fields)
        widths = {"valid": 1, "ready": 1, "data": -(-data // 8) * 8, "user": flags}
        widths["last"] = int(stream.last or out)
        return self.named(stream, widths)

    def named(self, stream: Stream, widths: Mapping[str, int]) -> tuple[Pin, ...]:
        """The ports of those roles that have a width."""
        return tuple(
            Pin(
                role,
                f"{self.bus(stream)}_t{role}",
                width,
                stream.output != (role == "ready"),
                '(* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 '
                f'{self.bus(stream)} T{role.upper()}" *)',
            )
            for role, width in widths.items()
            if width
        )

    def slices(self, stream: Stream) -> tuple[Slice, ...]:
        found, low, user, core = [], 0, 0, 0
        for field in stream.fields:
            wide, bits, marks = stride(field), field.bits, len(field.flags)
            for index in range(field.count):
                found.append(Slice(field, index, False, "data", low, wide, core, bits))
                if marks:
                    found.append(Slice(field, index, True, "user", user, marks, core + bits, marks))
                low, user, core = low + wide, user + marks, core + field.lane_bits
        return tuple(found)


AXIS = INTERFACES.register(Axis.name, Axis())
