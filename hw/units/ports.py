"""Ports of a unit's streams: fields as arrays of bits, and ``last`` behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Member, Out

from ...golden.streams import Stream


def ports(streams: Iterable[Stream]) -> dict[str, Member]:
    """The members of a component that has these streams, by their names."""
    found = {}
    for item in streams:
        fields: dict[str, Any] = {f.name: data.ArrayLayout(f.bits, f.count) for f in item.fields}
        fields |= {"last": 1} if item.last else {}
        flow = stream.Signature(data.StructLayout(fields))
        found[item.name] = Out(flow) if item.output else In(flow)
    return found
