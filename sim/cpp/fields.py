"""The arrays that a tile of the C++ model points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...golden.description import Arithmetic, Operand
from ...golden.description.operand import Span
from ...golden.formats import Format

SIDES = "weight", "activation"


@dataclass(frozen=True)
class Field:
    """One array.

    Parameters
    ----------
    name : of the member of ``Tile``.
    type : of its items, in C++.
    place : of the library's ``Inputs``.
    holds : what its items are.
    down, across : its shape, in C++: of ``rows``, ``cols``, ``outputs`` and ``k``.
    kind, side, array : ``codes``, ``scales``, ``select``, ``index``, ``bias`` or ``initial``; 0 for
        the weight and what belongs to neither side; its name there.
    bits : of an item.
    columns : elements of K that share a scale or a selection; of a sparse weight those that are
        kept. None for all.
    """

    name: str
    type: str
    place: str
    holds: str
    down: str
    across: str
    kind: str
    side: int
    array: str
    bits: int
    columns: int | None = None

    @property
    def shape(self) -> str:
        """Its shape in words."""
        return " x ".join(part for part in (self.down, self.across) if part != "1") or "1"

    @property
    def meaning(self) -> str:
        """Shape and contents."""
        return f"{self.shape}: {self.holds}"


def fields(arithmetic: Arithmetic) -> tuple[Field, ...]:
    """The arrays of ``arithmetic``, weights first."""
    found: list[Field] = []
    for side, operand in enumerate((arithmetic.weight, arithmetic.activation)):
        found += _of_side(arithmetic, side, operand)
    if (bias := arithmetic.output.bias) is not None:
        held = f"codes of {_told(bias)}"
        found.append(Field("bias", code_type(bias), "bias", held, "rows", "1", "bias", 0, "bias",
                           bias.bits))  # fmt: skip
    if (initial := arithmetic.initial) is not None:
        signed = code_type(initial).replace("uint", "int" if initial.low < 0 else "uint")
        down = "rows" if arithmetic.outputs == 1 else "outputs * rows"
        held = f"what sums start from, integers in {initial.name}"
        found.append(Field("initial", signed, "initial", held, down, "cols", "initial", 0,
                           "initial", initial.bits))  # fmt: skip
    return _apart(found)


def _of_side(arithmetic: Arithmetic, side: int, operand: Operand) -> Iterator[Field]:
    name, vectors = SIDES[side], ("rows", "cols")[side]
    inner = arithmetic.compressed.activation if side else arithmetic.compressed.weight
    structure = arithmetic.weight.structure if not side else None
    across = "k"
    if structure is not None:
        window, kept = structure.window, structure.kept
        across = f"(k / {window} * {kept} + std::min(k % {window}, {kept}))"
    for number, (array, fmt) in enumerate(operand.codes.items()):
        elements = {p.element.name: p.element for p in operand.planes if p.code == array}
        held = f"codes of {' and '.join(map(_told, elements.values()))}"
        place = f"codes[{side}][{number}]"
        yield Field(f"{name}_{array}", code_type(fmt), place, held, vectors, across, "codes", side,
                    array, fmt.bits)  # fmt: skip
    if structure is not None:
        held = f"where in its window of {structure.window} each stands, in ascending order"
        yield Field("weight_index", "std::uint8_t", "index", held, vectors, across, "index", 0,
                    "index", structure.index_bits)  # fmt: skip
    for number, level in enumerate(operand.levels):
        shape, place = _shape(level.span, vectors), f"scales[{side}][{number}]"
        yield Field(f"{name}_{level.name}", code_type(level.format), place,
                    f"codes of {_told(level.format)}", *shape, "scales", side, level.name,
                    level.format.bits, inner.levels[number].span.columns)  # fmt: skip
    if operand.select is not None:
        shape = _shape(operand.select.span, vectors)
        yield Field(f"{name}_select", "std::uint16_t", f"select[{side}]",
                    "which table of the elements", *shape, "select", side, "select",
                    operand.select.width,
                    inner.select.span.columns if inner.select else None)  # fmt: skip


def _told(fmt: Format) -> str:
    return f"{fmt.name} ({fmt.bits} bit{'s' * (fmt.bits > 1)})"


def _shape(span: Span, vectors: str) -> tuple[str, str]:
    """Of an array with an item a span: none has more rows than one."""
    down = "1" if span.rows is None else vectors
    return down, "1" if span.columns is None else f"((k + {span.columns - 1}) / {span.columns})"


def _apart(found: list[Field]) -> tuple[Field, ...]:
    """Names that stand for one array each: the later of two has more letters."""
    taken: set[str] = {"rows", "cols", "k"}
    made = []
    for field in found:
        name = field.name
        while name in taken:
            name += "_"
        taken.add(name)
        made.append(replace(field, name=name))
    return tuple(made)


def code_type(fmt: Format) -> str:
    """The least unsigned type of C++ that holds a code."""
    return unsigned(fmt.bits)


def unsigned(bits: int) -> str:
    """The least unsigned type of C++ that holds so many bits, 64 at the most."""
    return f"std::uint{next(width for width in (8, 16, 32, 64) if bits <= width)}_t"


def complaint(field: Field) -> str:
    """What a tile is told that lacks the array, or whose array holds something else, in C++."""
    return f'"{field.name} must point to {field.meaning}"'
