"""What a pipeline settles at, for many inputs at once: every net is a row of bits, one an input.

Registers pass what they take, as they do some cycles after their inputs stopped to change; when
results come, and whether ``enable`` stops them, is for :class:`macsmith.sim.sweep.Sweep`, which
compiles. A pipeline of a product is done here in some hundredths of a second.
"""

import sys
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from amaranth.hdl import Fragment, Module, Signal
from amaranth.hdl._ir import build_netlist
from amaranth.hdl._nir import AssignmentList, FlipFlop, Matches, Net, Operator, Part, PriorityMatch

#: A net: the same for all inputs, or packed bits, eight inputs a byte.
Bits = bool | np.ndarray


class Settled:
    """A feed-forward module.

    Parameters
    ----------
    module : drives ``outputs`` from ``inputs``.
    inputs : name -> input, of at most 64 bits.
    outputs : name -> output.
    enable : lets registers move; called so.
    """

    def __init__(
        self,
        module: Module,
        inputs: Mapping[str, Signal],
        outputs: Mapping[str, Any],
        enable: Signal,
    ):
        self.names, ports = list(outputs), {**inputs, "enable": enable}
        for index, value in enumerate(outputs.values()):
            ports[f"o{index}"] = port = Signal(len(value), name=f"o{index}")
            module.d.comb += port.eq(value)
        directed = {name: (port, None) for name, port in ports.items()}
        self.netlist = build_netlist(Fragment.get(module, None), directed)

    def run(self, codes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Each output as uint32 (inputs, words), low word first, for codes (inputs,) of each."""
        known: dict[str, list[Bits]] = {"enable": [True], "rst": [False], "clk": [False]}
        for name, array in codes.items():
            seen, always = np.bitwise_or.reduce(array), np.bitwise_and.reduce(array)
            for bit in range(64):
                here = np.uint64(1 << bit)
                row: Bits = bool(seen & here)
                if row and not always & here:
                    row = np.packbits(array & here > 0, bitorder="little")
                known.setdefault(name, []).append(row)
        top, count = self.netlist.top, len(next(iter(codes.values())))
        values = _Values(
            self.netlist,
            {
                Net.from_cell(0, start + bit): known[name][bit]
                for name, (start, width) in top.ports_i.items()
                for bit in range(width)
            },
        )
        rows = {name: map(values.__getitem__, top.ports_o[f"o{n}"])
                for n, name in enumerate(self.names)}  # fmt: skip
        return {name: _unpacked(list(bits), count) for name, bits in rows.items()}


def _unpacked(rows: list[Bits], count: int) -> np.ndarray:
    """Words (count, …) of packed bits, the lowest first."""
    bits = np.zeros((-(-max(len(rows), 1) // 32) * 32, count), np.uint8)
    for place, row in enumerate(rows):
        plain = isinstance(row, bool)
        bits[place] = row if plain else np.unpackbits(row, bitorder="little")[:count]
    packed = np.packbits(bits.T, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u4")


class _Values(dict[Net, Bits]):
    """The bits of nets, found when asked for."""

    def __init__(self, netlist, known: dict[Net, Bits]):
        super().__init__(known)
        self.netlist, self.open = netlist, set()
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 100_000))

    def __missing__(self, net: Net) -> Bits:
        if net.is_const:
            return bool(net.const)
        if net in self.open:
            raise NotImplementedError("registers that feed themselves do not settle")
        self.open.add(net)
        cell = self.netlist.cells[net.cell]
        match cell:
            case FlipFlop():
                assert cell.clk_edge == "pos" and not self[cell.arst]
                found = self[cell.data[net.bit]]
            case AssignmentList():
                found = self._assigned(cell, net.bit)
            case Operator(operator=name) if name in BITWISE:
                inputs = [part[net.bit if len(part) > 1 else 0] for part in cell.inputs]
                found = BITWISE[name](*(lambda at=at: self[at] for at in inputs))
            case _:
                for bit, value in enumerate(self._whole(cell)):
                    self[Net.from_cell(net.cell, bit)] = value
                found = self[net]
        self.open.discard(net)
        self[net] = found
        return found

    def _assigned(self, cell: AssignmentList, bit: int) -> Bits:
        """The last assignment that holds decides."""
        chosen, rest, found = [], True, False
        for item in reversed(cell.assignments):
            if item.start <= bit < item.start + len(item.value):
                here = _and(rest, self[item.cond])
                rest = _and(rest, _not(self[item.cond]))
                if here is not False:
                    chosen.append(_and(here, self[item.value[bit - item.start]]))
            if rest is False:
                break
        if rest is not False:
            chosen.append(_and(rest, self[cell.default[bit]]))
        for item in chosen:
            found = _or(found, item)
        return found

    def _whole(self, cell) -> list[Bits]:
        match cell:
            case Matches():
                value, found = self.word(cell.value), False
                for pattern in cell.patterns:
                    each = zip(value, reversed(pattern), strict=True)
                    held = [MATCHING[wanted](bit) for bit, wanted in each]
                    found = _or(found, reduce(_and, held, True))
                return [found]
            case PriorityMatch():
                rest, found = self[cell.en], []
                for bit in self.word(cell.inputs):
                    found.append(_and(rest, bit))
                    rest = _and(rest, _not(bit))
                return found
            case Part(value_signed=False):
                value, offset = self.word(cell.value), [False] * 16
                for place, bit in enumerate(self.word(cell.offset)):
                    step = [bool(cell.stride << place >> n & 1) for n in range(len(offset))]
                    offset = _plus(offset, [_and(bit, held) for held in step])
                return _shifted(value + [False] * cell.width, offset)[: cell.width]
            case Operator():
                return WORDWISE[cell.operator](*map(self.word, cell.inputs))
        raise NotImplementedError(f"cell {type(cell).__name__}")

    def word(self, value) -> list[Bits]:
        return [self[net] for net in value]


def _not(a: Bits) -> Bits:
    return not a if isinstance(a, bool) else ~a


def _and(a: Bits, b: Bits) -> Bits:
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    return a & b


def _or(a: Bits, b: Bits) -> Bits:
    return _not(_and(_not(a), _not(b))) if isinstance(a, bool) or isinstance(b, bool) else a | b


def _xor(a: Bits, b: Bits) -> Bits:
    if isinstance(a, bool):
        return _not(b) if a else b
    if isinstance(b, bool):
        return _not(a) if b else a
    return a ^ b


def _mux(which, one, other) -> Bits:
    """Of three functions; only what is chosen is asked for where that is the same for all."""
    chosen = which()
    if isinstance(chosen, bool):
        return one() if chosen else other()
    return _chosen(chosen, one(), other())


def _chosen(bit: Bits, one: Bits, other: Bits) -> Bits:
    return _or(_and(bit, one), _and(_not(bit), other))


def _added(a, b, carry: Bits) -> tuple[list[Bits], Bits]:
    found = []
    for x, y in zip(a, b, strict=True):
        half = _xor(x, y)
        found.append(_xor(half, carry))
        carry = _or(_and(x, y), _and(half, carry))
    return found, carry


def _plus(a, b):
    return _added(a, b, False)[0]


def _minus(a, b):
    return _added(a, [_not(bit) for bit in b], True)[0]


def _times(a, b):
    found = [False] * len(a)
    for place, bit in enumerate(b):
        row = [_and(held, bit) for held in a[: len(a) - place]]
        found = _plus(found, [False] * place + row)
    return found


def _less(a, b) -> Bits:
    return _not(_added(a, [_not(bit) for bit in b], True)[1])


def _flip(a):
    """A signed number, as an unsigned one in the same order."""
    return [*a[:-1], _not(a[-1])]


def _equal(a, b) -> Bits:
    return reduce(_and, [_not(_xor(x, y)) for x, y in zip(a, b, strict=True)], True)


def _shifted(a, by, fill: Bits = False, left: bool = False):
    for place, bit in enumerate(by):
        many = min(1 << place, len(a))
        moved = [fill] * many + a[: len(a) - many] if left else a[many:] + [fill] * many
        a = [_chosen(bit, *both) for both in zip(moved, a, strict=True)]
    return a


#: What a place of a pattern asks of a bit.
MATCHING = {"0": _not, "1": lambda bit: bit, "-": lambda bit: True}

#: Of functions that give a bit.
BITWISE = {
    "~": lambda a: _not(a()),
    "&": lambda a, b: _and(a(), b()),
    "|": lambda a, b: _or(a(), b()),
    "^": lambda a, b: _xor(a(), b()),
    "m": _mux,
}

WORDWISE = {
    "+": _plus,
    "-": lambda *of: _minus(*of) if len(of) > 1 else _minus([False] * len(of[0]), of[0]),
    "*": _times,
    "<<": lambda a, by: _shifted(a, by, left=True),
    "u>>": _shifted,
    "s>>": lambda a, by: _shifted(a, by, a[-1]),
    "b": lambda a: [reduce(_or, a, False)],
    "r|": lambda a: [reduce(_or, a, False)],
    "r&": lambda a: [reduce(_and, a, True)],
    "r^": lambda a: [reduce(_xor, a, False)],
    "==": lambda a, b: [_equal(a, b)],
    "!=": lambda a, b: [_not(_equal(a, b))],
    "u<": lambda a, b: [_less(a, b)],
    "u>": lambda a, b: [_less(b, a)],
    "u<=": lambda a, b: [_not(_less(b, a))],
    "u>=": lambda a, b: [_not(_less(a, b))],
    "s<": lambda a, b: [_less(_flip(a), _flip(b))],
    "s>": lambda a, b: [_less(_flip(b), _flip(a))],
    "s<=": lambda a, b: [_not(_less(_flip(b), _flip(a)))],
    "s>=": lambda a, b: [_not(_less(_flip(a), _flip(b)))],
}
