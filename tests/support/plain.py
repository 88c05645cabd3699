"""Descriptions and matrices of the golden model as the exact second model is told them."""

from __future__ import annotations

from typing import Any

import numpy as np
from macsmith.golden import Arithmetic, Codebook, Format, Quantized
from second_models.exact import description as exact
from second_models.exact.formats import Book, named

Array = np.ndarray[Any, np.dtype[Any]]
RULES = {"exact": "exact", "int": "integer", "fp": "float", "aligned": "aligned"}


def told(
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    lanes: int,
    bias: Array | None = None,
    initial: Array | None = None,
) -> exact.Arithmetic:
    """What the second model computes from; KeyError for a format that it does not know."""
    output = arithmetic.output
    wanted = None
    if output.format is not None:
        codes = None if bias is None else [[int(code)] for code in bias]
        low_high = output.clamp and tuple(map(exact.Fraction, output.clamp))
        wanted = exact.Output(
            name_of(output.format),
            output.rounding,
            exact.Level(name_of(output.bias), codes, rows=1) if codes else None,
            output.relu,
            output.saturate,
            low_high,
        )
    return exact.Arithmetic(
        operand(weight),
        operand(activation),
        tuple(
            exact.Stage(
                RULES[stage.rule],
                name_of(stage.format) if stage.format else "fp32",
                stage.saturates,
                stage.partials,
                stage.fraction or 0,
                stage.span,
            )
            for stage in arithmetic.accumulate
        ),
        wanted,
        lanes,
        arithmetic.combine,
        None if initial is None else initial.reshape(-1, *initial.shape[-2:]).tolist(),
        arithmetic.product,  # type: ignore[arg-type]
    )


def operand(given: Quantized) -> exact.Operand:
    select = given.operand.select
    levels = {
        level.name: exact.Level(
            name_of(level.format),
            given.scales[level.name].tolist(),
            level.span.rows,
            level.span.columns,
            level.when,
        )
        for level in given.operand.levels
    }
    choice = None
    if select is not None and given.select is not None:
        choice = exact.Level("uint16", given.select.tolist(), select.span.rows, select.span.columns)
    return exact.Operand(
        tuple(
            exact.Plane(
                name_of(plane.element),
                given.plane_codes(number).tolist(),
                tuple(levels[level.name] for level in plane.scales),
                choice if plane.element.select_width else None,
            )
            for number, plane in enumerate(given.operand.planes)
        )
    )


def name_of(form: Format) -> Any:
    """A format's name, or the values of a code book whose name the documents do not define."""
    try:
        named(form.name)
    except KeyError:
        if not isinstance(form, Codebook):
            raise
        books = tuple(Book(form.bits, table, form.exponent) for table in form.tables)
        return books if len(books) > 1 else books[0]
    return form.name
