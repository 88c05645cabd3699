"""Quantizers in C++."""

from __future__ import annotations

from fractions import Fraction

from ....golden.formats import Format, lookup
from ....golden.quantize.rules import mantissa_width, reach
from ....golden.units import Quantize
from ....golden.units.quantize_tokens import greatest
from ..formats import Formats, truth
from ..lines import constant
from .told import Told

#: Parts of the library.
PARTS = ("division", "lfsr", "exact_product", "grouped", "scale_rules", "quantize")


def told(unit: Quantize, formats: Formats) -> Told:
    """What the C++ of a quantizer is made from."""
    lines = [
        *_formats(unit, formats),
        *_streams(unit),
        constant("lib::ScaleRule", "rule", f"lib::ScaleRule::{unit.rule}"),
        constant("bool", "power", truth(unit.power)),
        constant("bool", "ranged", truth(unit.zero)),
        constant("bool", "has_tensor", truth(unit.tensor)),
        constant("int", "random_bits", unit.random_bits),
        constant("lib::Number", "reach", _number(reach(unit.element))),
        constant("lib::Number", "greatest", _number(greatest(unit) if unit.token else 1.0)),
        constant("int", "mantissa_bits", mantissa_width(unit.element)),
        constant("int", "width", unit.width),
        constant("int", "parts", unit.parts),
        constant("std::size_t", "beats", unit.beats),
        constant("std::size_t", "token", unit.token // unit.lanes),
    ]
    return Told(PARTS, "lib::Quantize", tuple(lines))


def _formats(unit: Quantize, formats: Formats) -> list[str]:
    """Members that are formats; of what a unit does not have, any."""
    given: dict[str, Format | None] = {
        "values": unit.values,
        "element": unit.element,
        "scale": unit.scale,
        "tensor": unit.tensor,
        "inner": unit.inner,
        "shift_format": unit.shift,
        "factor_format": unit.factor,
    }
    return [
        constant("lib::Format", name, formats.name(fmt or lookup("fp32")))
        for name, fmt in given.items()
    ]


def _streams(unit: Quantize) -> list[str]:
    """Numbers of streams and of their fields; -1 of what there is not."""
    inputs = [stream.name for stream in unit.streams if not stream.output]
    results = [field.name for field in unit.streams[-1].fields]
    places = {
        "channel": (inputs, "channel"),
        "tensor_source": (inputs, "tensor"),
        "seed": (inputs, "seed"),
        "shift": ([*unit.channel], "shift"),
        "factor": ([*unit.channel], "factor"),
        "tensor_field": (results, "tensor"),
    }
    return [
        constant("int", member, names.index(name) if name in names else -1)
        for member, (names, name) in places.items()
    ]


def _number(value: float) -> str:
    """A positive number, as the library has it."""
    whole = Fraction(value)
    exponent = 1 - whole.denominator.bit_length()
    significand = whole.numerator
    while not significand & 1:
        significand, exponent = significand >> 1, exponent + 1
    return f"{{false, lib::Kind::finite, {significand}u, {exponent}}}"
