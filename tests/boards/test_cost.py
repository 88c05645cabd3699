"""Real synthesis: known counts, engines apart, modules kept, cache, and everything that fails.

One yosys run a family, shared by all tests; the figures are in reference/toolchain.md.
"""

import json
from pathlib import Path

import pytest
from macsmith.boards import Cost, lookup, synthesize
from macsmith.boards.carries import chains
from macsmith.boards.cost import Fits, demand, fits
from macsmith.boards.families import FAMILIES
from macsmith.boards.families.xilinx_slice import functions
from macsmith.boards.fanout import registers
from macsmith.boards.flat import flatten
from macsmith.boards.levels import levels
from macsmith.boards.netlist import Netlist, read
from macsmith.boards.pairs import pair
from macsmith.boards.sites import usage
from macsmith.golden.errors import MacsmithError, ToolFailed, UnknownName
from macsmith.tools import yosys

TOPS = ["row", "pair", "memories", "mul2", "mul3", "mul4"]
BOARDS = {
    "xcup": "u280",
    "xc7": "pynq-z2",
    "ecp5": "ulx3s-85",
    "ice40": "icebreaker",
    "gowin": "tang-nano-9k",
    "nexus": "crosslink-nx-evn",
}


@pytest.fixture(scope="module", autouse=True)
def cached(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MACSMITH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def built(rtlil, tmp_path_factory):
    """family → (costs, folder, netlist), each synthesized when first asked for."""
    done: dict[str, tuple[dict[str, Cost], Path, Netlist]] = {}

    def build(family: str):
        if family not in done:
            folder = tmp_path_factory.mktemp(family)
            board = lookup(BOARDS[family])
            edif = family == "xcup"
            costs = synthesize(rtlil, TOPS, board, "lut", ["pe"], folder, edif=edif)
            done[family] = costs, folder, read(folder / "netlist.json")
        return done[family]

    return build


every_family = pytest.mark.parametrize("family", BOARDS)


@pytest.mark.cases(0)
def test_known_multipliers(built):
    costs = built("xcup")[0]
    assert [costs[f"mul{n}"].resources["lut"] for n in (2, 3, 4)] == [4, 8, 26]
    assert [costs[f"mul{n}"].resources["ff"] for n in (2, 3, 4)] == [4, 6, 8]


@pytest.mark.often(1)
@every_family
def test_a_kept_module_is_synthesized_once_and_counted_where_it_stands(built, family):
    costs, _, netlist = built(family)
    assert netlist.instances("row")["pe"] == 4 and netlist.instances("pair")["pe"] == 2
    one = usage(netlist, "pe", FAMILIES[family]).resources
    assert one["ff"] == 36, "16 of the product, 20 of the sum"
    assert costs["row"].resources["ff"] == 4 * one["ff"]
    assert costs["row"].resources["lut"] >= 4 * one["lut"]
    assert "plus3" not in netlist.modules, "all others are dissolved"
    assert set(netlist.modules) == {"pe", *TOPS}


@every_family
def test_the_hierarchy_changes_no_level(built, family):
    costs, _, netlist = built(family)
    for top in TOPS:
        flat = Netlist({top: flatten(netlist, top)})
        found = levels(flat, top, FAMILIES[family])
        assert vars(found) == costs[top].levels
    assert costs["row"].levels["carry"] >= 16 and costs["row"].levels["lut"] >= 4


@every_family
def test_no_pads_and_no_clock_buffers(built, family):
    for module in built(family)[2].modules.values():
        for cell in module.cells:
            assert cell.type in built(family)[2].modules or (
                FAMILIES[family].roles[cell.type].kind != "buffer"
            )


@every_family
def test_files_for_simulation_and_for_looking(built, family):
    _, folder, _ = built(family)
    text = (folder / "mapped.v").read_text()
    for top in (*TOPS, "pe"):
        assert f"module {top}(" in text
    assert "macsmith_all_engines" not in text and "(*" not in text
    assert (folder / "yosys.log").exists() and (folder / "yosys.ys").exists()


def test_edif_of_every_top(built):
    folder = built("xcup")[1]
    assert sorted(path.stem for path in folder.glob("*.edf")) == sorted(TOPS)
    assert "(cell row" in (folder / "row.edf").read_text()
    assert not list(built("xc7")[1].glob("*.edf"))


@pytest.mark.parametrize("family", ["xcup", "xc7"])
def test_every_claimed_pair_is_legal_in_the_real_netlist(built, family):
    netlist = built(family)[2]
    claimed = 0
    for module in netlist.modules.values():
        found = functions(module, FAMILIES[family])
        for a, b in pair(found):
            first, second = found[a], found[b]
            assert len(first.inputs | second.inputs) <= 5
            assert not (first.position and second.position)
            claimed += 1
        assert all(len(f.inputs) <= 6 for f in found)
    assert claimed > 50


def test_a_delay_line_becomes_shift_registers(built):
    resources = built("xcup")[0]["pair"].resources
    assert resources["srl"] == 8 and resources["ff"] == 2 * 36
    assert built("ice40")[0]["pair"].resources["ff"] == 2 * 36 + 88


def test_memories(built):
    assert built("xcup")[0]["memories"].resources["lutram"] == 8
    assert built("xcup")[0]["memories"].resources["bram36"] == 0.5
    assert built("ecp5")[0]["memories"].resources["ebr18"] == 1
    assert built("ecp5")[0]["memories"].resources["lutram"] == 4 * 6
    assert built("ice40")[0]["memories"].resources["ebr4"] >= 4
    assert built("nexus")[0]["memories"].resources["ebr18"] == 1
    assert built("nexus")[0]["memories"].resources["lutram"] == 4 * 6
    assert built("gowin")[0]["memories"].resources["bsram"] == 1
    assert built("gowin")[0]["memories"].resources["lutram"] == 4 * 8


def test_carry8_counts_chains(built):
    costs, _, netlist = built("xcup")
    pe = chains(netlist.module("pe"), FAMILIES["xcup"].roles)
    assert sorted(len(chain.cells) for chain in pe) == [4, 5]
    assert usage(netlist, "pe", FAMILIES["xcup"]).resources["carry8"] == 2 + 3
    assert "carry8" not in built("xc7")[0]["row"].resources


def test_shares_of_the_board_and_what_fits(built):
    cost = built("xcup")[0]["row"]
    assert cost.utilization["lut"] == cost.resources["sites"] / 1_303_680
    assert cost.utilization["uram"] == 0
    free = 1_303_680 - 107_629
    assert cost.fits == Fits(free // cost.resources["sites"], "lut")
    assert "uram" not in built("xc7")[0]["row"].utilization


def test_fits_is_bound_by_the_tightest_resource():
    board = lookup("u280")
    assert fits({"lut": 1, "dsp": 100}, board) == Fits(90, "dsp"), "(9024 − 4) / 100"
    assert fits({"lut": 10, "bram36": 0.5}, board) == Fits(3641, "bram36")
    assert fits({"lut": 0}, board) is None
    assert fits({"spram": 1}, board) == Fits(0, "spram"), "the board has none"
    assert demand({"sites": 9, "lut": 20, "ff": 3, "dsp": 1, "srl": 4}) == {
        "lut": 9, "ff": 3, "dsp": 1,
    }  # fmt: skip


def test_what_fits_each_die_of_an_empty_device():
    u280, u250 = lookup("u280"), lookup("u250")
    assert fits({"lut": 1000}, u280).dies == (439, 432, 432)
    assert fits({"lut": 1000, "dsp": 100}, u280).dies == (28, 30, 30)
    assert fits({"lut": 432_001, "uram": 0}, u250).dies == (0, 0, 0, 0), "it fits no die"
    assert fits({"lut": 432_001}, u250).engines == 3
    assert fits({"spram": 1}, u280).dies == (0, 0, 0)
    assert fits({"lut": 1}, lookup("zcu104")).dies == ()


@every_family
def test_registers_are_counted_alike_with_modules_apart_and_dissolved(built, family):
    costs, _, netlist = built(family)
    for top in TOPS:
        flat = registers(Netlist({top: flatten(netlist, top)}), top, FAMILIES[family])
        found = costs[top].registers
        assert {int(n): count for n, count in found["fanouts"].items()} == flat.fanouts
        assert found["control_sets"] == flat.control_sets
        assert sum(flat.fanouts.values()) == costs[top].resources["ff"]
    assert costs["pair"].registers["control_sets"] >= 1


def test_costs_are_json_and_tell_tools_and_flags(built):
    cost = built("xcup")[0]["row"]
    data = json.loads(json.dumps(cost.to_dict()))
    assert data["tools"]["yosys"] == yosys.version() and "-nodsp" in data["tools"]["flags"]
    assert data["fits"]["tightest"] == "lut" and data["board"] == "u280" and data["seconds"] > 0
    assert data["resources"]["sites"] == -(-max(data["bounds"].values()) // 1)


def test_the_same_work_is_not_done_twice(built, rtlil, monkeypatch, tmp_path):
    costs = built("xcup")[0]

    def never(*_, **__):
        raise AssertionError("yosys must not run")

    monkeypatch.setattr(yosys, "run", never)
    again = synthesize(rtlil, TOPS, lookup("u280"), "lut", ["pe"], tmp_path, edif=True)
    assert again == costs
    assert (tmp_path / "mapped.v").exists() and (tmp_path / "row.edf").exists()
    other = synthesize(rtlil, TOPS, lookup("u250"), "lut", ["pe"], tmp_path, edif=True)
    assert other["row"].resources == costs["row"].resources, "boards of one family share"
    assert other["row"].fits.engines > costs["row"].fits.engines
    for change in (
        dict(rtlil=rtlil + "\n# other\n"),
        dict(tops=TOPS[:1]),
        dict(policy="dsp"),
        dict(keep=[]),
        dict(edif=False),
        dict(variant="booth"),
        dict(board=lookup("pynq-z2")),
    ):
        given = dict(rtlil=rtlil, tops=TOPS, board=lookup("u280"), policy="lut", keep=["pe"])
        with pytest.raises(AssertionError, match="must not run"):
            synthesize(**({**given, "folder": tmp_path, "edif": True} | change))


def test_the_analysis_version_is_part_of_the_key(built, rtlil, monkeypatch, tmp_path):
    built("xcup")
    monkeypatch.setattr("macsmith.boards.cost.ANALYSIS", "0")
    monkeypatch.setattr(yosys, "run", lambda *_, **__: pytest.fail("ran"))
    with pytest.raises(pytest.fail.Exception, match="ran"):
        synthesize(rtlil, TOPS, lookup("u280"), "lut", ["pe"], tmp_path, edif=True)


@pytest.mark.parametrize(("board", "dsp"), [("u280", 1), ("ulx3s-85", 1)])
def test_policy_dsp_uses_multipliers(rtlil, board, dsp, tmp_path):
    (cost,) = synthesize(rtlil, ["pe"], lookup(board), "dsp", [], tmp_path).values()
    assert cost.resources["dsp"] == dsp and cost.policy == "dsp"
    assert cost.utilization["dsp"] == dsp / lookup(board).resources["dsp"]


def test_variants_change_what_is_mapped(built, rtlil, tmp_path):
    board = lookup("ulx3s-85")
    booth = synthesize(rtlil, ["mul4"], board, "lut", [], tmp_path, variant="booth")["mul4"]
    assert booth.resources["lut"] != built("ecp5")[0]["mul4"].resources["lut"]
    assert booth.tools["variant"] == "booth"
    tree = synthesize(rtlil, ["pe"], board, "lut", [], tmp_path, variant="arith_tree")["pe"]
    assert tree.resources["ff"] == 36


@pytest.mark.parametrize(
    ("board", "most", "found", "taken"),
    [
        ("u280", 3, {"default": (2, 4), "levels": (3, 2)}, "levels"),
        ("u280", 4, {"default": (2, 4), "levels": (3, 2)}, "default"),
        ("u280", 3, {"default": (2, 4), "levels": (4, 2)}, "default"),
        ("u280", None, {"default": (2, 9), "levels": (3, 2)}, "default"),
        ("ulx3s-85", 3, {"default": (2, 9), "levels": (3, 2)}, "default"),
    ],
)
def test_where_many_luts_are_in_series_all_is_mapped_for_fewer(
    board, most, found, taken, monkeypatch, tmp_path
):
    def measured(text, commands, tops, family, folder):
        variant = "levels" if any("-nowidelut" in line for line in commands) else "default"
        counts = {"sites": 1, "lut": 1, "ff": 0}
        each = [
            {"resources": counts, "bounds": {}, "levels": {"lut": n}, "registers": {}}
            for n in found[variant]
        ]
        (folder / "mapped.v").write_text(variant, encoding="utf-8")
        return {"tops": dict(zip(tops, each, strict=True)), "seconds": 0}, [folder / "mapped.v"]

    monkeypatch.setattr("macsmith.boards.cost._measure", measured)
    text = f"module \\a\nend\nmodule \\b\nend\n# {board} {most} {sorted(found.items())}\n"
    costs = synthesize(text, ["a", "b"], lookup(board), "lut", [], tmp_path, most=most)
    assert [cost.levels["lut"] for cost in costs.values()] == list(found[taken])
    assert {cost.tools["variant"] for cost in costs.values()} == {taken}
    assert (tmp_path / "mapped.v").read_text(encoding="utf-8") == taken


def test_few_luts_in_series_have_no_wide_multiplexers(built, rtlil, tmp_path):
    found = synthesize(rtlil, TOPS, lookup("u280"), "lut", ["pe"], tmp_path, variant="levels")
    for name, cost in built("xcup")[0].items():
        assert found[name].resources["ff"] == cost.resources["ff"]
        assert found[name].levels["muxf"] == 0 and found[name].tools["variant"] == "levels"


def test_refusals(rtlil, tmp_path):
    with pytest.raises(UnknownName, match="unknown module 'rov'"):
        synthesize(rtlil, ["rov"], lookup("u280"), "lut", [], tmp_path)
    with pytest.raises(UnknownName, match="unknown policy"):
        synthesize(rtlil, ["row"], lookup("u280"), "none", [], tmp_path)
    assert list(tmp_path.iterdir()) == [], "refused before anything is written"


def test_a_design_that_yosys_refuses_leaves_its_log(tmp_path):
    text = "module \\top\n  cell \\missing \\u\n  end\nend\n"
    with pytest.raises(ToolFailed, match="yosys failed: ERROR.*missing") as error:
        synthesize(text, ["top"], lookup("icebreaker"), "lut", [], tmp_path)
    assert Path(str(error.value).rsplit("(log: ", 1)[1].rstrip(")")).is_file()
    assert not (tmp_path / "mapped.v").exists()


def test_interrupted_work_leaves_nothing(rtlil, monkeypatch, tmp_path):
    def stop(_, folder):
        (folder / "mapped.v").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(yosys, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        synthesize(rtlil, ["pe"], lookup("u280"), "lut", [], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_keeps_nothing_is_an_error(rtlil, monkeypatch, tmp_path):
    monkeypatch.setattr("macsmith.boards.cost._measure", lambda *_: ({}, []))
    monkeypatch.setattr("macsmith.tools.cache.store", lambda *_: None)
    with pytest.raises(MacsmithError, match="the cache must be readable"):
        synthesize(rtlil, ["pe"], lookup("zcu104"), "lut", [], tmp_path, variant="booth")


def test_a_yosys_that_ends_without_a_word(monkeypatch, tmp_path):
    """ABC9 does so now and then: the message says how far its log goes."""
    said = "1. Executing PROC pass (convert).\n2.1. Executing ABC9_EXE pass (mapping).\n"
    silent = f"import sys; open('yosys.log', 'w').write({said!r}); sys.exit(1)"
    monkeypatch.setattr(yosys, "_RUN", silent)
    with pytest.raises(ToolFailed, match="status 1 and no error, the last step logged is ABC9_EXE"):
        yosys.run(["proc"], tmp_path)
