"""Black boxes for Vitis HLS: function and Verilog give golden's results, under any stall and any
pause of the clock enable; what the JSON states is so."""

import json
import re
from dataclasses import replace

import pytest
from hls_boxes import Box, Repeated, run_function, run_verilog
from macsmith.golden import Build, Engine, lookup, raw
from macsmith.golden.errors import DesignError
from macsmith.golden.padding import unit
from programs import needs_icarus

from macsmith import Options, design
from macsmith.cli import main
from macsmith.designs import presets
from macsmith.hls import check_hls, hls_files
from macsmith.output import generate

#: Raw sums, flags beside them, what sums start from, scales early and late with biases, partial
#: sums in memories, DSP blocks, several results in a beat, digits one after the other.
DESIGNS = {
    "plain": lambda: Engine("plain", (raw("int4", "int8", 64),), Build(2, 2, 2)),
    "flags": lambda: Engine("flags", (raw("e5m2", "int4", 64),), Build(2, 2, 2)),
    "begun": lambda: Engine(
        "begun", (raw("int4", "int8", 64, initial=lookup("int16")),), Build(2, 1, 2)
    ),
    "scaled": lambda: design(
        "w4a8", Options(rows=1, cols=2, lanes=4, group=16, bias="bf16", k_max=256, name="scaled")
    ),
    "partial": lambda: design(
        "mxfp4", Options(rows=1, cols=2, lanes=16, partials=16, k_max=512, name="partial")
    ),
    "blocks": lambda: design(
        "int8xint8", Options(rows=1, cols=2, lanes=4, policy="dsp", k_max=256, name="blocks")
    ),
    "several": lambda: design(
        "nvfp4", Options(rows=2, cols=2, lanes=4, results=2, k_max=256, name="several")
    ),
    "digits": lambda: Engine(
        "digits", (raw("int4", "int8", 64),), Build(1, 2, 2, datapath="bit_serial")
    ),
    "serial": lambda: design("bitserial", Options(rows=1, cols=2, k_max=256, name="serial")),
}
every_design = pytest.mark.parametrize("name", DESIGNS)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """name -> the black box of that design, made once."""
    root, found = tmp_path_factory.mktemp("boxes"), {}

    def get(name):
        if name not in found:
            engine = DESIGNS[name]()
            folder = generate(engine, root / name, tiles=6, hls=unit(engine)).folder
            found[name] = Box(folder)
        return found[name]

    return get


# The function.


@pytest.mark.cases(1)
@pytest.mark.often(4)
@every_design
def test_the_function_gives_golden_s_results(box, tmp_path, name):
    told = run_function(box(name), tmp_path)
    assert re.fullmatch(r"0 of (\d\d+) wrong", told), told


def usual():
    """Presets that can be black boxes, as they are."""
    found = []
    for name in presets():
        engine = design(name)
        try:
            check_hls(engine, engine.arithmetic.k_max)
        except DesignError:
            continue
        found.append(name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_the_function_of_every_preset(part, tmp_path):
    names = usual()[part::8]
    assert len(names) > 5
    for name in names:
        engine = design(name)
        k = engine.arithmetic.k_max
        folder = generate(engine, tmp_path / name / "box", tiles=2, hls=k).folder
        (tmp_path / name / "run").mkdir()
        told = run_function(Box(folder), tmp_path / name / "run")
        assert re.fullmatch(r"0 of (\d\d+) wrong", told), (name, told)


@pytest.mark.slow
def test_a_fault_in_the_function_is_found(box, tmp_path):
    def late(text):
        return text.replace("steps / 4;", "steps / 4 - 1;")

    def swapped(text):
        return text.replace("results[at % outputs * rows", "results[(at + 1) % 2 * rows")

    for number, (name, fault) in enumerate((("scaled", late), ("plain", swapped))):
        (tmp_path / str(number)).mkdir()
        told = run_function(box(name), tmp_path / str(number), fault)
        assert not told.startswith("0 of ") or "left" in told


# The Verilog: noise on all inputs while ap_ce is low, all FIFOs and the caller pausing at random.


def passes(told):
    found = re.search(r"^0 wrong of (\d+) results in \d+ cycles, idle 1$", told, re.M)
    return found is not None and int(found[1]) > 0


@pytest.mark.often(3)
@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(9)
@pytest.mark.parametrize("free", [False, True])
@every_design
def test_the_verilog_gives_golden_s_results(box, tmp_path, name, free):
    told = run_verilog(box(name), tmp_path, free=free, icarus=True)
    assert passes(told), told


@pytest.mark.cases(0)
@pytest.mark.often(1)
@pytest.mark.parametrize("name", ["blocks", "partial", "scaled"])
def test_verilator_says_the_same(box, tmp_path, name):
    told = run_verilog(box(name), tmp_path)
    assert passes(told), told


#: Designs, and what is not held there: a register (its number), an enable of a DSP block. A memory
#: that is written again with what it has shows nothing: tests/hw/text/verilog/test_enable.py.
THAWED = [
    ("scaled", r"if \(ce\)", 0),
    ("scaled", r"if \(ce\)", 5),
    ("plain", r"if \(ce\)", 1),
    ("blocks", r"(?<=CEA2\(enable) & ce\b", 0),
    ("blocks", r"(?<=CEM\(enable) & ce\b", 0),
    ("blocks", r"(?<=CEP\(enable) & ce\b", 0),
]


def thawed(text, pattern, number):
    """The core with one register or block that ``ce`` does not hold."""
    chosen = list(re.finditer(pattern, text))[number]
    new = "if (1'b1)" if chosen[0].startswith("if") else ""
    return text[: chosen.start()] + new + text[chosen.end() :]


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(5)
@pytest.mark.parametrize("name, pattern, number", THAWED)
def test_what_is_not_held_is_noticed(box, tmp_path, name, pattern, number):
    changed = []

    def fault(text):
        if f"module {name}_hls (" in text:
            return text
        changed.append(thawed(text, pattern, number))
        assert changed[-1] != text
        return changed[-1]

    assert not passes(run_verilog(box(name), tmp_path, icarus=True, change=fault))


FAULTS = {
    "reads while it is frozen": (r"& moves & ap_start", "& ap_start"),
    "writes while it is held": (r"& ~held & moves", "& moves"),
    "forgets that it is done": (r"done <= finished \| held", "done <= finished"),
    "ready too early": (r"assign ap_ready = .*?;", "assign ap_ready = activation_read;"),
    "always idle": (r"assign ap_idle = .*?;", "assign ap_idle = 1'b1;"),
}


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(3)
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_the_frame_is_noticed(box, tmp_path, what):
    pattern, new = FAULTS[what]

    def fault(text):
        if "module scaled_hls (" not in text:
            return text
        changed = re.sub(pattern, new, text)
        assert changed != text
        return changed

    assert not passes(run_verilog(box("scaled"), tmp_path, icarus=True, change=fault))


# What the JSON says.


@needs_icarus
@pytest.mark.cases(2)
@pytest.mark.often(8)
@pytest.mark.parametrize("number", [0, 1, 11])
@every_design
def test_latency_and_interval_are_as_stated(box, tmp_path, name, number):
    engine = DESIGNS[name]()
    repeated = Repeated(box(name).folder, number, 8)
    k = repeated.lengths[number] * engine.step()
    stated = json.loads(hls_files(engine, k)[f"hls/{name}_hls.json"])["rtl_performance"]
    told = run_verilog(repeated, tmp_path, free=True, icarus=True)
    assert passes(told), told
    latency, interval = map(int, re.findall(r"^latency (\d+) interval (\d+)$", told, re.M)[0])
    assert latency == int(stated["latency"])
    # Where banks of partial sums are full, calls follow each other in turns of several lengths.
    assert interval == int(stated["II"]) or name == "partial" and interval <= int(stated["II"])


def test_the_json_has_the_keys_of_the_user_guide(box):
    """UG1399, JSON File for RTL Blackbox."""
    found = box("scaled").json
    assert list(found) == [
        *("c_function_name", "rtl_top_module_name", "c_files", "rtl_files", "c_parameters"),
        *("rtl_common_signal", "rtl_performance", "rtl_resource_usage"),
    ]
    assert found["c_function_name"] == found["rtl_top_module_name"] == "scaled_hls"
    assert found["c_files"] == [{"c_file": "scaled_hls.cpp", "cflag": "-std=c++17"}]
    assert found["rtl_files"] == ["scaled_hls.v", "scaled_hls_core.v"]
    assert found["rtl_common_signal"] == {
        "module_clock": "ap_clk",
        "module_reset": "ap_rst",
        "module_clock_enable": "ap_ce",
        "ap_ctrl_chain_protocol_idle": "ap_idle",
        "ap_ctrl_chain_protocol_start": "ap_start",
        "ap_ctrl_chain_protocol_ready": "ap_ready",
        "ap_ctrl_chain_protocol_done": "ap_done",
        "ap_ctrl_chain_protocol_continue": "ap_continue",
    }
    by_name = {item["c_name"]: item for item in found["c_parameters"]}
    assert by_name["scale_stream"] == {
        "c_name": "scale_stream",
        "c_port_direction": "in",
        "rtl_ports": {
            "FIFO_empty_flag": "scale_empty_n",
            "FIFO_read_enable": "scale_read",
            "FIFO_data_read_in": "scale_dout",
        },
    }
    assert by_name["result_stream"] == {
        "c_name": "result_stream",
        "c_port_direction": "out",
        "rtl_ports": {
            "FIFO_full_flag": "result_full_n",
            "FIFO_write_enable": "result_write",
            "FIFO_data_write_out": "result_din",
        },
    }
    assert set(found["rtl_resource_usage"]) == {"FF", "LUT", "BRAM", "URAM", "DSP"}


@every_design
def test_every_port_is_in_the_verilog_and_every_argument_in_the_header(box, name):
    found = box(name)
    text = (found.folder / "hls" / f"{name}_hls.v").read_text("ascii")
    ports = re.findall(r"^ +(input|output) +wire (?:\[(\d+):0\] )?(\w+)", text, re.M)
    declared = {port: (way, int(high or 0) + 1) for way, high, port in ports}
    named = list(found.json["rtl_common_signal"].values())
    for item in found.json["c_parameters"]:
        stream = item["c_name"].removesuffix("_stream")
        named += item["rtl_ports"].values()
        data = next(port for role, port in item["rtl_ports"].items() if "data" in role)
        way = "output" if item["c_port_direction"] == "out" else "input"
        assert declared[data] == (way, found.widths[stream])
    assert sorted(named) == sorted(declared)
    listed = json.loads((found.folder / "manifest.json").read_text("utf-8"))["files"]
    assert {f"hls/{file}" for file in found.json["rtl_files"]} <= set(listed)
    assert f"model/{name}_golden.hpp" in listed and f"model/{name}_dpi.cpp" not in listed


def test_the_black_box_is_the_same_whatever_the_interface():
    plain = DESIGNS["flags"]()
    native = hls_files(plain, 64)
    for more in ({"interface": "axis"}, {"axis_width": 64}):
        other = replace(plain, build=replace(plain.build, **more))
        assert hls_files(other, 64) == native


# What is refused.

REFUSED = [
    ("rmsnorm", 64, "black boxes for Vitis HLS are engines, and rmsnorm is none: no --hls"),
    ("rmsnorm", 64, "no --hls: leave it out, and join the design to kernels by AXI-Streams (ap"),
    (
        *("simd", 64),
        "has one mode and no weights that stay, and simd has several modes: leave out --hls\n",
    ),
    (
        *("int8xint8 --flow weight_stationary --axis-width 64 --policy dsp", 4),
        "has weights that stay: choose --flow broadcast, or leave out --hls\n",
    ),
    ("w4a8", 100, "a call multiplies at most 4096 elements, a multiple of 128, got --hls 100\n"),
    (
        *("w4a8", 8192),
        "at most 4096 elements, a multiple of 128, got --hls 8192: choose --k-max 8192\n",
    ),
]


@pytest.mark.cases("all")
@pytest.mark.parametrize("name, k, wanted", REFUSED)
def test_what_is_no_black_box_is_refused_before_any_work(tmp_path, capsys, name, k, wanted):
    folder = tmp_path / "box"
    assert main(["generate", *name.split(), "--hls", str(k), "-o", str(folder)]) == 2
    told = capsys.readouterr().err
    assert wanted in told and told.count("\n") == 1
    assert not folder.exists()


def test_words_that_are_too_wide_are_refused():
    wide = design("int8xint8", Options(rows=64, cols=1, lanes=16, k_max=64))
    with pytest.raises(DesignError, match="at most 4096 bits, and a beat of .* has 8192: fewer"):
        check_hls(wide, 64)
