"""The longest path from register to register: what stands on it, and which one it is."""

import random

import pytest
from macsmith.boards.estimates.path import Delays, Path, longest
from macsmith.boards.families import FAMILIES
from macsmith.boards.levels import levels

XCUP = FAMILIES["xcup"]
EQUAL = Delays(1.0, 1.0, 1.0, 0.01)


def path(module, *others, delays=EQUAL):
    return longest(module.netlist(*others), "top", XCUP, delays)


def test_luts_between_registers(draft):
    module = draft("clk").ff("a", "z").lut("n", "a").lut("m", "n a").ff("z", "m")
    assert path(module) == Path(lut=2)
    assert Path(lut=2).delay(EQUAL) == 3.0


def test_ports_begin_and_end_no_path(draft):
    module = draft("i clk", "y").lut("n", "i").lut("m", "n").ff("a", "m").lut("y", "a")
    assert path(module) is None
    module.lut("o", "a").ff("b", "o")
    assert path(module) == Path(lut=1)


def test_steps_of_a_carry_are_counted_between_bits(draft):
    """From bit 0 to the sum of bit 5: five steps, in one run over two cells."""
    module = draft("clk").ff("a", "q").ff("q", "p1").lut("s0", "a")
    module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "s0,0,0,0", "0,0,0,0")
    module.carry4("p0,p1,p2,p3", "d0,d1,d2,d3", "0,0,0,0", "0,0,0,0", ci="c3")
    assert path(module) == Path(lut=1, carry_runs=1, carry_bits=5)
    out = draft("clk").ff("a", "q").ff("q", "c2").lut("s0", "a")
    out.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "s0,0,0,0", "0,0,0,0")
    assert path(out) == Path(lut=1, carry_runs=1, carry_bits=2), "a carry leaves at its own bit"
    same = (
        draft("clk").ff("a", "q").ff("q", "o0").carry4("o0,p,q1,r", "c,d,e,f", "a,0,0,0", "0,0,0,0")
    )
    assert path(same) == Path(carry_runs=1)


def test_the_path_of_most_delay_is_one_path(draft):
    """Not the most LUTs of one and the most runs of another."""
    module = draft("clk").ff("a", "q").lut("l", "a").lut("m", "l").lut("n", "m").ff("q", "n")
    module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "a,0,0,0", "0,0,0,0").ff("r", "o3")
    assert path(module, delays=Delays(0, 1, 1, 0.1)) == Path(lut=3)
    assert path(module, delays=Delays(0, 0.1, 1, 0.1)) == Path(carry_runs=1, carry_bits=3)


def test_paths_go_through_modules(draft):
    child = draft("i", "o", name="child").lut("n", "i").lut("o", "n")
    module = draft("clk").ff("a", "q").cell("child", {"o": "n"}, {"i": "a"}).lut("m", "n")
    assert path(module.ff("q", "m"), child) == Path(lut=3)


def test_multiplexers_and_blocks_are_told(draft):
    module = draft("clk").ff("a", "q").lut("n", "a")
    module.cell("MUXF7", {"O": "m"}, {"I0": "n", "I1": "a", "S": "a"})
    module.cell("DSP48E2", {"P": "p"}, {"A": "m"}, PREG=0, MREG=0, AREG=0)
    assert path(module.ff("q", "p")) == Path(lut=1, muxf=1, dsp=1)


@pytest.mark.parametrize("seed", range(20))
def test_luts_alone_are_the_levels(draft, seed):
    """With nothing but LUTs the path has as many as the levels count."""
    drawn = random.Random(seed)
    module = draft("clk").ff("n0", "x")
    for number in range(1, 30):
        inputs = {f"n{drawn.randrange(number)}" for _ in range(drawn.randint(1, 3))}
        module.lut(f"n{number}", " ".join(sorted(inputs)))
    for number in range(30):
        module.ff(f"q{number}", f"n{number}")
    netlist = module.netlist()
    assert longest(netlist, "top", XCUP, EQUAL).lut == levels(netlist, "top", XCUP).lut


def nets(found):
    return found.nets, round(found.doublings, 6), found.blocks


def test_nets_are_those_in_wires_of_the_fabric(draft):
    """Two lead to LUTs; the last LUT has its register beside it. One drives four pins, one one."""
    module = draft("clk").ff("a", "z").lut("n", "a").lut("m", "n").ff("z", "m")
    module.lut("o", "a").lut("p", "a").lut("q", "a")
    assert nets(path(module)) == (2, 2.0, 0)
    assert Path(lut=2, nets=2, doublings=2.0).delay(Delays(1, 1, 1, 1, net=10, fan=100)) == 223


@pytest.mark.parametrize(
    "more, found",
    [
        (lambda m: m.ff("b", "a"), (1, 0.0, 0)),
        (lambda m: m.lut("n", "a").ff("b", "n"), (1, 0.0, 0)),
        (lambda m: m.lut("n", "a").ff("b", "n").ff("c", "n"), (2, 1.0, 0)),
        (lambda m: m.lut("n", "a").ff("b", "0", ce="n"), (2, 0.0, 0)),
        (lambda m: m.lut("n", "a").cell("MUXF7", {"O": "m"}, {"I0": "n", "S": "0"}).ff("b", "m"),
         (1, 0.0, 0)),
        (lambda m: m.carry4("o,p,q,r", "c,d,e,f", "a,0,0,0", "0,0,0,0").ff("b", "o"), (1, 0.0, 0)),
    ],
    ids=["flip-flop", "LUT", "two registers", "enable", "multiplexer", "carry"],
)  # fmt: skip
def test_registers_and_multiplexers_stand_beside_what_drives_them(draft, more, found):
    assert nets(path(more(draft("clk").ff("a", "0")))) == found


def test_a_path_may_begin_at_a_block(draft):
    module = draft("clk").ff("a", "0").lut("n", "a").ff("b", "n")
    module.cell("DSP48E2", {"P": "p"}, {"A": "0", "CLK": "clk"}).lut("m", "p").ff("c", "m")
    late = Delays(0, 1, 1, 1, block=0.5)
    assert nets(path(module, delays=late)) == (1, 0.0, 1)
    assert path(module, delays=late).delay(late) == 1.5


def test_ports_may_be_taken_as_registers_but_for_clocks(draft):
    module = draft("clk i", "y").lut("n", "i").lut("y", "n").ff("a", "0").ff("b", "0")
    assert path(module) is None
    found = longest(module.netlist(), "top", XCUP, Delays(1, 1, 1, 1, net=1), ports=True)
    assert found == Path(lut=2) and nets(found) == (3, 0.0, 0)
    bare = draft("clk", "y").ff("y", "0").ff("a", "0")
    assert longest(bare.netlist(), "top", XCUP, Delays(1, 1, 1, 1, net=1), ports=True).nets == 1
