"""Verilog-2005 of RTLIL modules, for readers: names, expressions, a comment over each module."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from functools import cached_property

from .cells import instances, memories
from .enable import enable
from .flow import Flow, flow
from .graph import outputs_of, prune, simplified
from .model import LINE, Module, Slice, Spec
from .names import Names, anonymous, parts_of
from .nodes import bases, specs
from .rtlil import parse
from .statements import merged, statements
from .text import Texts, declared, number

#: Longest text of an expression that is written inside another.
_FOLDED = 48
_COLUMNS = 110
_ON = "// verilator lint_on UNUSEDSIGNAL"
_WAIVER = re.compile(r"^( *)// verilator lint_off (\w+) // (.*)$", re.MULTILINE)

#: Results that stand alone: their operands' widths or signs count only there.
_ALONE = ("*", "s*", "s>>>")


def verilog(rtlil: str, *, enabled: bool = False) -> str:
    """Verilog of an RTLIL text, whose last module is the top one and keeps its ports' names.

    ``enabled``: with one more port, ``ce``; while it is low, nothing changes.
    """
    return written(rtlil, enabled=enabled)[0]


def written(rtlil: str, *, enabled: bool = False) -> tuple[str, dict[str, dict[str, str]]]:
    """As :func:`verilog`, and per module what its nets and instances are called: old -> new."""
    modules = parse(rtlil)
    given = {module.name: simplified(module) for module in modules}
    prune(modules)
    if enabled:
        enable(modules)
    named = {module.name: module for module in modules}
    ports: dict[str, dict[str, str]] = {}
    called: dict[str, dict[str, str]] = {}
    texts = []
    for module in modules:
        fixed = module is modules[-1]
        names = Names(module, named, given[module.name], ports, fixed=fixed)
        ports[module.name] = {wire.name: names[wire.name] for wire in module.ports}
        texts.append(_Writer(module, named, names, ports).text())
        called[module.name] = names.found | names.cells
    return "\n".join(texts), called


class _Writer:
    """Writes one module."""

    def __init__(
        self,
        module: Module,
        modules: dict[str, Module],
        names: Names,
        ports: dict[str, dict[str, str]],
    ):
        self.module, self.modules, self.names, self.ports = module, modules, names, ports
        self.flow: Flow = flow(module, modules)
        for net, (base, word) in self.flow.helpers.items():
            names.found[net] = names.fresh(f"{names[base]}_{word}")
        self.texts = Texts(module, names, parts_of(module, names))
        self.regs = {r.wire for r in self.flow.registers} | set(self.flow.processes)

    def text(self) -> str:
        made = self._made()
        rest = [
            self._processes(),
            self._assigns(),
            instances(self.flow, self.texts, self.names, self.modules, self.ports),
            self._registers(),
            memories(self.flow, self.texts, self.names),
        ]
        # What is read of a net is known when all that reads is written.
        sections = [self._parameters(), self._declarations(made), self._nodes(made), *rest]
        body = "\n\n".join("\n".join(_wrapped(section)) for section in sections if section)
        text = "\n".join([*self._comment(), *self._ports(), body, "endmodule", ""])
        return _WAIVER.sub(_waiver, text)

    def _comment(self) -> list[str]:
        lines = []
        for line in self.module.doc.split(LINE):
            lines += textwrap.wrap(line, _COLUMNS - 3)
        return [f"// {line}" for line in lines]

    def _made(self) -> list[tuple[str, str]]:
        """Nets that expressions make; short ones that are read once stand where they are read."""
        counts, made = self._counts(), []
        for wire, found in self.flow.nodes.items():
            text, binds = self.texts.of(found)
            short = len(text) <= _FOLDED and found.kind not in _ALONE
            if counts[wire] == 1 and anonymous(wire) and short and not self.module.wires[wire].port:
                self.texts.folded[wire] = text, binds
            else:
                self.names[wire]
                made.append((wire, text))
        return made

    def _counts(self) -> Counter[str]:
        """How often nets are read whole; reading a part counts twice, as it needs a name."""
        counts: Counter[str] = Counter()
        for spec in self.flow.fixed(self.modules):
            self._count(spec, counts)
        for found in self.flow.nodes.values():
            for spec in specs(found):
                self._count(spec, counts)
            for base in bases(found):
                self._count(base, counts)
        return counts

    def _count(self, spec: Spec, counts: Counter[str]) -> None:
        for part in spec:
            if isinstance(part, Slice):
                whole = part.width == self.module.wires[part.wire].width
                counts[part.wire] += 1 if whole else 2

    def _nodes(self, made: list[tuple[str, str]]) -> list[str]:
        lines = []
        for wire, text in made:
            if self.module.wires[wire].port:
                lines.append(f"assign {self.names[wire]} = {text};")
            else:
                lines += self._declared(wire, "wire", f" = {text}")
        return lines

    def _declared(self, wire: str, kind: str, value: str = "") -> list[str]:
        """A net's declaration, then its parts that have names; what nobody reads is waived."""
        told = self.module.wires[wire].told
        line = f"{kind} {declared(self.module.wires[wire].width)}{self.names[wire]}{value};"
        line = f"(* {told} *) {line}" if told else line
        return [*self._waived(wire, [line]), *self._named(wire)]

    def _waived(self, wire: str, lines: list[str]) -> list[str]:
        unread = self._unread(wire)
        if not unread:
            return lines
        made = self.flow.nodes.get(wire)
        carry = unread == "[0]" and made is not None and made.kind == "-"
        why = "bit 0 lets a carry in" if carry else f"{unread} is not read here"
        return [f"// verilator lint_off UNUSEDSIGNAL // {why}", *lines, _ON]

    def _unread(self, wire: str) -> str:
        """The bits of a net that nobody reads, in words."""
        size = self.module.wires[wire].width
        bits = set(range(size))
        for part in self.reading[wire]:
            bits -= set(range(part.low, part.low + part.width))
        if not bits:
            return ""
        if len(bits) == size:
            return "it"
        runs: list[list[int]] = []
        for bit in sorted(bits):
            if runs and runs[-1][1] == bit - 1:
                runs[-1][1] = bit
            else:
                runs.append([bit, bit])
        words = [f"{high}:{low}" if high > low else f"{low}" for low, high in reversed(runs)]
        return f"[{', '.join(words)}]"

    def _named(self, wire: str) -> list[str]:
        name, found = self.names[wire], []
        for part in self.reading[wire]:
            own = self.texts.parts.get(part)
            if own is not None:
                high = part.low + part.width - 1
                bits = f"{high}:{part.low}" if part.width > 1 else f"{part.low}"
                found.append((part, f"wire {declared(part.width)}{own} = {name}[{bits}];"))
        return [line for _, line in sorted(found)]

    def _declarations(self, made: list[tuple[str, str]]) -> list[str]:
        """Registers and nets that instances, memories and processes drive."""
        lines, done = [], {wire for wire, _ in made} | set(self.texts.folded)
        for memory in self.module.memories.values():
            name = self.names[memory.name]
            lines.append(f"reg {declared(memory.width)}{name} [0:{memory.size - 1}];")
        for name, wire in self.module.wires.items():
            if wire.port:
                lines += self._named(name)
            elif name not in done and (name in self.regs or name in self.driven):
                value = f" = {number(wire.init)}" if wire.init and name in self.regs else ""
                lines += self._declared(name, "reg" if name in self.regs else "wire", value)
        return lines

    def _ports(self) -> list[str]:
        lines, ports = [], self.module.ports
        for wire in ports:
            kind = "output reg " if wire.name in self.regs else f"{wire.port:6} wire"
            value = f" = {number(wire.init)}" if wire.init and wire.name in self.regs else ""
            comma = "" if wire is ports[-1] else ","
            line = f"    {kind} {declared(wire.width)}{self.names[wire.name]}{value}{comma}"
            lines += self._waived(wire.name, [line]) if wire.port == "input" else [line]
        return [f"module {self.module.name[1:]} (", *lines, ");"]

    def _parameters(self) -> list[str]:
        return [
            f"localparam {declared(len(bits))}{name} = {number(bits)};"
            for bits, name in self.texts.tables.items()
        ]

    def _processes(self) -> list[str]:
        lines = []
        for body in self.flow.processes.values():
            inner = statements(body, self.texts, "=")
            lines += ["always @* begin", *(f"    {line}" for line in inner), "end"]
        return lines

    def _assigns(self) -> list[str]:
        return [
            f"assign {self.texts.target(item.target)} = {self.texts.spec(item.value)[0]};"
            for item in self.flow.assigns
        ]

    def _registers(self) -> list[str]:
        """Registers that are held and reset alike share a block."""
        lines = []
        for clock, body in merged([(r.clock, r.body) for r in self.flow.registers]):
            inner = statements(body, self.texts, "<=")
            edge = self.texts.spec(clock)[0]
            if len(inner) == 1:
                lines.append(f"always @(posedge {edge}) {inner[0]}")
            else:
                lines += [f"always @(posedge {edge}) begin", *_indented(inner), "end"]
        return lines

    @cached_property
    def reading(self) -> dict[str, set[Slice]]:
        """What is read of every net."""
        found = defaultdict(set)
        for part in self.texts.used:
            found[part.wire].add(part)
        return found

    @cached_property
    def driven(self) -> set[str]:
        """Nets that something drives which is no expression."""
        found = [item.target for item in self.flow.assigns]
        for cell in self.flow.instances + self.flow.memories:
            found += [cell.ports[name] for name in outputs_of(cell, self.modules)]
        return {part.wire for spec in found for part in spec if isinstance(part, Slice)}


def _waiver(found: re.Match[str]) -> str:
    """Verilator 5.006 takes nothing behind a waiver: its reason stands above it."""
    indent, code, why = found.groups()
    reasons = textwrap.wrap(why, _COLUMNS - len(indent) - 3)
    return "\n".join(
        [*(f"{indent}// {line}" for line in reasons), f"{indent}// verilator lint_off {code}"]
    )


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _wrapped(lines: list[str]) -> list[str]:
    """Long lines in several; the text of a section is indented."""
    found: list[str] = []
    off = ""
    for line in _indented(lines):
        word = line.strip()
        # Neighbours with one reason share their waiver.
        if word.startswith("// verilator lint_off"):
            if off == word and found[-1].strip() == _ON:
                found.pop()
                continue
            off = word
        if len(line) <= _COLUMNS or '"' in line or word.startswith("// verilator"):
            found.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        found += textwrap.wrap(
            line,
            _COLUMNS,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
    return found
