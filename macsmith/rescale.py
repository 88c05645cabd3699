"""Other scales and zero points for an operand, as a command line asks for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .golden.description import ROW, Level, Operand, Plane, Span
from .golden.errors import DesignError
from .golden.formats import Format, Integer, Sliced, lookup


@dataclass(frozen=True)
class Asked:
    """Elements that share a scale, its format's name, its zero point's; None leaves the design's
    own."""

    group: int | None = None
    scale: str | None = None
    zero_point: str | None = None


def rescaled(operand: Operand, asked: Asked, prefix: str = "--") -> Operand:
    """``operand`` with one level of scales put in, or replaced: its only one, or the only one of
    groups.

    A group without a scale has FP16 scales, a scale without a group spans a row. What chooses among
    tables of elements goes with the scale, for a table is found for a block; the bits that a sliced
    integer is served with stay as they are. ``prefix`` begins the options' names. Raises
    DesignError where it is not clear what to replace.
    """
    if asked == Asked():
        return operand
    if operand.affine is None:
        raise DesignError(
            f"{prefix}scale and its kin take one plane of elements and its zero point; this "
            f"operand has {len(operand.planes)} planes: write a TOML file"
        )
    plane, zero = operand.affine
    grouped = [level for level in plane.scales if level.span.columns is not None]
    candidates = grouped or list(plane.scales)
    if len(candidates) > 1:
        names = ", ".join(level.name for level in candidates)
        raise DesignError(
            f"{prefix}scale and its kin replace one level of scales; this operand has {names}: "
            "write a TOML file"
        )
    level = _level(candidates[0] if candidates else None, asked, prefix)
    scales = tuple(level if item in candidates else item for item in plane.scales) or (level,)
    planes = [replace(plane, scales=scales)]
    wanted = lookup(asked.zero_point) if asked.zero_point else zero and zero.format
    if wanted:
        _check_zero_point(wanted, plane.element)
        own = Level(wanted, level.span, zero.name if zero else "zero", "group")
        planes.append(Plane(lookup("minus_one"), (own, *scales)))
    select = operand.select
    if select is not None and not isinstance(plane.element, Sliced):
        select = replace(select, span=level.span)
    return Operand(tuple(planes), select, operand.structure)


def _level(old: Level | None, asked: Asked, prefix: str) -> Level:
    """The level of scales that is asked for, in place of ``old``."""
    if asked.group is not None:
        rows = old.span.rows if old and old.span.columns is not None else 1
        span = Span(rows, asked.group)
    elif old is not None:
        span = old.span
    elif asked.scale is not None:
        span = ROW
    else:
        side = prefix.removeprefix("--").replace("-", "_")
        raise DesignError(
            "a zero point stands beside a scale, and there is none",
            {f"{side}group": 128},
            {f"{side}scale": "fp16"},
            {f"{side}zero_point": None},
        )
    form = lookup(asked.scale) if asked.scale else old.format if old else lookup("fp16")
    keeps = old is not None and (old.span.columns is None) == (span.columns is None)
    return Level(form, span, old.name if old else "scale", old.when if old and keeps else "")


def _check_zero_point(wanted: Format, element: Format) -> None:
    if not isinstance(wanted, Integer) or wanted.exponent:
        raise DesignError(f"a zero point has an integer format such as uint4, got {wanted.name}")
    sliced = isinstance(element, Sliced)
    if not sliced and (not isinstance(element, Integer) or element.exponent):
        raise DesignError(
            f"a zero point needs integer elements such as uint4, got {element.name}: a float's "
            "zero is 0"
        )
