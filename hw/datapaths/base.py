"""What every datapath says of itself, and what it wants to be fed."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar, NamedTuple

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring

from ...golden.bounds import Range, of_format
from ...golden.flags import Reachable
from ...golden.formats import Format
from ..decoder import Decoder
from ..shapes import DecodedLayout


@dataclass(frozen=True)
class Form:
    """What a datapath takes of each element: made from the codes once, at the edge of the array.

    Parameters
    ----------
    format : the element's format.
    delays : for each lane, the cycles by which its elements come after those of a step's first.
    """

    format: Format
    delays: tuple[int, ...]

    name: ClassVar[str]

    @property
    def lanes(self) -> int:
        return len(self.delays)

    @property
    def layout(self):
        """The shape of one element."""
        raise NotImplementedError

    @property
    def layouts(self) -> data.ArrayLayout:
        """The shape of a step's elements."""
        return data.ArrayLayout(self.layout, self.lanes)

    def made(self, m: Module, code: Value, name: str, place: str, table: Value | None = None):
        """The element of a code in the selected ``table``; ``name`` and ``place`` name parts."""
        raise NotImplementedError


@dataclass(frozen=True)
class Codes(Form):
    """The code as it is."""

    name = "code"

    @property
    def layout(self):
        return self.format.bits

    def made(self, m, code, name, place, table=None):
        return code


@dataclass(frozen=True)
class Decoded(Form):
    """Significand, exponent and flags; see :class:`DecodedLayout`."""

    infinite: bool = False

    name = "decoded"
    maker: ClassVar[str] = "decoder"
    apart: ClassVar[bool] = False

    @property
    def layout(self):
        return DecodedLayout(self.format, infinite=self.infinite, apart=self.apart)

    def made(self, m, code, name, place, table=None):
        decoder = Decoder(self.format, infinite=self.infinite, apart=self.apart)
        m.submodules[f"{name}_{self.maker}_{place}"] = decoder
        found = Signal(self.layout, name=f"{name}_{self.name}_{place}")
        m.d.comb += [decoder.code.eq(code), found.eq(decoder.o)]
        if self.format.select_width and table is not None:
            m.d.comb += decoder.select.eq(table)
        return found


class Parts(Decoded):
    """Sign and magnitude apart."""

    name = "parts"
    maker = "splitter"
    apart = True


class Factors(NamedTuple):
    """``(-1)**negative * magnitude * 2**exponent``, the exponent counted from the unit of the
    product's bounds."""

    negative: Value
    magnitude: Value
    exponent: Value


@dataclass(frozen=True)
class Datapath:
    """The exact dot product of ``lanes`` pairs of elements, planned.

    Parameters
    ----------
    weight, activation : element formats.
    lanes : pairs multiplied each cycle.
    pipeline : levels of adders between two registers.
    infinite : whether decoded elements come with sign and zero told apart.
    """

    weight: Format
    activation: Format
    lanes: int
    pipeline: int = 1
    infinite: bool = False

    name: ClassVar[str]
    #: What it serves, for people.
    scope: ClassVar[str]

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        """Whether the pair can be built this way."""
        raise NotImplementedError

    @classmethod
    def estimate(cls, weight: Format, activation: Format, policy: str = "lut") -> float:
        """About how many sites a lane takes, for ``auto`` to compare; infinite if unknown."""
        return inf

    @property
    def product(self) -> Range:
        """Bounds of one product."""
        return of_format(self.weight) * of_format(self.activation)

    def factors(self, m: Module, w: Value, a: Value) -> Factors:
        """A product of two elements before it is shifted; for sums that align."""
        raise NotImplementedError

    @property
    def magnitude_width(self) -> int:
        """Bits of the magnitude of :meth:`factors`."""
        raise NotImplementedError

    @property
    def exponent_span(self) -> int:
        """The greatest exponent of :meth:`factors`."""
        raise NotImplementedError

    @property
    def range(self) -> Range:
        """Bounds of the dot product."""
        return self.product.times(self.lanes)

    @property
    def flags(self) -> Reachable:
        return Reachable.of(self.weight, self.activation)

    @property
    def forms(self) -> tuple[Form, Form]:
        """What is taken of weights and activations."""
        raise NotImplementedError

    @property
    def latency(self) -> int:
        """Enabled cycles from the elements that are not delayed to the dot product."""
        raise NotImplementedError

    def component(self) -> wiring.Component:
        """Hardware with the members ``enable``, ``weight``, ``activation`` and ``o``.

        ``o`` is a :class:`FlaggedLayout` of ``range`` and ``flags``. Throughput is one dot product
        an enabled cycle.
        """
        raise NotImplementedError
