"""The inputs of an engine of one mode: codes, and the operands that are made of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from functools import cached_property

from amaranth.lib import data

from ...golden.description import Arithmetic, Operand, Sparse
from ..arith.sums import Pair, Sum
from ..datapaths import Datapath, Form
from .array_plan import ArrayPlan
from .inputs import Input
from .sparse import INDEX, positions, windows


class Fed(ArrayPlan):
    """An array of one arithmetic, from its codes to what its sums read."""

    arithmetic: Arithmetic
    lanes: int
    structure: Sparse | None

    @abstractmethod
    def dot(self, pair: Pair) -> Datapath:
        """How a step's products of a pair are made and summed."""

    def operand(self, side: int) -> Operand:
        """The weight (0) or the activation (1)."""
        return (self.arithmetic.weight, self.arithmetic.activation)[side]

    def vector_codes(self, side: int) -> data.StructLayout:
        operand = self.operand(side)
        many = self.step if side else self.lanes
        members = {n: data.ArrayLayout(f.bits, many) for n, f in operand.codes.items()}
        if self.structure is not None and not side:
            members[INDEX] = data.ArrayLayout(self.structure.index_bits, self.lanes)
        select = {"select": operand.select.width} if operand.select else {}
        return data.StructLayout({**members, **select})

    @property
    def step(self) -> int:
        """Elements of K that a step takes."""
        return self.lanes if self.structure is None else self.structure.spread(self.lanes)

    def inputs(self, side: int, items: Iterable[Sum] | None = None) -> dict[str, Input[Form]]:
        found: dict[str, Input[Form]] = {}
        planes = self.operand(side).planes
        for item in self.sums if items is None else items:
            for pair in item.pairs:
                if pair.formats[side].bits:
                    plane, form = pair.planes[side], self.dot(pair).forms[side]
                    key = self.key(side, pair)
                    # The form's name is in what is made of it; what else tells it is not.
                    label = key.removeprefix(f"{form.name}_")
                    found[key] = Input(label, planes[plane].code, self.lanes, form)
        return dict(sorted(found.items()))

    def made(self, side: int) -> dict[str, Input[Form]]:
        if self.structure is None:
            return self.inputs(side)
        if side:
            return windows(self.structure, self.inputs(1))
        return self.inputs(0) | positions(self.structure, self.inputs(1))

    def key(self, side: int, pair: Pair) -> str:
        """The name of what a pair reads of an operand: its form, its plane."""
        return self._keys[side, pair.planes[side], self.dot(pair).forms[side]]

    @cached_property
    def _keys(self) -> dict[tuple[int, int, Form], str]:
        found: dict[tuple[int, int, Form], str] = {}
        for pair in (pair for item in self.sums for pair in item.pairs):
            for side, (plane, form) in enumerate(
                zip(pair.planes, self.dot(pair).forms, strict=True)
            ):
                if pair.formats[side].bits and (side, plane, form) not in found:
                    same = sum((s, p, f.name) == (side, plane, form.name) for s, p, f in found)
                    found[side, plane, form] = f"{form.name}_{plane}" + f"_{same}" * (same > 0)
        return found
