"""LUT levels and carry runs, through registers, memories, DSP blocks and the hierarchy."""

import pytest
from macsmith.boards.families import FAMILIES
from macsmith.boards.flat import flatten
from macsmith.boards.levels import Levels, levels
from macsmith.boards.netlist import Netlist
from macsmith.golden.errors import DesignError

XCUP = FAMILIES["xcup"]


def measure(module, *others) -> Levels:
    """Levels with the hierarchy, which must equal those without."""
    netlist = module.netlist(*others)
    found = levels(netlist, "top", XCUP)
    flat = Netlist({"top": flatten(netlist, "top")})
    assert levels(flat, "top", XCUP) == found
    return found


def test_luts_in_series(draft):
    module = draft("a b", "y").lut("n", "a b").lut("m", "n b").lut("y", "m a").lut("z", "a")
    assert measure(module) == Levels(lut=3, carry=0, carry_runs=0, muxf=0, dsp=0)


def test_registers_break_paths(draft):
    module = draft("a clk", "y").lut("n", "a").ff("q", "n").lut("m", "q").lut("y", "m")
    assert measure(module).lut == 2
    module = draft("clk").ff("q", "n").lut("m", "q").lut("n", "m")
    assert measure(module).lut == 2, "from a register to itself"


def test_enables_and_resets_end_paths_too(draft):
    module = draft("a clk").lut("n", "a").lut("m", "n").ff("q", "0", ce="m").ff("r", "0", r="n")
    assert measure(module).lut == 2


def test_inverters_count_nothing_and_wide_multiplexers_apart(draft):
    module = draft("a b c", "y").inv("n", "a").lut("l", "n b").inv("k", "l")
    module.cell("MUXF7", {"O": "m"}, {"I0": "k", "I1": "b", "S": "c"})
    module.cell("MUXF8", {"O": "y"}, {"I0": "m", "I1": "b", "S": "c"})
    found = measure(module)
    assert found.lut == 1 and found.muxf == 2


def test_a_lut_between_two_bits_of_one_carry_is_no_loop(draft):
    module = draft("a b c", "y").lut("s0", "a b").lut("s1", "o0 c")
    module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "s0,s1,0,0", "a,b,0,0").lut("y", "o1")
    found = measure(module)
    assert found.lut == 3 and found.carry_runs == 2 and found.carry == 2


def test_a_sum_does_not_follow_higher_bits(draft):
    module = draft("a", "y").lut("n", "a").lut("m", "n")
    module.carry4("y,p,q,r", "c0,c1,c2,c3", "a,m,m,m", "m,m,m,m")
    assert measure(module) == Levels(0, 1, 1, 0, 0)


def test_the_di_of_a_bit_reaches_its_carry_but_not_its_sum(draft):
    def run(outputs):
        module = draft("a", outputs).lut("n", "a")
        module.carry4("y,z,q,r", "c0,c1,c2,c3", "0,0,0,0", "n,0,0,0")
        return measure(module)

    assert (run("y").lut, run("y").carry_runs) == (0, 0)
    assert (run("z").lut, run("z").carry_runs) == (run("c0").lut, run("c0").carry_runs) == (1, 1)


def test_a_chain_is_one_run_and_its_length_is_in_bits(draft):
    module = draft("a b", "y")
    module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "a,b,a,b", "b,a,b,a")
    module.carry4("p0,p1,p2,p3", "d0,d1,d2,d3", "a,b,a,b", "b,a,b,a", ci="c3").lut("y", "p2")
    assert measure(module) == Levels(lut=1, carry=7, carry_runs=1, muxf=0, dsp=0)


def test_runs_in_series_add_up(draft):
    module = draft("a b", "y").carry4("o,p,q,r", "c0,c1,c2,c3", "a,b,0,0", "b,a,0,0")
    module.carry4("s,t,u,v", "d0,d1,d2,d3", "p,b,0,0", "0,0,0,0", init="c3")
    assert measure(module.lut("y", "t")).carry_runs == 2


def test_the_carry_in_by_cyinit_enters_a_run(draft):
    module = draft("a", "y").lut("n", "a").carry4("y,p,q,r", "c0,c1,c2,c3", "0,0,0,0", "0,0,0,0",
                                                  init="n")  # fmt: skip
    assert measure(module) == Levels(lut=1, carry=1, carry_runs=1, muxf=0, dsp=0)


def test_the_carry_in_from_the_fabric_enters_a_run(draft):
    module = draft("a", "y").lut("n", "a")
    module.carry4("y,p,q,r", "c0,c1,c2,c3", "0,0,0,0", "0,0,0,0", ci="n")
    assert measure(module) == Levels(lut=1, carry=1, carry_runs=1, muxf=0, dsp=0)


def test_memories_and_shift_registers(draft):
    module = draft("a clk", "y").lut("n", "a").lut("m", "n")
    module.cell("RAM64X1D", {"DPO": "d", "SPO": "s"}, {"DPRA0": "a", "A0": "m", "D": "m"})
    assert measure(module.lut("y", "d")).lut == 2, "reading follows DPRA, not A or D"
    module = draft("a", "y").cell(
        "RAM32M16", {"DOA": "d", "DOB": "e"}, {"ADDRA": "a", "ADDRB": "n"}
    )
    assert measure(module.lut("n", "a").lut("y", "d")).lut == 2
    module = draft("a", "y").cell("SRL16E", {"Q": "q"}, {"D": "n", "A0": "1"}).lut("n", "a")
    assert measure(module.lut("y", "q")).lut == 1, "a fixed address is a register"
    module = draft("a", "y").cell("SRL16E", {"Q": "q"}, {"D": "a", "A0": "n"}).lut("n", "a")
    assert measure(module.lut("y", "q")).lut == 3, "one that changes is a LUT"
    module = (
        draft("a", "y").lut("n", "a").cell("RAMB36E2", {"DOUTADOUT": "d"}, {"ADDRARDADDR": "n"})
    )
    assert measure(module.lut("y", "d")).lut == 1


@pytest.mark.parametrize(
    ("registers", "through"),
    [
        ({}, 0),
        (dict(PREG=0, MREG=0, AREG=0, BREG=0), 1),
        (dict(PREG=0, MREG=0, AREG=1, BREG=2, INMODEREG=0, ADREG=1), 0),
        (dict(PREG=0, MREG=1, AREG=0, BREG=0), 0),
        (dict(PREG=1, MREG=0, AREG=0, BREG=0), 0),
        (dict(PREG=0, MREG=1, AREG=0, BREG=0, USE_MULT="NONE"), 1),
        (dict(PREG=0, MREG=0, AREG=1, BREG=1, ADREG=0, DREG=0), 1),
        (dict(PREG=0, CREG=0), 1),
    ],
)
def test_dsp_blocks_break_paths_where_a_register_is_on(draft, registers, through):
    module = draft("a", "y").lut("n", "a").lut("y", "p")
    module.cell("DSP48E2", {"P": "p"}, dict.fromkeys("ABCD", "n"), **registers)
    found = measure(module)
    assert found.dsp == through and found.lut == 1 + through


def test_cascades_of_dsp_blocks(draft):
    module = draft("a", "y").lut("y", "p1")
    module.cell("DSP48E2", {"PCOUT": "c"}, {"A": "a"}, PREG=0, MREG=0, AREG=0)
    module.cell("DSP48E2", {"P": "p1"}, {"PCIN": "c"}, PREG=0)
    assert measure(module).dsp == 2
    module = draft("a", "o").cell("DSP48E2", {"ACOUT": "o"}, {"A": "a"}, ACASCREG=0, AREG=0)
    assert measure(module).dsp == 1


def test_paths_cross_modules_that_are_kept_apart(draft):
    through = draft("i clk", "o r", name="pe").lut("n", "i").lut("o", "n").ff("r", "n")
    top = draft("a clk", "y")
    for index, source in enumerate(("a", "o0", "o1")):
        top.cell("pe", {"o": f"o{index}", "r": f"r{index}"}, {"i": source, "clk": "clk"})
    found = measure(top.lut("y", "o2 r0"), through)
    assert found.lut == 7


def test_the_longest_inner_path_of_a_child_counts(draft):
    child = draft("i clk", "o", name="pe").ff("q", "i").lut("n", "q").lut("m", "n").ff("o", "m")
    top = draft("a clk", "y").cell("pe", {"o": "o"}, {"i": "a", "clk": "clk"}).lut("y", "o")
    assert measure(top, child).lut == 2


def test_what_arrives_inside_and_what_leaves_adds_to_the_outside(draft):
    child = draft("i clk", "o", name="pe").lut("n", "i").ff("q", "n").lut("m", "q").lut("o", "m")
    top = draft("a clk", "y").lut("b", "a").lut("c", "b").lut("d", "c")
    top.cell("pe", {"o": "o"}, {"i": "d", "clk": "clk"}).lut("y", "o")
    assert measure(top, child).lut == 4
    top = draft("a clk", "y").cell("pe", {"o": "o"}, {"i": "a", "clk": "clk"}).lut("n", "o")
    assert measure(top.lut("m", "n").lut("y", "m"), child).lut == 5


def test_a_child_that_only_joins_ports_hides_no_path(draft):
    wire = draft("i", "o", name="wire")
    wire.ports["o"]["bits"] = wire.ports["i"]["bits"]
    top = draft("a", "y").lut("n", "a").cell("wire", {"o": "m"}, {"i": "n"}).lut("y", "m")
    assert measure(top, wire).lut == 2


def test_a_constant_into_a_child_starts_no_path(draft):
    child = draft("i clk", "o", name="pe").lut("n", "i").lut("m", "n").ff("q", "m").lut("o", "m")
    top = draft("a clk", "y").cell("pe", {"o": "n"}, {"i": "0", "clk": "clk"}).lut("y", "a")
    assert measure(top.lut("z", "n"), child).lut == 1


def test_the_carry_run_of_a_child_counts_only_below_the_top(draft):
    child = draft("a", "o", name="pe").carry4("p,q,o,r", "c0,c1,c2,c3", "a,a,a,a", "a,a,a,a")
    netlist = draft("a", "y").cell("pe", {"o": "y"}, {"a": "a"}).netlist(child, draft(name="alone"))
    assert levels(netlist, "top", XCUP).carry == 3
    assert levels(netlist, "alone", XCUP).carry == 0


def test_loops_are_refused_by_the_name_of_a_net(draft):
    module = draft("a", "y").lut("m", "a n").lut("n", "m").lut("y", "n")
    with pytest.raises(
        DesignError, match=r"must break every loop, got .* through '[mn]' in .*'top'"
    ):
        levels(module.netlist(), "top", XCUP)
    child = draft("i", "o", name="pe").lut("o", "i")
    module = draft("", "y").cell("pe", {"o": "n"}, {"i": "n"}).lut("y", "n")
    with pytest.raises(DesignError, match="loop through 'n' in module 'top'"):
        levels(module.netlist(child), "top", XCUP)


def test_unknown_cells_are_refused(draft):
    with pytest.raises(
        DesignError, match="cell type 'FOO' is not known to family xcup, got 'foo_0'"
    ):
        levels(draft().cell("FOO", {}, {}).netlist(), "top", XCUP)


def test_ecp5(draft):
    ecp5 = FAMILIES["ecp5"]
    module = draft("a clk", "y").cell("LUT4", {"Z": "n"}, {"A": "a"})
    module.cell("CCU2C", {"S0": "s", "S1": "t", "COUT": "c"}, {"A0": "n", "A1": "a", "CIN": "0"})
    module.cell("PFUMX", {"Z": "y"}, {"ALUT": "t", "BLUT": "a", "C0": "a"})
    assert levels(module.netlist(), "top", ecp5) == Levels(1, 2, 1, 1, 0)
    for clocks, dsp in (({}, 1), ({"REG_OUTPUT_CLK": "CLK0"}, 0), ({"REG_INPUTA_CLK": "CLK0"}, 0)):
        module = draft("a", "p").cell("MULT18X18D", {"P0": "p"}, {"A0": "a"}, **clocks)
        assert levels(module.netlist(), "top", ecp5).dsp == dsp
    for clocks, dsp in (({}, 1), ({"REG_OUTPUT0_CLK": "CLK0"}, 0)):
        module = draft("a", "p").cell("ALU54B", {"R0": "p"}, {"A0": "a"}, **clocks)
        assert levels(module.netlist(), "top", ecp5).dsp == dsp
    module = draft("a b", "y").cell("TRELLIS_DPR16X4", {"DO": "d"}, {"RAD": "a", "WAD": "n"})
    module.cell("LUT4", {"Z": "n"}, {"A": "b"}).cell("LUT4", {"Z": "y"}, {"A": "d"})
    assert levels(module.netlist(), "top", ecp5).lut == 2


def test_ice40(draft):
    ice40 = FAMILIES["ice40"]
    module = draft("a b", "y").cell("SB_LUT4", {"O": "n"}, {"I0": "a"})
    module.cell("SB_CARRY", {"CO": "c"}, {"I0": "n", "I1": "b", "CI": "0"})
    module.cell("SB_CARRY", {"CO": "d"}, {"I0": "a", "I1": "b", "CI": "c"})
    module.cell("SB_LUT4", {"O": "y"}, {"I3": "d"})
    assert levels(module.netlist(), "top", ice40) == Levels(2, 2, 1, 0, 0)
    both = dict(TOPOUTPUT_SELECT=3, BOTOUTPUT_SELECT=3)
    for parameters, dsp in (
        ({}, 1),
        (both, 1),
        (both | dict(A_REG=1), 0),
        (both | dict(PIPELINE_16x16_MULT_REG2=1), 0),
        (dict(TOPOUTPUT_SELECT=1, BOTOUTPUT_SELECT=1), 0),
        (dict(TOPOUTPUT_SELECT=1), 1),
        (dict(TOPOUTPUT_SELECT=2, TOP_8x8_MULT_REG=1, BOTOUTPUT_SELECT=1), 0),
    ):
        module = draft("a", "o").cell("SB_MAC16", {"O": "o"}, {"A": "a"}, **parameters)
        assert levels(module.netlist(), "top", ice40).dsp == dsp, parameters


def test_gowin(draft):
    gowin = FAMILIES["gowin"]
    module = draft("a b", "y").cell("LUT2", {"F": "n"}, {"I0": "a", "I1": "b"})
    module.cell("ALU", {"SUM": "s", "COUT": "c"}, {"I0": "n", "I1": "b", "I3": "1", "CIN": "0"})
    module.cell("ALU", {"SUM": "t", "COUT": "d"}, {"I0": "a", "I1": "b", "I3": "1", "CIN": "c"})
    module.cell("MUX2_LUT5", {"O": "y"}, {"I0": "t", "I1": "n", "S0": "a"})
    assert levels(module.netlist(), "top", gowin) == Levels(1, 2, 1, 1, 0)
    for registers, dsp in (({}, 1), (dict(OUT_REG=1), 0), (dict(PIPE_REG=1), 0), (dict(AREG=1), 0)):
        module = draft("a", "p").cell("MULT18X18", {"DOUT": "p"}, {"A": "a"}, **registers)
        assert levels(module.netlist(), "top", gowin).dsp == dsp
    module = draft("a b", "y").cell("RAM16SDP4", {"DO": "d"}, {"RAD": "a", "WAD": "n"})
    module.cell("LUT1", {"F": "n"}, {"I0": "b"}).cell("LUT1", {"F": "y"}, {"I0": "d"})
    assert levels(module.netlist(), "top", gowin).lut == 2


def test_nexus(draft):
    nexus = FAMILIES["nexus"]
    module = draft("a", "y").cell("INV", {"Z": "n"}, {"A": "a"})
    module.cell("CCU2", {"S0": "s", "S1": "t", "COUT": "c"}, {"A0": "n", "A1": "a", "CIN": "0"})
    module.cell("WIDEFN9", {"Z": "y"}, {"A0": "t", "B1": "a", "SEL": "a"})
    assert levels(module.netlist(), "top", nexus) == Levels(2, 2, 1, 0, 0)
    off = {f"REG{name}": "BYPASS" for name in ("INPUTA", "INPUTB", "OUTPUT")}
    for registers, dsp in (({}, 0), (off, 1), (off | {"REGINPUTA": "REGISTER"}, 0)):
        module = draft("a", "p").cell("MULT18X18", {"Z": "p"}, {"A": "a"}, **registers)
        assert levels(module.netlist(), "top", nexus).dsp == dsp
    for pipeline, dsp in (("BYPASS", 1), ("REGISTER", 0)):
        names = off | {"REGINPUTC": "BYPASS", "REGPIPELINE": pipeline}
        module = draft("a", "p").cell("MULTADDSUB18X18", {"Z": "p"}, {"A": "a"}, **names)
        assert levels(module.netlist(), "top", nexus).dsp == dsp
    for other, dsp in ((3, 1), (2, 0)):
        names = {"REGOUTPUT": "BYPASS", f"REGINPUTAB{other}": "BYPASS"}
        module = draft("a", "p").cell("MULTADDSUB9X9WIDE", {"Z": "p"}, {"A3": "a"}, **names)
        assert levels(module.netlist(), "top", nexus).dsp == dsp
