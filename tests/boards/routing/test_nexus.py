"""What nextpnr-nexus needs a netlist to be, and what of it is refused."""

import gzip
import json

import pytest
from macsmith.boards import lookup, synthesize
from macsmith.boards.routing import ROUTERS
from macsmith.boards.routing.harness import harness
from macsmith.boards.routing.nexus import carried, with_constants
from macsmith.boards.routing.route import NETLIST, routed
from macsmith.golden.errors import DesignError
from macsmith.tools import yosys

NEXUS = ROUTERS["nexus"]

WORDS = """
module words(input clk, we, input [3:0] w, r, d, output reg [3:0] q);
  (* ram_style = "distributed" *) reg [3:0] kept [0:15];
  reg go;
  reg [3:0] at, from, data;
  wire [3:0] read = kept[from];
  always @(posedge clk) begin
    {go, at, from, data} <= {we, w, r, d};
    if (go) kept[at] <= data;
    q <= read;
  end
endmodule
"""


@pytest.mark.slow
def test_the_router_joins_rams_in_luts_wrongly(build_folder, monkeypatch):
    """The four bits of a word are written at one address, and read at bits of the address in two
    orders: whatever the silicon's order is, two bits are of another word. They are refused."""
    monkeypatch.setenv("MACSMITH_CACHE", str(build_folder / "cache"))
    (build_folder / "words.v").write_text(WORDS, encoding="utf-8")
    made = ["read_verilog words.v", "hierarchy -top words", "proc", "write_rtlil words.il"]
    yosys.run(made, build_folder)
    rtlil = (build_folder / "words.il").read_text(encoding="utf-8")
    board = lookup("crosslink-nx-evn")
    synthesize(rtlil, ["words"], board, "lut", [], build_folder)
    mapped = json.loads((build_folder / "netlist.json").read_text(encoding="utf-8"))
    netlist = harness(mapped, "words", NEXUS).netlist
    with pytest.raises(DesignError, match="RAMs in LUTs, .* joins wrongly: choose another board"):
        NEXUS.prepared(netlist)
    folder, _ = routed(json.dumps(with_constants(netlist)), NEXUS, board, 1)
    (module,) = json.loads(gzip.decompress((folder / NETLIST).read_bytes()))["modules"].values()
    names = {net["bits"][0]: name for name, net in module["netnames"].items()}
    bits = [cell["connections"] for cell in module["cells"].values()
            if cell["parameters"].get("MODE", "").strip() == "DPRAM"]  # fmt: skip
    written = {tuple(bit[f"WAD{n}"][0] for n in range(4)) for bit in bits}
    read = {tuple(names[bit[port][0]] for port in "ABCD") for bit in bits}
    assert len(bits) == 4 and len(written) == 1
    assert {*map(frozenset, read)} == {frozenset(f"core.from[{n}]" for n in range(4))}
    assert len(read) > 1


def chain(draft, cin, read, init0="0xFFFF", init1="0x00AA", inject="NO", a1="a"):
    """A CCU2 with A1 free and its other inputs high, of which one output is read."""
    pins = dict.fromkeys(["A0", "B0", "C0", "D0", "B1", "C1", "D1"], "1")
    outs = {port: "y" if port == read else port for port in ("S0", "S1", "COUT")}
    module = draft("a b", "y").cell(
        "CCU2", outs, {**pins, "A1": a1, "CIN": cin}, INIT0=init0, INIT1=init1, INJECT=inject
    )
    return {"modules": {"top": module.body()}}


def prepared(netlist):
    (module,) = NEXUS.prepared(netlist)["modules"].values()
    (cell,) = (cell for cell in module["cells"].values() if cell["type"] == "CCU2")
    return cell


@pytest.mark.parametrize("cin", ["0", "1", "x"])
def test_the_constant_before_a_chain_is_left_out_where_it_means_nothing(draft, cin):
    """yosys begins a chain with such a CCU2: A1 enters it."""
    netlist = chain(draft, cin, "COUT")
    cell = prepared(netlist)
    assert "CIN" not in cell["connections"] and "CIN" not in cell["port_directions"]
    assert netlist == chain(draft, cin, "COUT"), "what was given stays as it is"


@pytest.mark.parametrize(
    ("read", "changes"),
    [("S0", {}), ("COUT", {"init1": "0xFFAA"}), ("S1", {"init0": "0x96AA"}),
     ("COUT", {"init0": "0x96AA", "init1": "0x96AA", "a1": "b"})],
)  # fmt: skip
def test_a_constant_that_means_something_is_refused(draft, read, changes):
    with pytest.raises(DesignError) as caught:
        prepared(chain(draft, "1", read, **changes))
    told = f"{read} of the carry ccu2_0 needs the constant 1 at its CIN, which nextpnr-nexus"
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)


def test_a_carry_that_is_a_net_stays(draft):
    assert prepared(chain(draft, "b", "S0"))["connections"]["CIN"] == [3]


TABLES = [("0xFFFF", "0x00AA", "NO"), ("0x96AA", "0x96AA", "NO"), ("0x96AA", "0x00AA", "YES"),
          ("0x0000", "0x1234", "NO"), ("0xFFFF", "0xFFFF", "YES")]  # fmt: skip


@pytest.mark.parametrize(("init0", "init1", "inject"), TABLES)
def test_what_a_carry_changes_is_as_in_the_model_of_yosys(build_folder, init0, init1, inject):
    """A solver finds two values of CIN with different outputs, or that there are none."""
    ports = [f"{letter}{half}" for half in (0, 1) for letter in "ABCD"]
    joined = ", ".join(f".{port}(i[{n}])" for n, port in enumerate(ports))
    cells = "".join(
        f'CCU2 #(.INIT0("{init0}"), .INIT1("{init1}"), .INJECT("{inject}")) c{carry} '
        f"(.CIN(1'b{carry}), {joined}, .S0(s0[{carry}]), .S1(s1[{carry}]), .COUT(c[{carry}]));"
        for carry in (0, 1)
    )
    text = f"module top(input [7:0] i, output [1:0] s0, s1, c); {cells} endmodule"
    (build_folder / "top.v").write_text(text, encoding="utf-8")
    nets = {port: [n + 2] for n, port in enumerate(ports)} | {"CIN": ["0"]}
    parameters = {"INIT0": init0, "INIT1": init1, "INJECT": inject}
    changed = carried({"connections": nets, "parameters": parameters})
    asked = [
        f"sat {'-falsify' if port in changed else '-verify'} -prove {name}[0] {name}[1]"
        for port, name in (("S0", "s0"), ("S1", "s1"), ("COUT", "c"))
    ]
    read = ["read_verilog +/nexus/cells_sim.v", "read_verilog top.v", "hierarchy -top top"]
    yosys.run([*read, "proc", "flatten", *asked], build_folder)
