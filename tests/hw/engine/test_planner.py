"""A plan is plain data: it builds no hardware, and chooses each datapath once."""

from collections import Counter

import pytest
from amaranth.hdl import Elaboratable, Fragment
from macsmith.golden import lookup
from macsmith.hw.arith.blueprint import Built
from macsmith.hw.engine.component import ScaledEngine
from macsmith.hw.engine.hardware import component
from macsmith.hw.engine.planner import plan
from macsmith.hw.fp import FloatAdd
from macsmith.hw.plan import chosen
from macsmith.hw.text.emit import emit

from macsmith import Options, design
from macsmith.designs import presets


@pytest.fixture
def built(monkeypatch):
    """The classes of all hardware that is built meanwhile."""
    found = []
    make = Elaboratable.__new__

    def counted(kind, *args, src_loc_at=0, **named):
        found.append(kind)
        return make(kind, *args, src_loc_at=src_loc_at + 1, **named)

    monkeypatch.setattr(Elaboratable, "__new__", staticmethod(counted))
    return found


@pytest.mark.parametrize("name", presets())
def test_a_plan_builds_no_hardware(built, name):
    found = plan(design(name))
    assert found.latency > 0 and found.reduction_cycles > 0 and found.remarks is not None
    assert built == []


def test_building_is_noticed(built):
    """Else the test above would prove nothing: of a block, and of a whole engine."""
    block = FloatAdd(*[lookup("bf16")] * 3, stages=6)
    assert block.latency == 6 and built == []
    Fragment.get(block.component(), None)
    assert built[0] is Built
    Fragment.get(component(plan(design("w4a8", Options(rows=1, cols=1)))), None)
    assert ScaledEngine in built


@pytest.mark.parametrize("name", ["w4a8", "gguf_q4_1", "nvfp4", "simd", "bitplane"])
def test_a_datapath_is_chosen_once(monkeypatch, name):
    """For each pair of planes of each mode, whatever is then asked of the plan."""
    found, choose = Counter(), chosen.choose

    def counted(name, *formats, rule, setting):
        found[formats, setting.lanes] += 1
        return choose(name, *formats, rule=rule, setting=setting)

    monkeypatch.setattr(chosen, "choose", counted)
    emitted = emit(design(name, Options(rows=2, cols=2)))
    assert emitted.plan.remarks is not None
    pairs = [
        pair for mode in emitted.plan.modes
        for pair in dict.fromkeys(pair for item in mode.sums for pair in item.pairs)
    ]  # fmt: skip
    assert found.total() == len(pairs)
    for mode in emitted.plan.modes:
        for pair in (pair for item in mode.sums for pair in item.pairs):
            assert mode.dot(pair) is mode.dot(pair)
