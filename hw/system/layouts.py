"""What lies where in the bytes of streams, as manifests say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...golden.interleave import Carrier
from ...golden.packets import Record
from ...golden.streams import Field

#: Tells a field's format, and the exponent of its unit.
Formats = Callable[[Field], tuple[str, int | None]]


def record_of(record: Record, format_of: Formats) -> dict[str, Any]:
    """A beat in memory: its bytes, and where each value of a field lies."""
    fields = [_field(record, field, format_of) for field in record.stream.fields]
    return {"bytes": record.size, "per": record.stream.per, "fields": fields}


def _field(record: Record, field: Field, format_of: Formats) -> dict[str, Any]:
    places = [place for place in record.places if place.field is field]
    values = [place for place in places if not place.flags]
    marks = [place for place in places if place.flags]
    form, unit = format_of(field)
    found: dict[str, Any] = {
        "name": field.name,
        "holds": field.kind,
        "format": form,
        "offset_bits": values[0].low,
        "vectors": field.vectors,
        "lanes": field.lanes,
        "stride_bits": values[0].wide,
        "value_bits": field.bits,
        "padding": "sign" if field.signed else "zero",
        "flags": list(field.flags),
    }
    found |= {"flags_offset_bits": marks[0].low} if marks else {}
    return found | ({} if unit is None else {"unit_exponent": unit})


def interleaved(carrier: Carrier, format_of: Formats) -> dict[str, Any]:
    """A stream with what stands in front of its codes, in units of a beat of codes."""
    found = record_of(Record(carrier.stream), format_of)
    found["packet"] = "reduction" if carrier.by_reduction else "groups"
    if carrier.once:
        records = [record_of(Record(item), format_of) for item in carrier.once]
        found["once_a_reduction"] = {"beats": carrier.once_units, "records": records}
    if carrier.often:
        found["frame"] = {
            "beats": carrier.often_units,
            "groups": carrier.groups,
            "steps_per_group": carrier.steps,
            "record": record_of(Record(carrier.often), format_of),
        }
    return found
