"""Vivado's script of a block design, run by tclsh: commands are stubs that say what is asked."""

import re
import shutil
import subprocess
from collections import defaultdict

import pytest
from macsmith.hw.text.emit import emit

from macsmith import Options, design
from macsmith.output import contents

STUBS = """
proc unknown {name args} { puts [list $name {*}$args]; return "" }
foreach what {pins intf_pins cells files} { proc get_bd_$what {name} { return $name } }
proc get_files {name} { return $name }
proc current_project {} { return project }
proc current_fileset {} { return files }
proc get_ipdefs {args} {
    return {xilinx.com:ip:zynq_ultra_ps_e:3.5 xilinx.com:ip:zynq_ultra_ps_e:3.4}
}
foreach what {port intf_port} {
    proc create_bd_$what {args} { puts [list create_port {*}$args]; return [lindex $args end] }
}
rename source tcl_source
proc source {file} { puts [list source [file tail $file]] }
set argv {%s}
set argc [llength $argv]
tcl_source %s
"""

#: What the documentation of each core says: its interfaces, its clocks and its resets.
CORES = {
    "axi_dma": (
        {"S_AXI_LITE", "M_AXI_MM2S", "M_AXIS_MM2S"}, {"s_axi_lite_aclk", "m_axi_mm2s_aclk"},
        {"axi_resetn"},
    ),
    "proc_sys_reset": (set(), {"slowest_sync_clk"}, {"ext_reset_in"}),
    "smartconnect": (set(), {"aclk"}, {"aresetn"}),
    "processing_system7": (
        {"M_AXI_GP0", "S_AXI_HP0"}, {"M_AXI_GP0_ACLK", "S_AXI_HP0_ACLK"}, set(),
    ),
    "zynq_ultra_ps_e": (
        {"M_AXI_HPM0_LPD", "S_AXI_HP0_FPD"}, {"maxihpm0_lpd_aclk", "saxihp0_fpd_aclk"}, set(),
    ),
}  # fmt: skip
BACK = {"M_AXI_S2MM", "S_AXIS_S2MM"}

PARTS = {
    "xc7z020clg400-1": "processor/FCLK_CLK0",
    "xczu3eg-sbva484-1-i": "processor/pl_clk0",
    "xcu280-fsvh2892-2L-e": "clk",
}


@pytest.fixture(scope="module")
def scripts():
    found = {}
    for name, interleave in (("two", True), ("four", None)):
        options = Options(rows=2, cols=1, lanes=4, axis_width=128, interleave=interleave, name=name)
        found[name] = contents(emit(design("w4a8", options)), tiles=1)["vivado/block_design.tcl"]
    return found


def ran(script, tmp_path, *words):
    """What the script asked for: command, words."""
    (tmp_path / "block_design.tcl").write_text(script, encoding="ascii")
    stubs = STUBS % (" ".join(words), tmp_path / "block_design.tcl")
    (tmp_path / "stubs.tcl").write_text(stubs, encoding="ascii")
    done = subprocess.run(["tclsh", "stubs.tcl"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines() if line]


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["two", "four"])
def test_all_is_joined_once_and_to_one_clock(scripts, tmp_path, name, part):
    asked = ran(scripts[name], tmp_path, part)
    streams = ["weight", "activation", *(["scale", "end_scale"] if name == "four" else [])]
    cells = {words[-1]: words[words.index("-vlnv") + 1].split(":")[2]
             for words in asked if words[0] == "create_bd_cell"}  # fmt: skip
    assert cells["engine"] == name and {f"{s}_dma" for s in streams} < set(cells)

    # Every interface that a core has is joined, once; so is nothing else.
    joined = [words[1:] for words in asked if words[0] == "connect_bd_intf_net"]
    ends = sorted(end for pair in joined for end in pair)
    wanted = [f"engine/s_axis_{stream}" for stream in streams] + ["engine/m_axis_result"]
    wanted += [f"registers/M{n:02}_AXI" for n in range(len(streams))] + ["registers/S00_AXI"]
    wanted += [f"traffic/S{n:02}_AXI" for n in range(len(streams) + 1)] + ["traffic/M00_AXI"]
    wanted += [f"activation_dma/{port}" for port in BACK]
    wanted += [f"{cell}/{port}" for cell, core in cells.items() if core in CORES
               for port in CORES[core][0]]  # fmt: skip
    wanted += [] if "processor" in cells else ["control", "memory"]
    assert ends == sorted(wanted)
    for stream in streams:
        assert [f"{stream}_dma/M_AXIS_MM2S", f"engine/s_axis_{stream}"] in joined
    assert ["engine/m_axis_result", "activation_dma/S_AXIS_S2MM"] in joined

    # One clock and one reset reach all.
    nets = defaultdict(list)
    for words in asked:
        if words[0] == "connect_bd_net":
            nets[words[1]].append(words[2])
    known = [(cell, *CORES[core][1:]) for cell, core in cells.items() if core in CORES]
    clocks = {f"{cell}/{pin}" for cell, pins, _ in known for pin in pins}
    resets = {f"{cell}/{pin}" for cell, _, pins in known for pin in pins}
    assert sorted(nets[PARTS[part]]) == sorted(
        clocks | {"engine/aclk", "activation_dma/m_axi_s2mm_aclk"}
    )
    assert sorted(nets["reset/peripheral_aresetn"]) == sorted(
        resets - {"reset/ext_reset_in"} | {"engine/aresetn"}
    )
    order = [words[0] for words in asked]
    assert order.index("assign_bd_address") < order.index("validate_bd_design")
    assert ["source", "package_ip.tcl"] in asked and "launch_runs" not in order


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
def test_dmas_have_the_engine_s_width(scripts, tmp_path):
    asked = ran(scripts["two"], tmp_path, "xc7z020clg400-1")
    for dma, back in (("weight_dma", 0), ("activation_dma", 1)):
        given = " ".join(" ".join(words) for words in asked if words[-1] == dma)
        settings = dict(re.findall(r"CONFIG\.(\w+) (\w+)", given.replace("{", "").replace("}", "")))
        assert settings["c_m_axis_mm2s_tdata_width"] == settings["c_m_axi_mm2s_data_width"] == "128"
        assert settings["c_include_s2mm"] == str(back) and settings["c_include_sg"] == "0"
        assert ("c_s_axis_s2mm_tdata_width" in settings) == bool(back)


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
@pytest.mark.parametrize("part", PARTS)
def test_each_dma_has_the_width_of_its_stream(tmp_path, part):
    """The result of w4a8 has 32 bits as it is, its weight 64, its activation 128."""
    options = Options(axis_width="weight=512,scale=64", name="own")
    script = contents(emit(design("w4a8", options)), tiles=1)["vivado/block_design.tcl"]
    asked = ran(script, tmp_path, part)
    wanted = {"weight": "512", "activation": "128", "scale": "64", "end_scale": "128"}
    for stream, bits in wanted.items():
        given = " ".join(" ".join(words) for words in asked if words[-1] == f"{stream}_dma")
        settings = dict(re.findall(r"CONFIG\.(\w+) (\w+)", given.replace("{", "").replace("}", "")))
        assert settings["c_m_axis_mm2s_tdata_width"] == settings["c_m_axi_mm2s_data_width"] == bits
        assert settings.get("c_s_axis_s2mm_tdata_width", "32") == "32"
    if part == "xcu280-fsvh2892-2L-e":
        [memory] = [words for words in asked if words[:1] == ["set_property"]
                    and "AXI4" in words[2] + words[3] and words[-1] == "memory"]  # fmt: skip
        assert "512" in " ".join(memory)


def test_what_no_dma_takes_has_neither_script_nor_driver():
    """Scales of w4a8 have 80 bits as they are."""
    found = emit(design("w4a8", Options(axis_width="weight=512", name="own")))
    assert not {"vivado/block_design.tcl", "driver.py"} & set(contents(found, tiles=1))
    assert any("no AXI DMA takes scale as it is: no driver.py" in remark
               for remark in found.hardware.remarks)  # fmt: skip


def test_it_says_that_it_was_not_run_here(scripts):
    assert "not run in Vivado" in scripts["two"].split("\nset here")[0]


def test_engines_without_packets_have_none():
    assert "vivado/block_design.tcl" not in contents(emit(design("w4a8")), tiles=1)
