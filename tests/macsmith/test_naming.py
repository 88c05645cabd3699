"""Default names tell shapes and options apart, and folders of many designs live together."""

import re
import subprocess
from shutil import which

import pytest
from macsmith.golden.description.serialize import load
from macsmith.tools import verilator

from macsmith import design
from macsmith.cli import main
from macsmith.designs import Options, override, presets
from macsmith.naming import LONGEST


def name(what, **options):
    return design(what, Options(**options)).name


def test_a_design_as_it_is_keeps_its_short_name():
    assert name("int8xint8") == "int8xint8"
    assert name("int8xint8", rows=4, policy="lut", output="raw", k_max=4096) == "int8xint8"
    assert all(name(preset) == load(path).name for preset, path in presets().items())


@pytest.mark.parametrize(
    ("options", "ends"),
    [
        ({"rows": 8, "cols": 1, "lanes": 16}, "8x1x16"),
        ({"lanes": 8}, "4x4x8"),
        ({"policy": "dsp"}, "dsp"),
        ({"interface": "axis"}, "axis"),
        ({"flow": "systolic_os"}, "systolic_os"),
        ({"datapath": "booth"}, "booth"),
        ({"policy": "dsp", "datapath": "dsp"}, "datapath_dsp_dsp"),
        ({"k_max": 8192}, "k8192"),
        ({"accumulate": "int32", "overflow": "saturate"}, "int32_saturate"),
        ({"group": 32, "accumulate": "fp32", "partials": 8}, "g32_fp32_partials8"),
        ({"accumulate": "aligned", "fraction": 24}, "aligned_fraction24"),
        ({"group": 32, "scale": "e8m0"}, "g32_scale_e8m0"),
        ({"output": "bfloat16", "relu": True}, "to_bf16_relu"),
        ({"output": "fp16", "clamp": (-6.0, 0.5)}, "to_fp16_clamp_m6_0p5"),
        ({"sparse": "2:4"}, "sparse_2_4"),
    ],
)
def test_options_stand_behind_the_name(options, ends):
    assert name("int8xint8", **options) == f"int8xint8_{ends}"


def test_a_name_that_is_given_is_kept():
    assert name("int8xint8", name="mine", rows=8) == "mine"


def test_a_file_names_the_design_that_it_describes(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text((presets()["w4a8"]).read_text().replace('name = "w4a8"', 'name = "mine"'))
    assert name(str(path)) == "mine"
    assert name(str(path), rows=8) == "mine_8x4x4"


def test_long_names_end_in_a_digest_that_tells_them_apart():
    wanted = {"accumulate": "aligned", "flow": "broadcast", "rows": 2, "k_max": 65536}
    more = {"output": "bf16", "rounding": "toward_zero", "interface": "axis", "relu": True}
    names = {
        name("bf16xint4", **wanted, **more, bias="fp32", fraction=fraction)
        for fraction in range(20, 30)
    }
    assert len(names) == 10
    assert all(len(item) <= LONGEST and re.fullmatch(r"\w+", item) for item in names)


def test_no_option_makes_the_name_of_another_preset():
    """A preset's name and a word never make another preset's name."""
    words = [{"policy": "dsp"}, {"interface": "axis"}, {"rows": 2}, {"flow": "systolic_os"}]
    for engine in map(design, presets()):
        for options in words:
            try:
                found = override(engine, Options(**options))
            except ValueError:
                continue
            assert found.name == engine.name or found.name not in presets()


TEN = [
    [],
    ["--rows", "1"],
    ["--rows", "1", "--cols", "1", "--lanes", "2"],
    ["--rows", "1", "--cols", "2", "--interface", "axis"],
    ["--rows", "1", "--cols", "2", "--policy", "dsp"],
    ["--rows", "1", "--cols", "2", "--policy", "dsp", "--flow", "systolic_os"],
    ["--rows", "1", "--cols", "1", "--policy", "dsp", "--board", "pynq-z2"],
    ["--rows", "1", "--cols", "1", "--output", "bf16"],
    ["--rows", "1", "--cols", "1", "--accumulate", "int32"],
    ["--rows", "1", "--cols", "1", "--adders", "carry8"],
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Ten designs of one pair, each written to its default folder below out/."""
    folder = tmp_path_factory.mktemp("tree")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for options in TEN:
            assert main(["generate", "int8xint8", *options]) == 0
    return folder / "out"


@pytest.mark.cases(0)
def test_each_design_has_a_folder_and_a_core_of_its_own(tree):
    folders = [path for path in tree.iterdir() if path.is_dir()]
    assert len(folders) == len(TEN)
    cores = re.findall(r'^name: "(.+)"$', "".join(map(_read, tree.glob("*/*.core"))), re.M)
    assert len(cores) == len(set(cores)) == len(TEN)
    names = re.findall(r"set_property name (\S+)", "".join(map(_read, tree.glob("*/vivado/*.tcl"))))
    assert len(names) == len(set(names)) == len(TEN)


def _read(path):
    return path.read_text()


@pytest.mark.cases(0)
def test_modules_of_one_name_are_one_module(tree):
    found = {}
    for path in sorted(tree.glob("*/*/*.v")):
        for module, body in re.findall(r"^module (\w+)(.*?)^endmodule", _read(path), re.M | re.S):
            assert found.setdefault(module, body) == body, f"{path}: another {module}"
    assert len(found) > 5 * len(TEN)


def sources(tree):
    return [str(path.relative_to(tree)) for path in sorted(tree.glob("*/*/*.v"))]


def test_verilator_takes_all_of_them_together(tree):
    verilator.use_verilator()
    command = ["verilator", "--lint-only", "--timing", "-Wno-fatal", "-Wno-lint", "-Wno-MULTITOP"]
    found = subprocess.run([*command, *sources(tree)], cwd=tree, capture_output=True, text=True)
    assert found.returncode == 0 and "%Error" not in found.stderr, found.stderr


@pytest.mark.skipif(which("iverilog") is None, reason="needs Icarus Verilog")
def test_icarus_takes_all_of_them_together(tree):
    command = ["iverilog", "-g2005", "-o", "/dev/null", *sources(tree)]
    found = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_generate_says_what_to_do_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "int4xint4", "--rows", "1", "--cols", "1"]) == 0
    told = capsys.readouterr().out.split("\n\n")[1]
    assert "make -C out/int4xint4_1x1x4/tb icarus" in told
    assert "vivado -mode batch -source out/int4xint4_1x1x4/vivado/synth_ooc.tcl" in told
    assert (tmp_path / "out/int4xint4_1x1x4/int4xint4_1x1x4_instance.v").is_file()
    assert "hls" not in told and "driver" not in told
    words = ["--rows", "1", "--cols", "1", "--axis-width", "64", "--hls", "16", "-o", "both"]
    assert main(["generate", "int4xint4", *words, "--name", "dot"]) == 0
    told = capsys.readouterr().out.split("\n\n")[1]
    assert "add_files -blackbox both/hls/dot_hls.json: the engine in Vitis HLS" in told
    assert "both/driver.py: drives it behind AXI DMAs" in told
    assert (tmp_path / "both/hls/dot_hls.json").is_file()
