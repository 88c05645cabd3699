"""What sums must be, as Verilog: tables of golden's values, multiplied and added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jinja2

from .sums import Factor, Product, Sums

TOP = "values"


def values(core: str, streams: dict[str, int], sums: Sums, wires: Sequence[str]) -> str:
    """Verilog of a kind of sums of ``core`` beside what they must be.

    Parameters
    ----------
    streams : bits of the payloads that hold codes, by name.
    wires : the modules of the sums in the flat core, as ``sums.places``.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("macsmith.sim.proof", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    written = Written(sums)
    least, greatest = sums.bounds
    wide = max(sums.width, sums.addend, greatest.bit_length(), least.bit_length()) + 2
    places = [
        {
            "name": f"{row}_{col}",
            "wire": wire,
            "turned": {n: written.turned(n, bits, row, col) for n, bits in streams.items()},
        }
        for (row, col), wire in zip(sums.places, wires, strict=True)
    ]
    return environment.get_template("values.v.j2").render(
        core=core,
        streams=streams,
        tables=[_table(number, factor) for number, factor in enumerate(written.tables)],
        fed={name: written.fed(name, bits) for name, bits in streams.items()},
        latency=sums.latency,
        width=sums.width,
        addend=sums.addend,
        wide=wide,
        places=places,
        reference=written.lines(sums.order),
        least=_number(least, wide),
        greatest=_number(greatest, wide),
        wraps=sums.wraps,
    )


def _table(number: int, factor: Factor) -> dict[str, Any]:
    lines = [
        f"{code}: value_{number} = {_number(value, factor.width)};"
        for code, value in enumerate(factor.values)
    ]
    lines.append(f"default: value_{number} = {_number(0, factor.width)};")
    return {"width": factor.width, "bits": factor.bits, "lines": lines}


def _number(value: int, width: int) -> str:
    """A signed constant."""
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


@dataclass(frozen=True)
class Written:
    """The products of sums in Verilog's words."""

    sums: Sums

    @property
    def factors(self) -> list[Factor]:
        """Those that have codes, each once."""
        both = [f for product in self.sums.products for f in (product.weight, product.activation)]
        return list(dict.fromkeys(factor for factor in both if factor.bits))

    @cached_property
    def tables(self) -> list[Factor]:
        """One of each table."""
        return list({(f.bits, f.values): f for f in self.factors}.values())

    def lines(self, order: str) -> list[str]:
        """``reference``, a step's sum of the first row and column, of codes as late as it."""
        found = []
        planes = self._planes(self.sums.products[0]) if order == "planes" else None
        if planes is not None:
            terms = [f"{value} * {self._plane(bit)}" for bit, value in planes]
        else:
            for lane in range(self.sums.lanes):
                for number, product in enumerate(self.sums.products):
                    text, top = self._product(product, lane), product.width - 1
                    found.append(f"wire signed [{top}:0] product_{number}_{lane} = {text};")
            terms = [line.split()[3] for line in found]
        total = " + ".join(terms) if order == "chain" else _tree(terms)
        return [*found, f"wire signed [{self.sums.width - 1}:0] reference = {total};"]

    def _product(self, product: Product, lane: int) -> str:
        text = " * ".join(self._value(f, lane) for f in (product.weight, product.activation))
        return text if product.sign > 0 else f"-({text})"

    def _value(self, factor: Factor, lane: int) -> str:
        if not factor.bits:
            return _number(factor.values[0], factor.width)
        kinds = [(table.bits, table.values) for table in self.tables]
        high, low = factor.slice(0, lane)
        number = kinds.index((factor.bits, factor.values))
        return f"value_{number}({factor.stream}_late[{high}:{low}])"

    @staticmethod
    def _planes(product: Product) -> list[tuple[int, int]] | None:
        """The bits of a weight with their place values, if it is their sum."""
        factor = product.weight
        places = [(bit, factor.values[1 << bit]) for bit in range(factor.bits)]
        whole = all(
            value == sum(place for bit, place in places if code >> bit & 1)
            for code, value in enumerate(factor.values)
        )
        return places if whole and product.sign > 0 else None

    def _plane(self, bit: int) -> str:
        """The sum of the activations whose weight has a bit set: neighbours first."""
        [product] = self.sums.products
        chosen, zero = [], _number(0, self.sums.width)
        for lane in range(self.sums.lanes):
            _, low = product.weight.slice(0, lane)
            value = self._value(product.activation, lane)
            chosen.append(f"({product.weight.stream}_late[{low + bit}] ? {value} : {zero})")
        return "(" + " + ".join(f"({' + '.join(pair)})" for pair in _pairs(chosen)) + ")"

    def fed(self, stream: str, bits: int) -> str:
        """The payload of a stream, its codes zero in all lanes but one."""
        pieces = [f"{stream}[{bit}]" for bit in range(bits)]
        for factor in self.factors:
            if factor.stream != stream:
                continue
            for vector in range(factor.vectors):
                for lane in range(factor.lanes):
                    high, low = factor.slice(vector, lane)
                    for bit in range(low, high + 1):
                        idle = factor.zero >> (bit - low) & 1
                        pieces[bit] = f"(`LANE == {lane} ? {stream}[{bit}] : 1'b{idle})"
        return "{" + ", ".join(reversed(pieces)) + "}"

    def turned(self, stream: str, bits: int, row: int, col: int) -> str:
        """The payload of a stream in which every vector is that of a row or column."""
        pieces = [f"{stream}[{bit}]" for bit in range(bits)]
        for factor in self.factors:
            if factor.stream != stream:
                continue
            own = row if stream == "weight" else col
            for vector in range(factor.vectors):
                for lane in range(factor.lanes):
                    (_, low), (_, source) = factor.slice(vector, lane), factor.slice(own, lane)
                    for bit in range(factor.bits):
                        pieces[low + bit] = f"{stream}[{source + bit}]"
        return "{" + ", ".join(reversed(pieces)) + "}"


def _tree(terms: Sequence[str]) -> str:
    """The sum of neighbours, of their sums, and so on."""
    while len(terms) > 1:
        terms = [f"({' + '.join(pair)})" for pair in _pairs(terms)]
    return terms[0]


def _pairs(terms: Sequence[str]) -> list[Sequence[str]]:
    return [terms[n : n + 2] for n in range(0, len(terms), 2)]
