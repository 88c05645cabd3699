"""Products, registers and sums, written plainly, end in UltraScale+'s blocks, and are right."""

from functools import partial
from pathlib import Path

import macsmith.sim
import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux, ResetSignal, Signal, signed
from macsmith.boards import lookup, synthesize
from macsmith.sim.sweep import Sweep

MODEL = (Path(macsmith.sim.__file__).parent / "primitives" / "DSP48E2.v").read_text()


class Plain:
    """A module written without a thought for blocks, and its ports."""

    def __init__(self):
        self.m, self.ports = Module(), []

    def port(self, shape, name):
        self.ports.append(Signal(shape, name=name, reset_less=True))
        return self.ports[-1]

    def late(self, value, name):
        register = Signal(value.shape(), name=name, reset_less=True)
        self.m.d.sync += register.eq(value)
        return register


def mac(wide, narrow, total):
    """Products of registered factors, added up until they are cleared."""
    found = Plain()
    factors = [found.port(signed(size), name) for size, name in ((wide, "a"), (narrow, "b"))]
    clear, acc = found.port(1, "clear"), found.port(signed(total), "acc")
    a, b = (found.late(factor, f"{factor.name}_late") for factor in factors)
    product = found.late(a * b, "product")
    found.m.d.sync += acc.eq(product + Mux(clear, 0, acc))
    return found


def cascade(taps):
    """A sum of products that enter a cycle after each other."""
    found, total = Plain(), 0
    for tap in range(taps):
        a, b = (found.port(signed(size), f"{name}{tap}") for size, name in ((27, "a"), (18, "b")))
        product = found.late(
            found.late(a, f"late_a{tap}") * found.late(b, f"late_b{tap}"), f"p{tap}"
        )
        total = found.late((product + total)[:48].as_signed(), f"sum{tap}")
    found.m.d.comb += found.port(signed(48), "o").eq(total)
    return found


def preadded():
    """The difference of two numbers of 24 bits times a third, added up."""
    found = Plain()
    d, a, b = (found.port(signed(size), name) for size, name in ((24, "d"), (24, "a"), (18, "b")))
    acc = found.port(signed(48), "acc")
    one, two, three = (found.late(value, f"{value.name}_late") for value in (d, a, b))
    both, other = found.late(one - two, "both"), found.late(three, "other")
    product = found.late(both * other, "product")
    found.m.d.sync += acc.eq(product + acc)
    return found


#: name -> how it is made, and the blocks that it takes.
DESIGNS = {
    "mac_27x18": (partial(mac, 27, 18, 48), 1),
    "mac_8x8": (partial(mac, 8, 8, 32), 1),
    "cascade": (partial(cascade, 4), 4),
    "preadded": (preadded, 1),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_blocks_hold_all_of_it(name, build_folder):
    make, blocks = DESIGNS[name]
    found = make()
    text = rtlil.convert(found.m, name=name, ports=found.ports, emit_src=False)
    [cost] = synthesize(text, [name], lookup("u280"), "dsp", [], build_folder).values()
    assert {key: n for key, n in cost.resources.items() if n} == {"dsp": blocks}
    netlist = (build_folder / "mapped.v").read_text()
    assert same(name, make(), netlist).all()
    if name == "mac_8x8":
        wrong = MODEL.replace("3'b010: z = p_back;", "3'b010: z = 48'b0;")
        assert not same(name, make(), netlist, wrong).all()


def same(name, found, netlist, model=MODEL):
    """Whether netlist and RTL agree in each of many cycles of random numbers."""
    m, w, a = Module(), Signal(64, name="w"), Signal(64, name="a")
    enable, agree = Signal(name="enable"), Signal(name="agree")
    m.submodules.rtl = found.m
    *inputs, result = found.ports
    ports, bits = [("i", "clk", ClockSignal()), ("i", "rst", ResetSignal())], Cat(w, a, a ^ w)
    for port in inputs:
        # Numbers of a cycle differ, those of different ports too.
        m.d.comb += port.eq(bits)
        ports.append(("i", port.name, port))
        bits = bits.rotate_left(23)
    other = Signal(result.shape(), name="other")
    m.submodules.netlist = Instance(name, *ports, ("o", result.name, other))
    m.d.comb += agree.eq(result == other)
    sources = {"model.v": model, "mapped.v": netlist}
    sweep = Sweep(m, w, a, {"agree": agree}, enable=enable, latency=1, sources=sources)
    codes = np.random.default_rng(1).integers(0, 1 << 63, (2, 5000), np.uint64)
    return sweep.run(*codes, 1)["agree"][:, 0] == 1
