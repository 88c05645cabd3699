"""A clock enable: what remembers anything is held by it, in every module, makers' blocks too."""

import re

import pytest
from macsmith.hw.text.emit import emit

from macsmith import Options, design

#: Memories of one and of several parts, DSP blocks of several makers, adders of AMD's cells.
DESIGNS = {
    "memory": design("softmax_bf16"),
    "partials": design("mxfp4", Options(rows=1, cols=2, lanes=16, partials=16)),
    "dsp48e2": design("int8xint8", Options(rows=1, cols=2, lanes=4, policy="dsp")),
    "mult18x18d": design(
        "int8xint8",
        Options(rows=1, cols=2, lanes=4, policy="dsp", blocks="mult18x18d", fabric="ecp5"),
    ),
    "sb_mac16": design(
        "int8xint8",
        Options(rows=1, cols=2, lanes=4, policy="dsp", blocks="sb_mac16", fabric="ice40"),
    ),
    "carry": design("int4xint8", Options(rows=1, cols=2, lanes=4, adders="carry4")),
}


def modules(text):
    """Name -> text of each module."""
    found = re.findall(r"^module (\w+).*?^endmodule", text, re.M | re.S)
    texts = re.findall(r"^module \w+.*?^endmodule", text, re.M | re.S)
    return dict(zip(found, texts, strict=True))


def gates(text):
    """Nets of a module that are an enable and ``ce``."""
    return set(re.findall(r"(\w+) = \w[^;]*& ce\b;", text)) | {"ce"}


@pytest.mark.cases("all")
@pytest.mark.parametrize("name", DESIGNS)
def test_every_clock_edge_asks_for_it(name):
    emitted = emit(DESIGNS[name])
    plain, held = modules(emitted.verilog), modules(emitted.enabled("other"))
    assert [module.replace(emitted.core, "other", 1) for module in plain] == list(held)
    edges = 0
    for text in held.values():
        known = gates(text)
        for block in re.findall(r"always @\(posedge clk\) (.*?;)", text, re.S):
            condition = re.match(r"(?:begin\s+)?if \((.*?)\) ", block)
            assert condition and {*re.findall(r"\w+", condition[1])} & known, block
            edges += 1
        enables = re.findall(r"\.(CE\w*)\(([^)]*)\)", text)
        for port, net in enables:
            assert {*re.findall(r"\w+", net)} & known or set(net) <= set("1'b0"), (port, net)
    edges_before = sum(text.count("posedge") for text in plain.values())
    assert edges >= edges_before > 0 or name in ("dsp48e2", "mult18x18d", "sb_mac16")


@pytest.mark.parametrize("name", DESIGNS)
def test_it_reaches_every_module_that_remembers(name):
    held = modules(emit(DESIGNS[name]).enabled("other"))
    stateful = {module for module, text in held.items() if re.search(r"input +wire ce\b", text)}
    for module, text in held.items():
        below = re.findall(r"^ +(\w+) \w+ \(\n(.*?)\);", text, re.M | re.S)
        for kind, pins in below:
            if kind in held:
                assert (".ce(ce)" in pins) == (kind in stateful)
        if "posedge" in text or any(kind in stateful for kind, _ in below):
            assert module in stateful


def test_without_it_nothing_changes():
    emitted = emit(DESIGNS["partials"])
    assert not re.search(r"\bce\b", emitted.verilog)
    text = emitted.enabled("other")
    cut = re.sub(r",?\n +(\.ce\(ce\)|input +wire ce\b)", "", text)
    assert not re.search(r"input +wire ce\b", cut)
