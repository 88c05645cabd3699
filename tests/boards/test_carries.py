"""Chains, the positions that are used, and run lengths in bits."""

import pytest
from macsmith.boards.carries import chains
from macsmith.boards.families import FAMILIES

ROLES = FAMILIES["xcup"].roles


def nets(stem: str, count: int = 4) -> str:
    return ",".join(f"{stem}{i}" for i in range(count))


def test_a_chain_is_joined_by_its_dedicated_wire(draft):
    module = draft(nets("s").replace(",", " "), "y")
    module.carry4(nets("h"), nets("k"), nets("t"), nets("e"), ci="c3")  # the upper one first
    module.carry4(nets("o"), nets("c"), nets("s"), nets("d")).lut("y", "h1")
    (chain,) = chains(module.netlist().module("top"), ROLES)
    assert chain.cells == (1, 0)
    assert chain.used == ((True,) * 4, (True, True, False, False))
    assert chain.bits == 6


@pytest.mark.parametrize(
    ("read", "used", "bits"),
    [
        ("o0", 1, 1),
        ("o2", 3, 3),
        ("c1", 2, 2),
        ("c3", 4, 4),
        ("", 0, 0),
    ],
)
def test_positions_count_up_to_the_highest_that_is_read(draft, read, used, bits):
    module = draft("s0 s1 s2 s3", "y").carry4(nets("o"), nets("c"), nets("s"), "0,0,0,0")
    if read:
        module.lut("y", read)
    (chain,) = chains(module.netlist().module("top"), ROLES)
    assert sum(chain.used[0]) == used and chain.bits == bits


def test_a_run_starts_where_a_signal_enters(draft):
    module = draft("s2 s3", "o3").carry4(nets("o"), nets("c"), "0,0,s2,s3", "1,0,0,0")
    assert chains(module.netlist().module("top"), ROLES)[0].bits == 2
    module = draft("s2 s3 i", "o3").carry4(nets("o"), nets("c"), "0,0,s2,s3", "1,0,0,0", init="i")
    assert chains(module.netlist().module("top"), ROLES)[0].bits == 4


def test_only_one_of_two_readers_has_the_wire(draft):
    module = draft("s0 s1 s2 s3", "y z").carry4(nets("o"), nets("c"), nets("s"), "0,0,0,0")
    module.carry4("y,p,q,r", nets("k"), nets("s"), "0,0,0,0", ci="c3")
    module.carry4("z,u,v,w", nets("m"), nets("s"), "0,0,0,0", ci="c3")
    assert [c.cells for c in chains(module.netlist().module("top"), ROLES)] == [(0, 1), (2,)]


def test_a_carry_that_goes_through_a_port_starts_a_new_chain(draft):
    module = draft("s0 s1 s2 s3 c", "o0").carry4(nets("o"), nets("k"), nets("s"), "0,0,0,0", ci="c")
    (chain,) = chains(module.netlist().module("top"), ROLES)
    assert chain.cells == (0,) and chain.bits == 1


@pytest.mark.parametrize("source", ["o3", "c2"])
def test_only_the_dedicated_output_joins(draft, source):
    module = draft("s0 s1 s2 s3", "y").carry4(nets("o"), nets("c"), nets("s"), "0,0,0,0")
    module.carry4("y,p,q,r", nets("k"), nets("s"), "0,0,0,0", ci=source)
    assert [c.cells for c in chains(module.netlist().module("top"), ROLES)] == [(0,), (1,)]


def test_a_wire_into_an_unread_cell_uses_nothing(draft):
    module = draft("s0 s1 s2 s3", "o1").carry4(nets("o"), nets("c"), nets("s"), "0,0,0,0")
    module.carry4(nets("p"), nets("k"), nets("s"), "0,0,0,0", ci="c3")
    (chain,) = chains(module.netlist().module("top"), ROLES)
    assert chain.used == ((True, True, False, False), (False,) * 4) and chain.bits == 2


def test_other_families(draft):
    ecp5 = draft("a b", "s2")
    ecp5.cell("CCU2C", {"S0": "s0", "S1": "s1", "COUT": "c"}, {"A0": "a", "A1": "b", "CIN": "0"})
    ecp5.cell("CCU2C", {"S0": "s2", "S1": "s3", "COUT": "d"}, {"A0": "a", "A1": "b", "CIN": "c"})
    (chain,) = chains(ecp5.netlist().module("top"), FAMILIES["ecp5"].roles)
    assert chain.cells == (0, 1) and chain.bits == 3
    ice40 = draft("a b", "y")
    for low, high in (("0", "c1"), ("c1", "c2"), ("c2", "c3")):
        ice40.cell("SB_CARRY", {"CO": high}, {"I0": "a", "I1": "b", "CI": low})
    ice40.cell("SB_LUT4", {"O": "y"}, {"I3": "c3"})
    (chain,) = chains(ice40.netlist().module("top"), FAMILIES["ice40"].roles)
    assert chain.bits == 3
