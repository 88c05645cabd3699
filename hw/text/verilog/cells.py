"""Instances and memories of a module as Verilog."""

from __future__ import annotations

from .flow import Flow
from .graph import outputs_of
from .model import Bits, Cell, Memory, Module
from .names import Names
from .text import Texts, number


def instances(
    flow: Flow,
    texts: Texts,
    names: Names,
    modules: dict[str, Module],
    ports: dict[str, dict[str, str]],
) -> list[str]:
    """Instances with their parameters and pins; a pin that nobody needs stays open."""
    lines = []
    for cell in flow.instances:
        outputs, known = outputs_of(cell, modules), ports.get(cell.kind, {})
        own, pins, opened = names.cells[cell.name], [], False
        for name, spec in cell.ports.items():
            if name not in outputs:
                net = texts.spec(spec)[0]
            elif all(part[0] in flow.module.wires for part in spec):
                net = texts.target(spec)
            else:
                net, opened = "", True
            pins.append(f".{known.get(chr(92) + name, name)}({net})")
        given = [f".{n}({_parameter(value)})" for n, value in cell.parameters.items()]
        head = [f"{cell.kind[1:]} {own} ("]
        if given:
            head = [f"{cell.kind[1:]} #(", *_listed(given), f") {own} ("]
        found = [*head, *_listed(pins), ");"]
        if opened:
            why = "another instance's is read, not this one's"
            off = f"// verilator lint_off PINCONNECTEMPTY // {why}"
            found = [off, *found, "// verilator lint_on PINCONNECTEMPTY"]
        lines += found
    return lines


def memories(flow: Flow, texts: Texts, names: Names) -> list[str]:
    """What memories start from, their writes and reads."""
    lines = []
    for cell in flow.memories:
        memory = flow.module.memories[_unquoted(cell.parameters["MEMID"])]
        name = names[memory.name]
        if cell.kind == "$meminit_v2":
            lines += _initial(cell, memory, name, names.fresh("word"))
        elif cell.kind == "$memwr_v2":
            lines.append(_write(cell, texts, name))
        else:
            lines += _read(cell, texts, name, names)
    return lines


def _read(cell: Cell, texts: Texts, name: str, names: Names) -> list[str]:
    """A word where it is asked for, or the word of a clock edge, from a register of its own."""
    address, target = texts.spec(cell.ports["ADDR"])[0], texts.target(cell.ports["DATA"])
    if not cell.number("CLK_ENABLE"):
        return [f"assign {target} = {name}[{address}];"]
    plain = {"TRANSPARENCY_MASK": "0", "SRST_VALUE": "x", "ARST_VALUE": "x", "INIT_VALUE": "x"}
    for parameter, only in plain.items():
        bits = cell.parameters[parameter].partition("'")[2]
        assert set(bits) <= {only}, f"{name} is read with {parameter} {bits}"
    clock, enable = (texts.spec(cell.ports[port])[0] for port in ("CLK", "EN"))
    word, high = names.fresh(f"{name}_word"), cell.number("WIDTH") - 1
    return [
        f"reg [{high}:0] {word};",
        f"always @(posedge {clock}) if ({enable}) {word} <= {name}[{address}];",
        f"assign {target} = {word};",
    ]


def _write(cell: Cell, texts: Texts, name: str) -> str:
    enable, clock = cell.ports["EN"], texts.spec(cell.ports["CLK"])[0]
    assert len(set(enable)) == 1, f"parts of the words of {name} are written"
    address, data = (texts.spec(cell.ports[port])[0] for port in ("ADDR", "DATA"))
    condition = texts.spec(enable[:1])[0]
    return f"always @(posedge {clock}) if ({condition}) {name}[{address}] <= {data};"


def _initial(cell: Cell, memory: Memory, name: str, word: str) -> list[str]:
    (data,) = cell.ports["DATA"]
    assert isinstance(data, Bits)
    words = [data.text[at : at + memory.width] for at in range(0, data.width, memory.width)][::-1]
    if len(set(words)) == 1:
        return [
            f"integer {word};",
            f"initial for ({word} = 0; {word} < {memory.size}; {word} = {word} + 1)",
            f"    {name}[{word}] = {number(words[0])};",
        ]
    lines = [f"    {name}[{address}] = {number(word)};" for address, word in enumerate(words)]
    return ["initial begin", *lines, "end"]


def _parameter(value: str) -> str:
    if value.startswith('"'):
        return value
    size, _, bits = value.partition("'")
    return f"{size}'b{bits}" if bits else value


def _unquoted(text: str) -> str:
    return text.strip('"').replace("\\\\", "\\")


def _listed(items: list[str]) -> list[str]:
    """Items of a list, a line each."""
    return [f"    {item}," for item in items[:-1]] + [f"    {item}" for item in items[-1:]]
