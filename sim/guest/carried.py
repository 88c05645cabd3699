"""What a port carries, bit by bit, from how a map says it.

``weight`` are all values of a stream of one field, ``scale.weight_block`` those of a field,
``result.nan`` a flag of each. ``[3]``, ``[0..3]``, ``[3..0]`` choose values, ``[1,0..3]`` those of
a vector by their lanes; ``[7:4]`` chooses bits of each. ``4'b0001`` are constants, ``skip 4`` bits
that nobody looks at. A list joins such parts, the first in the low bits. A table says more of a
part: ``{carries = "weight", width = 8, order = "lanes", reversed = true}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...golden.errors import UnknownName
from ...golden.streams import Field, Stream

#: A bit of a port: of a stream's payload at a place; a constant; or nothing that is looked at.
Bit = tuple[str, int] | int | None

_NAMED = re.compile(r"(\w+)(?:\.(\w+))?((?:\[[^\[\]]*\])*)")
_LITERAL = re.compile(r"(\d{1,5})'([bdh])([0-9a-fA-F_]+)")
_SKIPPED = re.compile(r"skip (\d{1,5})")
_RANGE = re.compile(r"(\d{1,5})(?:\.\.(\d{1,5}))?")
_BITS = re.compile(r"(\d{1,5})(?::(\d{1,5}))")
_BASES = {"b": 2, "d": 10, "h": 16}
_TABLE = ("carries", "width", "extend", "order", "reversed")


class Carrying:
    """Reads what ports carry.

    Parameters
    ----------
    streams : of the design.
    signed : fields, as (stream, field), whose values are repeated by their top bit where a port
        has more room for each.

    All methods raise ValueError with what is wrong.
    """

    def __init__(self, streams: Sequence[Stream], signed: set[tuple[str, str]]):
        self._streams = {stream.name: stream for stream in streams}
        self._signed = signed

    def bits(self, said: Any, width: int) -> list[Bit]:
        """The bits of a port that is ``width`` wide where it is a constant; low bits first."""
        if isinstance(said, list):
            return [bit for part in said for bit in self.bits(part, 0)]
        if isinstance(said, bool) or not isinstance(said, int | str | dict):
            raise ValueError(f"a port carries a name, a number, a table or a list, got {said!r}")
        if isinstance(said, int):
            if not 0 <= said < 1 << max(width, 0):
                raise ValueError(f"the constant {said} does not fit {width} bits")
            return [said >> place & 1 for place in range(width)]
        if isinstance(said, str) and (constant := _constant(said)) is not None:
            return constant
        return self._laid(said if isinstance(said, dict) else {"carries": said})

    def _laid(self, table: Mapping[str, Any]) -> list[Bit]:
        """The values of a table, one after another."""
        for key in table:
            if key not in _TABLE:
                raise ValueError(f"unknown key {key!r}; known: {', '.join(_TABLE)}")
        name, order = table.get("carries"), table.get("order", "vectors")
        if not isinstance(name, str) or (match := _NAMED.fullmatch(name.strip())) is None:
            raise ValueError(
                "a part is STREAM or STREAM.FIELD, perhaps with [VALUE] and [HIGH:LOW] behind it, "
                f"got {name!r}"
            )
        if order not in ("vectors", "lanes"):
            raise ValueError(f"order is vectors or lanes, got {order!r}")
        stream, field, flag = self._field(match[1], match[2])
        values, low, high = _chosen(field, match[3], order == "lanes", flag is not None)
        lanes = list(values)
        lanes = lanes[::-1] if table.get("reversed", False) else lanes
        base = self._begin(stream, field) + (0 if flag is None else field.bits + flag)
        found: list[Bit] = []
        for lane in lanes:
            at = base + lane * field.lane_bits
            own: list[Bit] = [(stream.name, at + place) for place in range(low, high + 1)]
            found += self._extended(own, table, stream, field)
        return found

    def _extended(
        self, own: list[Bit], table: Mapping[str, Any], stream: Stream, field: Field
    ) -> list[Bit]:
        """A value in as many bits as a port gives it."""
        width, usual = table.get("width", len(own)), (stream.name, field.name) in self._signed
        extend = table.get("extend", "sign" if usual else "zero")
        if isinstance(width, bool) or not isinstance(width, int) or width < len(own):
            raise ValueError(f"width must be at least a value's {len(own)} bits, got {width!r}")
        if extend not in ("sign", "zero"):
            raise ValueError(f"extend is sign or zero, got {extend!r}")
        more = width - len(own)
        return own + [own[-1] if extend == "sign" else 0] * more

    def _field(self, stream_name: str, name: str | None) -> tuple[Stream, Field, int | None]:
        """A field, and which of its flags is meant."""
        stream = self._streams.get(stream_name)
        if stream is None:
            raise ValueError(str(UnknownName("stream", stream_name, self._streams)))
        fields = {field.name: field for field in stream.fields}
        if name is None and len(fields) == 1:
            return stream, stream.fields[0], None
        if name in fields:
            return stream, fields[name], None
        for field in stream.fields:
            if name in field.flags:
                return stream, field, field.flags.index(name)
        known = [*fields, *(flag for field in stream.fields for flag in field.flags)]
        if name is None:
            raise ValueError(f"{stream_name} has several fields, say which: {', '.join(known)}")
        raise ValueError(str(UnknownName(f"field of {stream_name}", name, known)))

    @staticmethod
    def _begin(stream: Stream, field: Field) -> int:
        """The lowest bit of a field in the payload."""
        place = stream.fields.index(field)
        return sum(item.data_bits for item in stream.fields[:place])


def _constant(said: str) -> list[Bit] | None:
    """The bits of a literal or of what is skipped; None for other words."""
    if match := _SKIPPED.fullmatch(said.strip()):
        return [None] * int(match[1])
    if (match := _LITERAL.fullmatch(said.strip())) is None:
        return None
    width = int(match[1])
    try:
        value = int(match[3], _BASES[match[2]])
    except ValueError:
        raise ValueError(f"no number of base {match[2]}: {said!r}") from None
    if value >> width:
        raise ValueError(f"the constant {said} does not fit {width} bits")
    return [value >> place & 1 for place in range(width)]


def _chosen(
    field: Field, brackets: str, lanes_first: bool, flag: bool
) -> tuple[Iterator[int], int, int]:
    """The values that a part has, in order, and the lowest and highest bit of each."""
    numbers = np.arange(field.count).reshape(field.vectors, field.lanes)
    low, high, seen = 0, 0 if flag else field.bits - 1, False
    for inside in re.findall(r"\[([^\[\]]*)\]", brackets):
        if match := _BITS.fullmatch(inside.strip()):
            high, low = int(match[1]), int(match[2])
            if not 0 <= low <= high < field.bits:
                raise ValueError(f"{field.name} has bits [{field.bits - 1}:0], got [{inside}]")
            continue
        if seen:
            raise ValueError(f"values are chosen once, got {brackets}")
        numbers, seen = _places(field, numbers, inside), True
    ordered = numbers.T if lanes_first and numbers.ndim == 2 else numbers
    return iter(ordered.reshape(-1).tolist()), low, high


def _places(field: Field, numbers: Any, inside: str) -> Any:
    """Those of an array of values that brackets choose."""
    parts = [_RANGE.fullmatch(part.strip()) for part in inside.split(",")]
    if not all(parts) or len(parts) > 2:
        raise ValueError(f"values are [3], [0..3], [3..0] or [VECTOR,LANE], got [{inside}]")
    picked = []
    for part, size in zip(parts, numbers.shape if len(parts) == 2 else [field.count], strict=True):
        assert part is not None
        first, last = int(part[1]), int(part[2] or part[1])
        if max(first, last) >= size:
            raise ValueError(f"{field.name} has values 0 to {size - 1} there, got [{inside}]")
        way = 1 if last >= first else -1
        picked.append(np.arange(first, last + way, way))
    if len(picked) == 1:
        return numbers.reshape(-1)[picked[0]]
    return numbers[np.ix_(*picked)]
