"""The evaluator of ``settled`` against compiled hardware, on every operator."""

import numpy as np
from amaranth.hdl import Array, Cat, Module, Mux, Signal, signed
from macsmith.sim.sweep import Sweep
from settled import Settled


def operators():
    """Of two numbers, signed and unsigned, and of wide and narrow ones; two registers behind."""
    m = Module()
    w, a, enable = Signal(64, name="w"), Signal(64, name="a"), Signal(name="enable")
    found = {}
    for kind in ("unsigned", "signed"):
        x, y, z = (
            part.as_signed() if kind == "signed" else part for part in (w[:9], a[:7], a[7:9])
        )
        of = {
            **{"add": x + y, "sub": x - y, "mul": x * y, "neg": -x, "not": ~x, "abs": abs(y)},
            **{"and": x & y, "or": x | y, "xor": x ^ y, "mux": Mux(z, x, y), "zero": Mux(x, y, z)},
            **{"lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y, "eq": x == y, "ne": x != y},
            **{"any": y.any(), "all": y.all(), "parity": x.xor(), "bool": y.bool()},
            **{"shl": x << w[9:12], "shr": x >> a[9:13], "part": w.bit_select(a[:6], 5)},
            **{"word": w.word_select(a[:3], 9), "beyond": w[:9].bit_select(a[3:7], 4)},
            **{"wide": w.as_signed() * x + a, "matches": w[:4].matches("1--0", "0-11")},
            **{"array": Array([x, y, z, x + y])[w[12:14]], "rotated": w[:9].rotate_left(4)},
        }
        found |= {f"{kind}_{name}": value for name, value in of.items()}
    # Assignments over each other, in part and in order; nothing holds where no case does.
    chosen = Signal(signed(12), name="chosen", init=-5)
    with m.Switch(w[:4]):
        with m.Case("1--0"):
            m.d.comb += chosen.eq(a[:12])
        with m.Case("11--", "0000"):
            m.d.comb += chosen[3:7].eq(w[4:])
            with m.If(a[0]):
                m.d.comb += chosen[5:].eq(a[1:])
            with m.Elif(a[1]):
                m.d.comb += chosen.eq(1)
        with m.Case(3):
            m.d.comb += chosen.eq(7)
    found["chosen"] = chosen
    outputs = {}
    for name, value in found.items():
        first, second = (Signal(value.shape(), name=f"{name}_{n}", init=1) for n in range(2))
        with m.If(enable):
            m.d.sync += [first.eq(value), second.eq(first)]
        outputs[name] = Cat(second)
    return m, w, a, outputs, enable


def test_every_operator_is_that_of_compiled_hardware():
    words = np.random.default_rng(1).integers(0, 1 << 64, (2, 3001), np.uint64)
    words[:, :500] &= np.uint64(0x7F)  # numbers that are alike
    m, w, a, outputs, enable = operators()
    expected = Sweep(m, w, a, outputs, enable=enable, latency=2).run(*words)
    m, w, a, outputs, enable = operators()
    ports, given = {"w": w, "a": a}, {"w": words[0], "a": words[1]}
    found = Settled(m, ports, outputs, enable).run(given)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert (value == found[name]).all(), name
        assert len(np.unique(value, axis=0)) > 1, name
