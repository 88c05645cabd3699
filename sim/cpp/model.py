"""The golden model of an engine as C++, generated from its description.

A library, written by hand, does what :mod:`macsmith.golden` does: it decodes, multiplies, sums,
scales and rounds. What is generated for a design are tables: its formats, planes, scales and
stages. So no design has C++ of its own.
"""

from __future__ import annotations

from typing import Any

from ...golden.answers import by_row
from ...golden.bounds import result_range
from ...golden.description import Arithmetic, Engine
from ...golden.errors import DesignError
from ...golden.formats import Format, Integer
from ...golden.interval import Range
from ...hw.text.emit import Emitted
from .beats import beats
from .fields import code_type, fields
from .formats import truth
from .library import NUMBERS, digest, library, render
from .tables import Tables

#: Parts of the library, each after those that it uses.
PARTS = (
    *NUMBERS, "flags", "inputs", "products", "sums", "float_sums", "result", "check",
)  # fmt: skip


def files(design: object, emitted: Emitted | None = None) -> dict[str, str]:
    """The header of an engine, and its DPI wrapper: path in an output folder -> text.

    Blocks of rows that share a scale have it once a row, as the engine's ports do. ``emitted`` is
    the engine's hardware: with it, the wrapper takes beats of the ports. Raises DesignError for a
    design that is no engine, and for what the library does not do.
    """
    engine = checked(design)
    modes = [mode_of(engine, mode) for mode in range(len(engine.modes))]
    for mode in modes:
        mode["beats"] = beats(emitted, mode["fields"]) if emitted is not None else None
    return {
        f"model/{engine.name}_{end}": render(
            end,
            name=engine.name,
            guard=engine.name.upper(),
            digest=digest(PARTS),
            library=library(PARTS),
            modes=modes,
        )
        for end in ("golden.hpp", "dpi.cpp", "dpi.svh")
    }


def header(design: object) -> str:
    """The header alone, as of :func:`files`."""
    made = files(design)
    return next(text for name, text in made.items() if name.endswith("_golden.hpp"))


def checked(design: object) -> Engine:
    """``design``, if it is an engine; else DesignError."""
    if not isinstance(design, Engine):
        name = getattr(design, "name", design)
        raise DesignError(f"the C++ model is of engines, and {name} is none: leave --cpp out")
    return design


def alone(engine: Engine, mode: int) -> Arithmetic:
    """A mode's arithmetic, with a scale a row where blocks of rows share them."""
    return by_row(engine.alone(mode)).arithmetic


def result_format(arithmetic: Arithmetic) -> Range | Format:
    """What results are: codes of a format, or integers in a range."""
    last, output = arithmetic.accumulate[-1], arithmetic.output.format
    if output is None and last.rule in ("exact", "int"):
        return result_range(arithmetic)
    if output is None and last.rule == "aligned":
        assert last.format is not None
        return last.format
    return output or arithmetic.working


def mode_of(engine: Engine, mode: int) -> dict[str, Any]:
    """What templates are told of a mode."""
    arithmetic = alone(engine, mode)
    form, own = result_format(arithmetic), fields(arithmetic)
    if isinstance(form, Range):
        result = f"lib::Raw<{form.width}, {truth(form.signed)}>"
        meaning = f"A result: {form.width} bits, in units of 2**{form.lsb}, and its flags."
    else:
        result, meaning = code_type(form), f"A result: a code of {form.name} ({form.bits} bits)."
    several = len(engine.modes) > 1
    return {
        "prefix": f"{engine.name}_golden" + f"_mode{mode}" * several,
        "space": f"{engine.name}_golden" + f"::mode{mode}" * several,
        "class": "golden" + f"_mode{mode}" * several,
        "bits": form.width if isinstance(form, Range) else form.bits,
        "is_signed": isinstance(form, Range | Integer) and form.signed,
        "raw": isinstance(form, Range),
        "summary": f"{arithmetic.weight} by {arithmetic.activation}.",
        "rows": engine.build.rows,
        "cols": engine.build.cols,
        "lanes": engine.lanes(mode),
        "k_max": arithmetic.k_max,
        "outputs": arithmetic.outputs,
        "fields": own,
        "tables": Tables(arithmetic, own, engine.lanes(mode)).lines(),
        "result": result,
        "result_meaning": meaning,
    }
