"""LUT sites of a 7-series and UltraScale+ slice, rule by rule."""

import pytest
from macsmith.boards.families import FAMILIES
from macsmith.boards.families.xilinx_slice import tally

XCUP = FAMILIES["xcup"]


def count(module):
    found = tally(module.netlist().module("top"), XCUP)
    return {**found.counts, **{f"bound {k}": v for k, v in found.bounds.items()}}


def adder(draft, outputs="", di="d0,d1,d2,d3", s="s0,s1,s2,s3"):
    """A CARRY4 whose S inputs are ports unless something drives them."""
    inputs = "a b c e clk " + " ".join(n for n in f"{s},{di}".split(",") if n not in "01")
    module = draft(" ".join(dict.fromkeys(inputs.split())), outputs)
    return module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", s, di)


def test_two_luts_of_few_inputs_share_a_site(draft):
    found = count(draft("a b c d e f", "x y z").lut("x", "a b c").lut("y", "c d e").lut("z", "a f"))
    assert found["lut"] == 3 and found["lut_packed"] == 2 and found["bound lut"] == 2


def test_constants_and_repeated_nets_take_no_input(draft):
    found = count(draft("a b c d e", "x y").lut("x", "a b c d e 1").lut("y", "a a b c d"))
    assert found["lut_packed"] == 1


def test_six_inputs_never_share(draft):
    assert count(draft("a b c d e f", "x y").lut("x", "a b c d e f").lut("y", "a"))[
        "lut_packed"
    ] == 2  # fmt: skip


def test_s_inputs_without_a_lut_are_bare_up_to_the_highest_used(draft):
    found = count(adder(draft, "o2"))
    assert found["bare"] == 3 and found["bound lut"] == 3 and found["bound carry"] == 4


def test_a_lut_that_drives_s_is_its_site(draft):
    module = draft("a b d0 d1 s1", "o1").carry4(
        "o0,o1,p,q", "c0,c1,c2,c3", "s0,s1,0,0", "d0,d1,0,0"
    )
    found = count(module.lut("s0", "a b"))
    assert found["lut"] == 1 and found["bare"] == 1 and found["bound lut"] == 2


def test_a_constant_s_ties_its_site(draft):
    assert count(adder(draft, "o1", s="0,s1,s2,s3"))["bare"] == 2


def test_a_lut_stands_beside_one_position_only(draft):
    module = draft("a b", "o1").carry4("o0,o1,p,q", "c0,c1,c2,c3", "s,s,0,0", "0,0,0,0")
    found = count(module.lut("s", "a b"))
    assert found["lut"] == 1 and found["bare"] == 1


def test_two_luts_beside_carry_positions_never_share(draft):
    module = draft("a b clk").carry4("o0,o1,p,q", "c0,c1,c2,c3", "s,t,0,0", "0,0,0,0")
    module.lut("s", "a b").lut("t", "a b").ff("q0", "o0").ff("q1", "o1")
    assert count(module)["lut_packed"] == 2


def beside(draft, registers, reader=None):
    """A position with a LUT of two inputs, and one more LUT of two inputs."""
    module = draft("a b d0 clk other", "y").lut("s0", "a b").lut("y", "a b")
    module.carry4("o0,p,q,r", "c0,c1,c2,c3", "s0,0,0,0", "d0,0,0,0")
    for q, d, controls in registers:
        module.ff(q, d, **controls)
    return module if reader is None else module.lut("z", f"{reader} a b d0 clk other")


def test_a_sum_that_is_registered_leaves_the_mux_output_free(draft):
    assert count(beside(draft, [("q0", "o0", {})]))["lut_packed"] == 1
    assert count(beside(draft, [("q0", "c0", {})]))["lut_packed"] == 1


def test_a_sum_that_the_fabric_reads_takes_the_mux_output(draft):
    assert count(beside(draft, [], "o0"))["lut_packed"] == 3
    assert count(beside(draft, [("q0", "o0", {})], "o0"))["lut_packed"] == 3
    assert count(beside(draft, [("q0", "o0", {}), ("q1", "o0", {})]))["lut_packed"] == 2
    assert count(beside(draft, [("q0", "o0", {}), ("q1", "c0", {})]))["lut_packed"] == 2


def test_flip_flops_of_one_carry_share_their_controls(draft):
    def two(**controls):
        module = draft("a b clk other", "y").lut("s0", "a b").lut("y", "a b")
        module.carry4("o0,o1,q,r", "c0,c1,c2,c3", "s0,0,0,0", "0,0,0,0")
        return count(module.ff("q0", "o0").ff("q1", "o1", **controls))["lut_packed"]

    assert two() == 1
    assert two(ce="other") == two(r="other") == two(c="other") == 2


def test_the_wire_to_the_carry_above_needs_no_output(draft):
    module = draft("a b c d e s t clk", "y").lut("s3", "a b").lut("y", "a b c d e").ff("q", "p0")
    module.carry4("o0,o1,o2,o3", "c0,c1,c2,c3", "s,s,s,s3", "0,0,0,0")
    module.carry4("p0,p1,p2,p3", "d0,d1,d2,d3", "t,0,0,0", "0,0,0,0", ci="c3")
    assert count(module)["lut_packed"] == 1
    assert count(module.lut("z", "c3 a b c d e"))["lut_packed"] == 3


def test_a_register_takes_the_sum_by_d_only(draft):
    assert count(beside(draft, [("q0", "a", {"ce": "o0"})]))["lut_packed"] == 2


def test_a_lut_that_feeds_the_positions_di_shares_without_an_output(draft):
    module = draft("a b", "o0").lut("s0", "a b").lut("d0", "a b")
    module.carry4("o0,p,q,r", "c0,c1,c2,c3", "s0,0,0,0", "d0,0,0,0")
    assert count(module)["lut_packed"] == 1
    assert count(module.ff("q0", "d0"))["lut_packed"] == 2, "d0 must leave as well"


def test_a_lut_that_feeds_another_positions_di_does_not(draft):
    module = draft("a b", "o0 o1").lut("s0", "a b").lut("d1", "a b")
    module.carry4("o0,o1,q,r", "c0,c1,c2,c3", "s0,0,0,0", "0,d1,0,0")
    found = count(module)
    # It joins position 1 itself, whose S is constant.
    assert found["lut"] == 2 and found["bare"] == 1 and found["bound lut"] == 2


def test_wide_multiplexers_take_their_luts_alone(draft):
    module = draft("a b c", "y z").lut("i0", "a b").lut("i1", "a b").lut("z", "a b")
    module.cell("MUXF7", {"O": "y"}, {"I0": "i0", "I1": "i1", "S": "c"})
    found = count(module)
    assert found["lut_packed"] == 3 and found["bare"] == 0 and found["muxf"] == 1


def test_a_wide_multiplexer_without_a_lut_needs_a_route_through(draft):
    module = draft("a b c", "y").lut("i0", "a b")
    module.cell("MUXF7", {"O": "y"}, {"I0": "i0", "I1": "a", "S": "c"})
    assert count(module)["bare"] == 1 and count(module)["bound lut"] == 2


def test_a_muxf8_takes_muxf7_for_nothing(draft):
    module = draft("a b c d", "y")
    for half in "pq":
        module.lut(f"{half}0", "a b").lut(f"{half}1", "a c")
        module.cell("MUXF7", {"O": half}, {"I0": f"{half}0", "I1": f"{half}1", "S": "c"})
    module.cell("MUXF8", {"O": "y"}, {"I0": "p", "I1": "q", "S": "d"})
    assert count(module)["bare"] == 0
    module.cell("MUXF8", {"O": "z"}, {"I0": "p", "I1": "a", "S": "d"})
    assert count(module)["bare"] == 1


def test_a_lut6_2_is_two_luts_in_one_site(draft):
    module = draft("a b c d e", "x y").cell(
        "LUT6_2", {"O5": "x", "O6": "y"}, {f"I{i}": n for i, n in enumerate("abcde1")}
    )
    found = count(module)
    assert found["lut"] == 2 and found["lut_packed"] == 1 and found["bound lut"] == 1


@pytest.mark.parametrize(
    ("readers", "luts"),
    [
        (lambda m: m.lut("y", "n b c d e f"), 1),
        (lambda m: m.ff("q", "b", r="n"), 0),
        (lambda m: m.ff("q", "b", c="n"), 0),
        (lambda m: m.ff("q", "b", ce="n"), 1),
        (lambda m: m.ff("q", "n"), 1),
        (lambda m: m.lut("y", "n b c d e f").ff("q", "n"), 2),
        (lambda m: m.inv("n2", "n").lut("y", "n2 b c d e f"), 1),
        (lambda m: m.cell("RAMB36E2", {}, {"DINADIN": "n"}), 1),
    ],
)
def test_inverters_are_free_where_the_slice_absorbs_them(draft, readers, luts):
    assert count(readers(draft("a b c d e f clk", "y").inv("n", "a")))["lut"] == luts


def test_an_inverter_that_a_port_reads_costs_a_lut(draft):
    assert count(draft("a", "n").inv("n", "a"))["lut"] == 1


def test_an_inverter_before_s_becomes_the_bare_position(draft):
    module = draft("a", "o0").carry4("o0,p,q,r", "c0,c1,c2,c3", "n,0,0,0", "0,0,0,0").inv("n", "a")
    found = count(module)
    assert found["lut"] == 0 and found["bare"] == 1


def test_an_inverter_before_di_costs_a_lut_that_may_feed_it_inside(draft):
    module = (
        draft("a b", "o0").carry4("o0,p,q,r", "c0,c1,c2,c3", "b,0,0,0", "n,0,0,0").inv("n", "a")
    )
    found = count(module)
    assert found["lut"] == 1 and found["bare"] == 1 and found["bound lut"] == 1


def test_an_absorbed_inverter_counts_as_the_net_it_inverts(draft):
    module = draft("a b c d e", "x y").inv("n", "a")
    found = count(module.lut("x", "a b c d e").lut("y", "n b"))
    assert found["lut"] == 2 and found["lut_packed"] == 1


def test_srl_and_lutram_take_sites(draft):
    module = draft("a clk").cell("SRL16E", {"Q": "q"}, {"D": "a", "A0": "1"})
    module.cell("RAM32M16", {"DOA": "x,y"}, {"DIA": "a,a"}).cell(
        "RAM64X1D", {"DPO": "z"}, {"D": "a"}
    )
    found = count(module)
    assert found["srl"] == 1 and found["lutram"] == 10 and found["bound lut"] == 11


def test_flip_flops_and_blocks(draft):
    module = draft("a clk")
    for index in range(5):
        module.ff(f"q{index}", "a")
    module.cell("RAMB18E2", {}, {}).cell("URAM288", {}, {}).cell("DSP48E2", {}, {})
    found = count(module)
    assert found["ff"] == 5 and found["bound ff"] == 2.5
    assert found["bram36"] == 0.5 and found["uram"] == found["dsp"] == 1


@pytest.mark.parametrize(("length", "carry8"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_carry8_is_half_of_each_chain_rounded_up(draft, length, carry8):
    module = draft("s", f"o{length}")
    for chain in range(2):
        for index in range(length):
            low = f"c{chain}{index}" if index else "0"
            module.carry4(f"o{index + 1},p,q,r", f"x,y,z{chain},c{chain}{index + 1}", "s,s,s,s",
                          "0,0,0,0", ci=low)  # fmt: skip
    found = count(module)
    assert found["carry4"] == 2 * length and found["carry8"] == 2 * carry8
    assert found["bound carry"] == 8 * length
