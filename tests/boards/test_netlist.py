"""Reading the netlist: drivers, readers, hierarchy, and what is refused."""

import json

import pytest
from macsmith.boards.netlist import parse, read
from macsmith.golden.errors import DesignError, UnknownName


def test_drivers_and_readers(draft):
    module = draft("a b", "y").lut("n", "a b").lut("y", "n a").ff("q", "n").netlist().module("top")
    net = {name: bit for bit, name in module.nets.items()}
    assert module.drivers[net["n"]] == (0, "O", 0)
    assert module.readers[net["n"]] == [(1, "I0", 0), (2, "D", 0)]
    assert net["a"] in module.inputs and net["a"] not in module.drivers
    assert module.sole_reader(net["n"]) is None
    assert module.sole_reader(net["b"]) == (0, "I1", 0)
    assert module.sole_reader(net["y"]) is None, "a port reads it"
    assert module.is_read(net["y"]) and not module.is_read(net["q"]) and not module.is_read("0")


def test_unconnected_bits_and_numeric_parameters(draft):
    cell = draft("a").cell("X", {}, {"A": "a"}, N=5, M="01x1").netlist().module("top").cells[0]
    assert cell.bit("A", 0) != "x"
    assert cell.bit("A", 1) == "x" and cell.bit("B") == "x"
    assert cell.value("N", 1) == 5 and cell.value("M", 0) == 5 and cell.value("absent", 7) == 7


def three_deep(draft):
    leaf = draft("i", "o", name="leaf").lut("o", "i")
    middle = draft("i", "o", name="middle")
    middle.cell("leaf", {"o": "n"}, {"i": "i"}).cell("leaf", {"o": "o"}, {"i": "n"})
    top = draft("i", "o")
    for source, sink in (("i", "a"), ("a", "b"), ("b", "c")):
        top.cell("middle", {"o": sink}, {"i": source})
    return top.cell("leaf", {"o": "o"}, {"i": "c"}).netlist(middle, leaf)


def test_instances_multiply_down_the_hierarchy(draft):
    netlist = three_deep(draft)
    assert netlist.instances("top") == {"top": 1, "middle": 3, "leaf": 7}
    assert netlist.instances("middle") == {"middle": 1, "leaf": 2}
    assert netlist.order("top") == ["top", "middle", "leaf"]


def test_scope_cells_and_blackboxes_are_left_out(draft):
    body = draft().cell("$scopeinfo", {}, {}).body()
    box = draft("a").body() | {"attributes": {"blackbox": f"{1:032b}"}}
    netlist = parse({"modules": {"top": body, "BOX": box}})
    assert list(netlist.modules) == ["top"] and netlist.module("top").cells == ()


def test_refusals(draft, tmp_path):
    with pytest.raises(UnknownName, match="unknown module 'tip'; close ones: top"):
        draft().netlist().module("tip")
    loop = draft(name="a").cell("a", {}, {})
    with pytest.raises(DesignError, match="must not contain themselves, got 'a'"):
        loop.netlist().order("a")
    child = draft("i", name="child")
    with pytest.raises(DesignError, match="'child' has no port 'j', got one on 'child_0'"):
        draft("i").cell("child", {}, {"j": "i"}).netlist(child)
    file = tmp_path / "n.json"
    for text in ("{", "{}", '{"modules": {"top": {"ports": {}}}}'):
        file.write_text(text)
        with pytest.raises(DesignError, match=r"n\.json must be a netlist written by yosys"):
            read(file)
    file.write_text(json.dumps({"modules": {"top": draft("a", "a2").body()}}))
    assert set(read(file).modules) == {"top"}
    file.write_text(json.dumps({"modules": {"child": child.body(), "top": draft().cell(
        "child", {}, {"j": "0"}).body()}}))  # fmt: skip
    with pytest.raises(DesignError, match="has no port 'j'"):
        read(file)
