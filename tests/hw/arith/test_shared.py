"""What occurs many times is elaborated once where text is emitted, and is the same hardware."""

import re
from collections import Counter

import pytest
from amaranth.back import rtlil
from macsmith.hw.array.pe import ProcessingElement
from macsmith.hw.engine.hardware import component
from macsmith.hw.engine.planner import plan
from macsmith.hw.text.conversion import converted
from macsmith.hw.text.merge import merge

from macsmith import Options, design

CELL = re.compile(r"^ *cell (\$\w+) ", re.M)

CASES = {
    "broadcast": ("int4xint8", {}),
    "systolic": ("int4xint8", {"flow": "systolic_os"}),
    "preloaded": ("e5m2xint4", {"flow": "systolic_os", "initial": "int16"}),
    "parts": ("int8xint4", {"datapath": "bit_serial", "flow": "systolic_os"}),
    "planes": ("ifairy", {}),
}


def planned(name, options, shape=(2, 3, 2)):
    rows, cols, lanes = shape
    return plan(design(name, Options(rows=rows, cols=cols, lanes=lanes, **options)))


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_amaranth_makes_of_every_instance(case):
    """The same cells in modules of the same names; what they compute, verification shows."""
    parts = planned(*CASES[case])
    whole = merge(rtlil.convert(component(parts), name="top", emit_src=False), "top")
    assert set(cells(merge(converted(component(parts))[0], "top"))) <= set(cells(whole))
    assert {"top", "top_pe", "top_dot"} <= {name for name, _ in cells(whole)}


def cells(text):
    """(module, how many cells of each of yosys's own types) of each module."""
    modules = re.findall(r"^module \\(\S+)$(.*?)^end$", text, re.M | re.S)
    return [
        (re.sub(r"_\d+$", "", name), tuple(sorted(Counter(re.findall(CELL, body)).items())))
        for name, body in modules
    ]


@pytest.mark.parametrize("flow", ["broadcast", "systolic_os"])
def test_an_element_is_elaborated_once(flow, monkeypatch):
    count, elaborate = [], ProcessingElement.elaborate
    monkeypatch.setattr(
        ProcessingElement, "elaborate", lambda *args: count.append(1) or elaborate(*args)
    )
    converted(component(planned("int4xint8", {"flow": flow})))
    assert len(count) == 1
    rtlil.convert(component(planned("int4xint8", {"flow": flow})), name="top")
    assert len(count) == 7
