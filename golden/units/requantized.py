"""A requantizer behind an engine: one design, whose results leave as codes.

It is a chain of the two. What the requantizer must be follows from the engine: the format of its
sums, the order of its results, how many of them share a multiplier. An engine with scales gives
floats; so does one with a requantizer of floats behind it whose raw sums are no plain integers.
"""

from __future__ import annotations

from dataclasses import replace

from ..bounds import Range, result_range
from ..description import Chain, Design, Engine, Output
from ..errors import DesignError
from ..formats import Format, Integer, Minifloat, lookup
from ..reach import special_element
from .requantize import Requantize
from .requantize_checks import WIDEST_SUM
from .requantize_rules import RULES

#: What the requantizer is called in a chain that is made here, and the engine where the whole has
#: its name.
UNIT, ENGINE = "requantize", "product"


def requantized(engine: Engine, unit: Design, name: str = "", *, tile: bool = False) -> Chain:
    """``engine`` and a requantizer like ``unit`` behind it, called ``name`` or as the engine is.

    It takes the results of a tile one after the other, or as many ``lanes`` as it has. The cols
    results of a row (an output channel) share a multiplier where it has no ``group`` of its own;
    with ``tile`` all those of a tile. Raises DesignError for a unit that is no requantizer, and for
    an engine whose sums its rule does not take.
    """
    if not isinstance(unit, Requantize):
        raise DesignError(
            f"an engine's results leave as codes by a requantizer, such as tflite; got {unit.name}",
            otherwise="see those of kind requantize in macsmith list units",
        )
    engine, own = _given_floats(engine, unit), engine.build
    build = replace(unit.build, policy=own.policy, blocks=own.blocks, fabric=own.fabric)
    group = unit.group or (0 if tile or unit.shared else own.cols)
    unit = replace(unit, name=UNIT, group=group, build=build)
    whole = replace(build, interface=own.interface, axis_width=own.axis_width)
    inner = replace(own, interface="native", axis_width=0)
    engine = replace(engine, name=ENGINE if name else engine.name, build=inner)
    parts = engine, behind(unit, engine)
    return Chain(name=name or engine.name, parts=parts, shaped=engine.name, build=whole)


def behind(unit: Requantize, engine: Engine, before: Engine | None = None) -> Requantize:
    """The requantizer with the format of the engine's sums, and the shape of its tiles.

    Parameters
    ----------
    before : the engine that ``unit`` followed until now, where it did: rows or groups as long as
        its columns become as long as those of ``engine``.
    """
    old, cols = (before or engine).build.cols, engine.build.cols
    unit = replace(unit, sums=sums_of(engine, unit.rule))
    if unit.shared:
        return replace(unit, rows=cols if unit.rows == old else unit.rows)
    return replace(unit, group=cols if unit.group == old else unit.group)


def _given_floats(engine: Engine, unit: Requantize) -> Engine:
    """The engine with FP32 results, where its raw sums are no plain integers and the requantizer
    takes floats."""
    [mode, *more] = engine.modes
    if more or mode.output.format is not None or not RULES[unit.rule].floats:
        return engine
    sums = result_range(mode) if mode.accumulate[-1].rule in _INTEGER else None
    plain = sums is not None and not sums.lsb and sums.width <= WIDEST_SUM
    if plain and not special_element(mode):
        return engine
    return replace(engine, modes=(replace(mode, output=Output(format=lookup("fp32"))),))


#: Rules of sums that are integers.
_INTEGER = ("exact", "int")


def sums_of(engine: Engine, rule: str) -> Format:
    """The format of an engine's results, one for each row and column: a float, or that of raw
    integers. Raises DesignError where they are neither, or not what a requantizer's ``rule``
    takes."""
    [mode, *more] = engine.modes
    floats = RULES[rule].floats
    kind = "integer or float" if floats else "integer"
    what = f"a requantizer of rule {rule} takes {kind} sums, {engine.name}"
    if more or mode.outputs > 1:
        raise DesignError(f"{what} has several {'modes' if more else 'outputs'}")
    if engine.build.flow == "weight_stationary":
        raise DesignError(f"{what} has weights that stay: choose another flow", {"flow": None})
    made = mode.output.format
    if isinstance(made, Minifloat) and floats:
        return made
    if made is not None:
        raise DesignError(
            f"{what} gives {made.name}: leave its scales out, which are the requantizer's "
            "(int8xint8 in place of w8a8), take a requantizer of floats, such as qlinear or "
            "requantize_e4m3, or round its results with output = 'int8'"
        )
    if mode.accumulate[-1].rule not in _INTEGER:
        raise DesignError(f"{what} sums by rule {mode.accumulate[-1].rule}: choose exact")
    if element := special_element(mode):
        raise DesignError(
            f"{what} has flags beside its sums, for {element} has NaN or infinity",
            {"requantize": None},
            otherwise="choose integer elements, or a requantizer of floats, such as qlinear or "
            "requantize_e4m3",
        )
    return _integer(what, result_range(mode))


def _integer(what: str, sums: Range) -> Integer:
    if sums.lsb:
        raise DesignError(f"{what} has sums in units of 2^{sums.lsb}: choose integer elements")
    if sums.width > WIDEST_SUM:
        raise DesignError(f"{what} has sums of {sums.width} bits, more than {WIDEST_SUM}")
    found = lookup(f"{'int' if sums.signed else 'uint'}{sums.width}")
    assert isinstance(found, Integer)
    return found


def parts(chain: Chain) -> tuple[Engine, Requantize]:
    """The two of a chain of an engine and a requantizer. Raises DesignError for others."""
    first, *rest = chain.parts
    if not isinstance(first, Engine) or len(rest) != 1 or not isinstance(rest[0], Requantize):
        told = " -> ".join(part.name for part in chain.parts)
        raise DesignError(
            f"matrices go through an engine, or one with a requantizer behind it; {chain.name} is "
            f"{told}"
        )
    return first, rest[0]


def by_channel(unit: Requantize, cols: int) -> bool:
    """Whether each row of results has values of its own, behind an engine of ``cols``; else all of
    a tile have the same. Raises DesignError for other groups."""
    row = 1 if unit.shared else cols
    if unit.group not in (0, row) or (unit.rows > 1 and not unit.shared):
        raise DesignError(
            f"the values of {unit.name} are those of a row of results, group {row}, or of a tile, "
            f"group 0; got group {unit.group} for each of {unit.holders} rows"
        )
    return unit.group > 0
