"""What datapaths take of the elements: made from the codes once, at the edge of the array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import data

from ...golden.formats import Format


@dataclass(frozen=True)
class Form(ABC):
    """What a datapath takes of the elements: made from the codes once, at the edge of the array.

    Parameters
    ----------
    format : the elements' format.
    delays : for each slot, a lane or several whose products fall into rows together, the cycles
        that its codes wait before something is made of them.
    """

    format: Format
    delays: tuple[int, ...]

    name: ClassVar[str]

    @property
    def span(self) -> int:
        """Lanes whose codes make one slot."""
        return 1

    @property
    def stages(self) -> int:
        """Cycles that :meth:`made` takes."""
        return 0

    @property
    def cost(self) -> float:
        """About how many sites making a slot takes, for ``auto``."""
        return 0

    @property
    @abstractmethod
    def layout(self) -> Any:
        """The shape of one slot."""

    @property
    def layouts(self) -> data.Layout:
        """The shape of a step's slots."""
        return data.ArrayLayout(self.layout, len(self.delays))

    @property
    def bits(self) -> int:
        """Bits of a lane's code."""
        return self.format.bits

    @property
    def parts(self) -> int:
        """Parts of an element that come one after the other, a cycle each."""
        return 1

    @property
    def told(self) -> tuple[str, ...]:
        """What it is told of the step beside codes: ``part`` or ``mode``; see :class:`Making`.

        The slots are then the member ``slots`` of ``layouts``, ``beside`` the others.
        """
        return ()

    def common(self, m: Module, told: dict[str, Value], name: str) -> dict[str, Value]:
        """What is made of what it is told for all slots that are equally late, once."""
        return {}

    def beside(self, m: Module, told: dict[str, Value], name: str) -> dict[str, Value]:
        """What it hands on beside the slots, by member of ``layouts``: what it is told."""
        return told

    @abstractmethod
    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        """What a slot holds: made of the codes of its lanes."""


def together(forms: tuple[Form, Form]) -> tuple[Form, Form]:
    """The same forms, delayed so that all are made at the same time."""
    last = max(form.stages for form in forms)
    weight, activation = (
        replace(form, delays=tuple(n + last - form.stages for n in form.delays)) for form in forms
    )
    return weight, activation


class Making(NamedTuple):
    """What there is beside codes.

    Parameters
    ----------
    enable : the array's.
    name, suffix : what names in the module begin and end with.
    table : which of the format's tables is selected, where it has several.
    part : which part of the element is wanted, where a step takes several cycles.
    mode : the step's mode, where the array has several.
    common : what the form's :meth:`Form.common` gave.
    """

    enable: Value
    name: str
    suffix: str
    table: Value | None = None
    part: Value | None = None
    mode: Value | None = None
    common: dict[str, Value] = {}

    def label(self, part: str) -> str:
        """The name of a part."""
        return f"{self.name}_{part}_{self.suffix}"


@dataclass(frozen=True)
class Codes(Form):
    """The code as it is; above it the selected table, where the format has several."""

    name = "code"

    @property
    def layout(self) -> int:
        return self.format.bits + self.format.select_width

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        return whole_code(codes[0], making)


def whole_code(code: Value, making: Making) -> Value:
    """A code and the selected table above it."""
    return code if making.table is None else Cat(code, making.table)
