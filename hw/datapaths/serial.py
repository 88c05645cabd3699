"""Elements in parts, one a cycle: what ``bit_serial`` takes of them at the edge."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ..arith.rows import plus
from ..arith.timing import delayed
from .decoded import marks_of
from .forms import Form, Making
from .recoded import number, of_codes, of_values
from .select import signal

if TYPE_CHECKING:
    from .bit_serial import Serial, SerialDigits, Skipping, Terms


@dataclass(frozen=True)
class SerialForm(Form):
    """A part of an element, and above them all which it is."""

    infinite: bool
    recoding: Serial

    @property
    def parts(self) -> int:
        return len(self.recoding.shifts)

    @property
    def told(self) -> tuple[str, ...]:
        return ("part",)

    @property
    def layouts(self) -> data.StructLayout:
        slots = data.ArrayLayout(self.layout, len(self.delays))
        return data.StructLayout({"slots": slots, "part": (self.parts - 1).bit_length()})

    @property
    @abstractmethod
    def _whole(self) -> Form:
        """What the parts are made of."""

    @property
    @abstractmethod
    def _part(self) -> dict[str, Any]:
        """The members of a part."""

    @property
    def stages(self) -> int:
        return self._whole.stages

    @property
    def _marks(self) -> dict[str, Any]:
        """What is said of an element besides its number."""
        whole = self._whole.layout
        return marks_of(whole) if isinstance(whole, data.Layout) else {}

    @property
    def layout(self) -> data.StructLayout:
        return data.StructLayout({**self._part, **self._marks})

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        whole = self._whole.made(m, codes, making)
        part = delayed(m, making.enable, making.part, self.stages, making.label("part"))
        with m.Switch(part):
            for index, values in enumerate(self._parts(m, whole, making)):
                with m.Case(index):
                    m.d.comb += [found[name].eq(value) for name, value in values.items()]
        m.d.comb += [found[name].eq(whole[name]) for name in self._marks]
        return found

    @abstractmethod
    def _parts(self, m: Module, whole: Value, making: Making) -> list[dict[str, Value]]:
        """The values of each part."""


class SeenForm(SerialForm):
    """One whose elements can be looked at before a step is taken, to leave out parts of zero."""

    recoding: Skipping

    def present(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        """Which parts of elements are not zero: codes (…) → (…, parts)."""
        return self.recoding.present(codes, select)

    @property
    def ahead(self) -> int:
        """Cycles that :meth:`seen` takes."""
        return 0

    @property
    def looked(self) -> Any:
        """The shape of what :meth:`made` is given in place of a code that was looked at."""
        return self.bits

    @abstractmethod
    def seen(self, m: Module, code: Value, making: Making) -> tuple[Value, list[Value]]:
        """What :meth:`made` is given in place of the code, and which parts are not zero."""


class DigitForm(SerialForm):
    """Three bits of a number."""

    recoding: SerialDigits

    name = "digit"

    @property
    def _whole(self) -> Form:
        return of_values(self.format, (0,), self.infinite)

    @property
    def _part(self) -> dict[str, Any]:
        return {"digit": 3}

    def _parts(self, m: Module, whole: Value, making: Making) -> list[dict[str, Value]]:
        value = number(whole, self.format)
        return [{"digit": Cat(*bits)} for bits in self.recoding.whole.triples(value)]


class SignedForm(DigitForm, SeenForm):
    """A digit -1, 0, 1 or 2 of the magnitude, negated where the number is negative.

    The digits are those of the magnitude plus 11…1 to the base of four, less one each: so they come
    from where codes are looked at.
    """

    recoding: SerialDigits

    name = "signed"

    @property
    def stages(self) -> int:
        return 0

    @property
    def ahead(self) -> int:
        return self._whole.stages + 1

    @property
    def looked(self) -> Any:
        return data.StructLayout({"raised": 2 * self.parts, "sign": 1, **self._marks})

    def seen(self, m: Module, code: Value, making: Making) -> tuple[Value, list[Value]]:
        whole = self._whole.made(m, [code], making)
        value = number(whole, self.format)
        sign = value[-1] if value.shape().signed else Const(0, 1)
        flipped = Mux(sign, ~value, value).as_signed() if value.shape().signed else value
        width = 2 * self.parts
        ones = Const(sum(1 << position for position in range(0, width, 2)), width)
        found = Signal(self.looked, name=making.label(self.name))
        with m.If(making.enable):
            m.d.sync += found.raised.eq(plus(ones, flipped, sign, width=width))
            m.d.sync += found.sign.eq(sign)
            m.d.sync += [found[name].eq(whole[name]) for name in self._marks]
        bits = [found.raised[position : position + 2] != 1 for position in range(0, width, 2)]
        return Value.cast(found), bits

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        looked = data.View(self.looked, codes[0])
        pair = Signal(2, name=making.label("pair"), init=1)
        with m.Switch(making.part):
            for index in range(self.parts):
                with m.Case(index):
                    m.d.comb += pair.eq(looked.raised[2 * index : 2 * index + 2])
        two, one = pair.all(), ~pair[0]
        negative = (one & (looked.sign ^ ~pair[1])) | (two & looked.sign)
        positive_two = two & ~negative
        m.d.comb += found.digit.eq(Cat(one | positive_two, positive_two, negative))
        m.d.comb += [found[name].eq(looked[name]) for name in self._marks]
        return found


class TermForm(SeenForm):
    """What a code says of one of its terms."""

    recoding: Terms

    name = "term"

    @property
    def _whole(self) -> Form:
        return of_codes(self.format, (0,), self.infinite)

    @property
    def _part(self) -> dict[str, Any]:
        steps = (len(self.recoding.steps) - 1).bit_length()
        return {"nonzero": 1, "negative": 1} | ({"chosen": steps} if steps else {})

    def _parts(self, m: Module, whole: Value, making: Making) -> list[dict[str, Value]]:
        code, found = number(whole, self.format), []
        for index, pick in enumerate(self.recoding.whole.picks):
            name = making.label(f"term_{index}")
            values = {
                "nonzero": signal(m, code, pick.nonzero, f"{name}_nonzero"),
                "negative": signal(m, code, pick.negative, f"{name}_negative"),
            }
            if "chosen" in self._part:
                bits = [
                    signal(m, code, c, f"{name}_{n}")
                    for n, c in enumerate(pick.index(self.recoding.steps))
                ]
                values["chosen"] = Cat(*bits)
            found.append(values)
        return found

    def seen(self, m: Module, code: Value, making: Making) -> tuple[Value, list[Value]]:
        index = number(self._whole.made(m, [code], making), self.format)
        return code, [
            signal(m, index, pick.nonzero, making.label(f"seen_{term}"))
            for term, pick in enumerate(self.recoding.whole.picks)
        ]
