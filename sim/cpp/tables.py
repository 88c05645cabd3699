"""An arithmetic as the tables of the C++ model: constants alone, what to do with them is the
library's."""

from __future__ import annotations

from collections.abc import Sequence

from ...golden.bounds import exact_range, of_term
from ...golden.description import Arithmetic, Operand
from ...golden.description.operand import Span
from ...golden.errors import DesignError
from ...golden.formats import Format, Integer, lookup
from ...golden.terms import Sided, Term, accumulators, late
from .fields import Field, complaint
from .formats import Formats, truth
from .lines import array, braced, constant
from .widths import words

_PRODUCTS = ("exact", "lmul", "overpacked", "overpacked_corrected")


class Tables:
    """The members of the C++ struct ``Design``.

    Parameters
    ----------
    arithmetic : as matrices are given: of a sparse weight, with its structure.
    fields : the arrays that a tile has.
    lanes : products of a step.
    """

    def __init__(self, arithmetic: Arithmetic, fields: Sequence[Field], lanes: int) -> None:
        if arithmetic.product not in _PRODUCTS:
            raise DesignError(
                f"the C++ model multiplies by the rules {', '.join(_PRODUCTS)}, got "
                f"{arithmetic.product}: leave --cpp out"
            )
        self.arithmetic, self._fields = arithmetic.compressed, fields
        self._structure, self._k_max = arithmetic.weight.structure, arithmetic.k_max
        self._formats, self._lanes = Formats(), lanes

    def lines(self) -> list[str]:
        """Lines of C++."""
        found = [
            *self._sides(),
            *self._sums(),
            *self._stages(),
            *self._output(),
            *self._complaints(),
        ]
        return [*self._formats.lines, *found]

    def _sides(self) -> list[str]:
        """Planes, levels of scales, arrays of codes, selections, and which elements there are."""
        operands = self.arithmetic.weight, self.arithmetic.activation
        codes = [list(operand.codes) for operand in operands]
        most = [max(map(len, part)) for part in (codes, [operand.levels for operand in operands])]
        planes = max(len(operand.planes) for operand in operands)
        found = [
            constant("int", "most_codes", most[0]),
            constant("int", "most_levels", max(most[1], 1)),
            array("int", "codes[2]", map(len, codes)),
            array("int", "level_count[2]", (len(operand.levels) for operand in operands)),
            array("lib::Plane", f"planes[2][{planes}]", map(self._planes, operands)),
            array("lib::Level", f"levels[2][{max(most[1], 1)}]", map(self._levels, operands)),
            array(
                "lib::Format *",
                f"code_formats[2][{most[0]}]",
                (
                    braced(f"&{self._formats.name(fmt)}" for fmt in operand.codes.values())
                    for operand in operands
                ),
            ),
            array("unsigned", "selects[2]", map(_tables, operands)),
            array(
                "lib::Span",
                "select_spans[2]",
                (_span(operand.select.span if operand.select else Span()) for operand in operands),
            ),
        ]
        kept, window = (self._structure.kept, self._structure.window) if self._structure else (1, 0)
        return [*found, constant("int", "kept", kept), constant("int", "window", window)]

    def _planes(self, operand: Operand) -> str:
        names = list(operand.codes)
        return braced(
            braced(
                (
                    f"&{self._formats.name(plane.element)}",
                    -1 if plane.constant else names.index(plane.code),
                    truth(plane.element.select_width),
                )
            )
            for plane in operand.planes
        )

    def _levels(self, operand: Operand) -> str:
        return braced(
            braced((f"&{self._formats.name(level.format)}", _span(level.span)))
            for level in operand.levels
        )

    def _sums(self) -> list[str]:
        """Sums, their terms, the parts of these, pairs of planes, and what scales each."""
        sums: list[str] = []
        terms: list[str] = []
        parts: list[str] = []
        pairs: list[str] = []
        scales: list[str] = []

        def scaled(levels: tuple[Sided, ...]) -> tuple[int, int]:
            first = len(scales)
            scales.extend(braced((side, self._level(side, level.name))) for side, level in levels)
            return first, len(levels)

        for item in accumulators(self.arithmetic):
            first_term, late_scales = len(terms), scaled(item.scales)
            for term in item.terms:
                unit, first_part = self._unit(term), len(parts)
                for part in term.parts:
                    first_pair = len(pairs)
                    pairs += (braced((i, j, truth(sign < 0))) for i, j, sign in part.pairs)
                    own = unit - sum(level.format.lsb for _, level in part.scales)
                    held = first_pair, len(part.pairs), *scaled(part.scales), own
                    parts.append(braced(held))
                shift = self._shift(term, unit)
                made = first_part, len(term.parts), *scaled(term.scales), unit, shift
                terms.append(braced(made))
            sums.append(braced((item.output, first_term, len(item.terms), *late_scales)))
        return [
            array("lib::Scale", "scales[]", scales or ["{0, 0}"]),
            array("lib::Pair", "pairs[]", pairs),
            array("lib::Part", "parts[]", parts),
            array("lib::Term", "terms[]", terms),
            array("lib::Sum", "sums[]", sums),
        ]

    def _level(self, side: int, name: str) -> int:
        operand = self.arithmetic.activation if side else self.arithmetic.weight
        return [level.name for level in operand.levels].index(name)

    def _unit(self, term: Term) -> int:
        """The exponent of a term's unit before its float scales."""
        return of_term(term, self.arithmetic, 1, scaled=False).lsb

    def _shift(self, term: Term, unit: int) -> int:
        """From there, float scales included, to the unit of the raw sum."""
        if not self._integer:
            return 0
        scaled = unit + sum(level.format.lsb for _, level in term.scales)
        return scaled - exact_range(self.arithmetic).lsb

    @property
    def _integer(self) -> bool:
        return self.arithmetic.accumulate[-1].rule in ("exact", "int")

    def _stages(self) -> list[str]:
        arithmetic = self.arithmetic
        first, last = arithmetic.accumulate[0], arithmetic.accumulate[-1]
        stages = [stage.format for stage in arithmetic.accumulate]
        held = next((fmt for fmt in stages if isinstance(fmt, Integer)), None)
        aligned = first.format if first.rule == "aligned" else None
        rules = [
            "wrap" if stage.rule == "int" and not stage.saturates else
            "saturate" if stage.rule == "int" else stage.rule
            for stage in (first, last)
        ]  # fmt: skip
        return [
            constant("lib::Product", "product", f"lib::Product::{arithmetic.product}"),
            constant("lib::Rule", "first", f"lib::Rule::{rules[0]}"),
            constant("lib::Rule", "last", f"lib::Rule::{rules[1]}"),
            constant("int", "words", words(arithmetic)),
            constant("int", "k_max", self._k_max),
            constant("int", "group", arithmetic.group or 0),
            constant("int", "span", first.span or 0),
            constant("int", "steps", first.terms or 0 if first.saturates else 0),
            constant("int", "unit", exact_range(arithmetic).lsb if self._integer else 0),
            self._format("held", held),
            self._format("aligned", aligned),
            constant("int", "lanes", first.terms or self._lanes),
            constant("int", "fraction", first.fraction or 0),
            constant("int", "aligned_partials", first.partials),
            constant("int", "partials", last.partials),
        ]

    def _format(self, name: str, fmt: Format | None) -> str:
        """A member that is a format, or FP32 where there is none to be asked for."""
        return constant("lib::Format", name, self._formats.name(fmt or lookup("fp32")))

    def _output(self) -> list[str]:
        arithmetic, output = self.arithmetic, self.arithmetic.output
        target = output.format or arithmetic.working
        clamp = (0, 0)
        if output.clamp is not None:
            low, high = (int(target.encode(bound, saturate=False)) for bound in output.clamp)
            clamp = low, high
        return [
            constant("int", "outputs", arithmetic.outputs),
            constant("bool", "raw", truth(output.format is None and not self._floating)),
            self._format("working", arithmetic.working),
            self._format("target", target),
            constant("lib::Rounding", "rounding", f"lib::Rounding::{output.rounding}"),
            constant("bool", "saturates", truth(output.saturates)),
            constant("bool", "nan_is_zero", truth(output.nan == "zero")),
            constant("bool", "relu", truth(output.relu)),
            constant("bool", "clamps", truth(output.clamp is not None)),
            constant("std::uint64_t", "clamp_low", f"{clamp[0]}u"),
            constant("std::uint64_t", "clamp_high", f"{clamp[1]}u"),
            constant("bool", "late", truth(late(arithmetic))),
            constant("bool", "has_bias", truth(output.bias)),
            self._format("bias", output.bias),
            constant("bool", "has_initial", truth(arithmetic.initial)),
            self._format("initial", arithmetic.initial),
        ]

    @property
    def _floating(self) -> bool:
        return self.arithmetic.accumulate[-1].rule == "fp"

    def _complaints(self) -> list[str]:
        """What a tile is told that has no such array, or what does not belong into it."""
        told = {field.place: complaint(field) for field in self._fields}
        sides = self.arithmetic.weight, self.arithmetic.activation
        codes = [
            braced(told[f"codes[{side}][{i}]"] for i in range(len(operand.codes)))
            for side, operand in enumerate(sides)
        ]
        levels = [
            braced([told[f"scales[{side}][{i}]"] for i in range(len(operand.levels))] or ['""'])
            for side, operand in enumerate(sides)
        ]
        text = "char *"
        most = [
            max(len(operand.codes) for operand in sides),
            max(1, *(len(operand.levels) for operand in sides)),
        ]
        return [
            array(text, f"of_codes[2][{most[0]}]", codes),
            array(text, f"of_scales[2][{most[1]}]", levels),
            array(text, "of_select[2]", (told.get(f"select[{side}]", '""') for side in (0, 1))),
            *(
                f"static constexpr const char *of_{name} = {told.get(name, chr(34) * 2)};"
                for name in ("index", "bias", "initial")
            ),
            f'static constexpr const char *of_k = "k must lie in 1 to {self._k_max}";',
        ]


def _span(span: Span) -> str:
    return braced((span.rows or 0, span.columns or 0))


def _tables(operand: Operand) -> int:
    """How many selections there are for every plane that has any; 0 without."""
    widths = [plane.element.select_width for plane in operand.planes]
    return 1 << min(width for width in widths if width) if any(widths) else 0
