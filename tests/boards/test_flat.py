"""Dissolving the hierarchy keeps every cell and joins exactly the nets that ports join."""

from macsmith.boards.flat import flatten


def pins(module):
    return {cell.name: {p: bits for p, bits in cell.pins.items()} for cell in module.cells}


def test_paths_and_nets(draft):
    leaf = draft("i", "o", name="leaf").lut("o", "i")
    top = draft("a", "y").cell("leaf", {"o": "n"}, {"i": "a"}).cell("leaf", {"o": "y"}, {"i": "n"})
    flat = flatten(top.netlist(leaf), "top")
    first, second = pins(flat)["leaf_0/lut1_0"], pins(flat)["leaf_1/lut1_0"]
    assert first["I0"] == flat.ports["a"][1]
    assert first["O"] == second["I0"]
    assert second["O"] == flat.ports["y"][1]
    assert flat.nets[flat.ports["a"][1][0]] == "a"


def test_a_child_that_joins_two_ports_joins_the_nets_outside(draft):
    wire = draft("i", "o", name="wire")
    wire.ports["o"]["bits"] = wire.ports["i"]["bits"]
    top = draft("a", "y").cell("wire", {"o": "n"}, {"i": "a"}).lut("y", "n")
    flat = flatten(top.netlist(wire), "top")
    assert [cell.type for cell in flat.cells] == ["LUT1"]
    assert flat.cells[0].pins["I0"] == flat.ports["a"][1]


def test_constants_pass_through_ports_both_ways(draft):
    child = draft("i", "o", name="child").lut("n", "i")
    child.ports["o"]["bits"] = ["1"]
    top = draft("", "y").cell("child", {"o": "m"}, {"i": "0"}).lut("y", "m")
    flat = flatten(top.netlist(child), "top")
    assert pins(flat)["child_0/lut1_0"]["I0"] == ("0",)
    assert pins(flat)["lut1_1"]["I0"] == ("1",)


def test_a_constant_follows_nets_that_are_joined_later(draft):
    child = draft("", "o", name="child")
    child.ports["o"]["bits"] = ["1"]
    wire = draft("i", "o", name="wire")
    wire.ports["o"]["bits"] = wire.ports["i"]["bits"]
    top = draft("", "y").cell("child", {"o": "m"}, {}).cell("wire", {"o": "n"}, {"i": "m"})
    flat = flatten(top.lut("y", "n").lut("z", "m").netlist(child, wire), "top")
    assert [cell.pins["I0"] for cell in flat.cells] == [("1",), ("1",)]


def test_an_unconnected_output_stays_a_net(draft):
    child = draft("i", "o", name="child").lut("o", "i").lut("p", "o")
    flat = flatten(draft("a").cell("child", {"o": "x"}, {"i": "a"}).netlist(child), "top")
    inside = pins(flat)
    assert inside["child_0/lut1_0"]["O"] == inside["child_0/lut1_1"]["I0"] != ("x",)
