"""``--axis-width``: streams as packets of bytes, part of the build, for all kinds of designs."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from macsmith.golden import from_toml, to_toml
from macsmith.golden.errors import Mismatch
from macsmith.golden.packets import Record
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.sim import runner
from macsmith.sim import verify as simulated
from macsmith.sim.harness import harness
from programs import needs_icarus

from macsmith import DesignError, Options, cli, design, explain, generate, prove, simulate, verify
from macsmith.answers import answers

SMALL = {"rows": 2, "cols": 1, "lanes": 2, "k_max": 64}


@pytest.mark.parametrize("width", [0, 1, 16, 31, 48, 96, 2048, -64])
def test_a_width_that_does_not_fit_is_one_line(width):
    with pytest.raises(DesignError, match=f"power of two from 32 to 1024, got {width}: .*--axis-w"):
        design("int4xint8", Options(axis_width=width))


def test_it_makes_the_interface_and_belongs_to_no_other():
    engine = design("int4xint8", Options(axis_width=64))
    assert engine.build.interface == "axis" and engine.name == "int4xint8_axis64"
    assert design("int4xint8", Options(axis_width=64, interface="axis")) == engine
    with pytest.raises(DesignError, match="belongs to --interface axis, got native"):
        design("int4xint8", Options(axis_width=64, interface="native"))


def test_a_command_says_so_too(capsys):
    assert cli.main(["explain", "int4xint8", "--axis-width", "100"]) == 2
    said = capsys.readouterr().err
    assert "axis-width must be a power of two from 32 to 1024, got 100" in said
    assert "--axis-width 128" in said and said.count("\n") == 1


@pytest.mark.parametrize("name", ["int4xint8", "w4a8", "hadamard", "rotated_nvfp4"])
def test_every_stream_has_the_width_and_the_description_keeps_it(name):
    made = design(name, Options(axis_width=128))
    assert from_toml(to_toml(made)) == made
    found = explain(made)
    assert {stream.data_bits for stream in found.streams} == {128 + 16}
    assert [s.name for s in found.streams] == [s.name for s in explain(design(name)).streams]
    assert found.facts["axis_width"] == 128 and set(found.facts["records"]) == set(found.notes)


#: What users write -> bits of TDATA of a 4 × 4 × 4 array of w4a8.
EACH = {
    "64,weight=512,result=128": {"weight": 512, "activation": 64, "scale": 64, "end_scale": 64,
                                 "result": 128},
    "weight=512,result=128": {"weight": 512, "activation": 128, "scale": 80, "end_scale": 128,
                              "result": 128},
    "scale=32": {"weight": 64, "activation": 128, "scale": 32, "end_scale": 128, "result": 32},
}  # fmt: skip


@pytest.mark.parametrize("text", EACH)
def test_a_stream_has_a_width_of_its_own(text):
    """A beat of w4a8: 16 4-bit codes, 16 bytes, 4 × (FP16 and 4 bits), 4 FP32, one FP32."""
    made = design("w4a8", Options(axis_width=text))
    assert from_toml(to_toml(made)) == made
    found = emit(made)
    widths = {s.name: found.interface.pin(s, "data").width for s in found.streams}
    assert widths == EACH[text]
    kept = {s.name for s in found.streams if found.interface.pin(s, "keep")}
    named = {word.partition("=")[0] for word in text.split(",") if "=" in word}
    assert kept == (set(widths) if text[0].isdigit() else named)
    assert found.hardware.facts["axis_width"] == {name: widths[name] for name in kept}


def test_a_table_says_the_same():
    table = {"default": 64, "weight": 512}
    made = design("w4a8", Options(axis_width=table))
    assert made == design("w4a8", Options(axis_width="64,weight=512"))
    assert made.name == "w4a8_axis64_weight_512"
    text = to_toml(made)
    assert "default = 64\nweight = 512" in text
    assert design("w4a8", Options(axis_width={"default": 64})) == design(
        "w4a8", Options(axis_width=64)
    )


WRONG = {
    "64,weights=512": "names the stream 'weights', and the design has weight, activation, scale, "
    "end_scale, result: choose --axis-width 64,weight=512",
    "64,x=512": "names the stream 'x', and the design has weight, activation, scale, end_scale, "
    "result$",
    "64,weight=500": "axis-width of weight must be a power of two from 32 to 1024, got 500: "
    "choose --axis-width 64,weight=512",
    "48,weight=64": "must be a power of two from 32 to 1024, got 48: choose --axis-width "
    "64,weight=64",
    "weight=16": "of weight must be .* got 16: choose --axis-width weight=32",
    "weight=64,weight=32": "one width for the stream weight, got 'weight=64,weight=32'",
    "64,32,weight=32": "one width for those that are not named, got",
    "64,weight=": "a whole number, or widths of streams such as 64,weight=512,result=128, got",
    "=64": "a whole number, or widths of streams such as",
}


@pytest.mark.parametrize("text", WRONG)
def test_widths_that_do_not_fit_are_one_line(text):
    with pytest.raises(DesignError, match=WRONG[text]) as raised:
        explain(design("w4a8", Options(axis_width=text)))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ['"64"', "[64]", "{ weight = true }", "{ }", "1.5"])
def test_a_file_with_another_kind_of_width_is_one_line(text):
    whole = to_toml(design("int4xint8", Options(axis_width=64))).replace(
        "axis_width = 64", f"axis_width = {text}"
    )
    with pytest.raises(DesignError, match="axis.width") as raised:
        from_toml(whole)
    assert "\n" not in str(raised.value)


def test_a_stream_that_rides_is_not_there():
    asked = Options(axis_width="64,scale=128", interleave=True)
    with pytest.raises(DesignError, match="'scale', and .* has weight, activation, result"):
        explain(design("w4a8", asked))


@pytest.mark.parametrize("text", ["32,weight=128", "weight=64", "32,result=128", "result=32"])
@pytest.mark.parametrize("interleave", [None, True])
def test_no_bit_of_an_answer_changes_with_a_width_of_its_own(text, interleave):
    plain = hardware(design("w4a8", Options(**SMALL | {"k_max": 256})))
    asked = Options(axis_width=text, interleave=interleave, **SMALL | {"k_max": 256})
    wide = hardware(design("w4a8", asked))
    tried, trials = harness(wide), harness(plain).stimuli(6, 1)
    found = wide.answer({stream.name: tried.sent(stream, trials) for stream in wide.sources})
    [item] = wide.results
    data = found["result"].values[0]
    if wide.sizes["result"]:
        data = data[found["result"].values[1].astype(bool)]
    else:
        data = np.frombuffer(data.astype("<u4").tobytes(), np.uint8)
    wanted = harness(plain).sent(plain.results[0], trials)
    assert data.tobytes() == Record(plain.results[0]).bytes_of(wanted).tobytes()


def test_no_bit_of_an_answer_changes():
    """What packets hold is what the design without them gives."""
    options = {"rows": 2, "cols": 2, "lanes": 2, "k_max": 64, "name": "e"}
    plain = hardware(design("e5m2xint4", Options(**options)))
    wide = hardware(design("e5m2xint4", Options(axis_width=32, **options)))
    trials = harness(plain).stimuli(20, 1)
    tried = harness(wide)
    sent = {stream.name: tried.sent(stream, trials) for stream in wide.sources}
    found = wide.answer(sent)["result"]
    bytes_ = found.values[0][found.values[1].astype(bool)].tobytes()
    wanted = harness(plain).sent(plain.results[0], trials)
    assert bytes_ == Record(plain.results[0]).bytes_of(wanted).tobytes()
    assert found.last.sum() == len(trials)  # each reduction is a packet


def test_simulate_leaves_converters_out():
    engine = design("int4xint8", Options(axis_width=64, **SMALL))
    rng = np.random.default_rng(1)
    w, x = rng.integers(-8, 8, (3, 32)), rng.integers(-128, 128, (2, 32))
    assert (simulate(engine, w & 15, x & 255).values == w @ x.T).all()


def test_what_counts_beats_refuses_it(tmp_path):
    engine = design("int4xint8", Options(axis_width=64, **SMALL))
    with pytest.raises(DesignError, match="got --axis-width 64"):
        prove(engine, tmp_path / "out")


def test_results_that_never_end_are_refused():
    with pytest.raises(DesignError, match="a packet would never end: .*--set k="):
        design("unpack_q4_0", Options(axis_width=64))


def test_explain_says_what_a_beat_is_and_what_a_port_costs(capsys):
    words = ["int4xint8", "--rows", "8", "--cols", "2", "--lanes", "4", "--axis-width", "64"]
    assert cli.main(["explain", *words, "--shape", "64x512x2"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "weight 16 bytes, activation 8 bytes, result 48 bytes each" in said
    assert "weight: a beat of 16 bytes takes 2 cycles of 64 bits" in said
    assert "32 MACs per cycle" in said
    assert "set by: the port of weight" in said


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return generate(
        design("e5m2xint4", Options(axis_width=64, name="packets", **SMALL)), folder / "packets",
        tiles=4,
    ).folder  # fmt: skip


def test_the_manifest_has_ports_and_where_values_lie(made):
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    ports = {port["name"]: port for port in manifest["ports"]}
    assert ports["s_axis_weight_tdata"]["width"] == 64 == ports["m_axis_result_tdata"]["width"]
    assert (
        ports["s_axis_weight_tkeep"]["width"] == 8
        and ports["s_axis_weight_tkeep"]["role"] == "keep"
    )
    assert ports["s_axis_weight_tlast"]["meaning"] == "ends the packet"
    records = manifest["records"]
    assert records["weight"] == {"bytes": 4, "packet": "any", "per": "step"} | {
        "fields": records["weight"]["fields"]
    }
    [result] = records["result"]["fields"]
    assert result["flags"] == ["nan", "positive", "negative"]
    assert result["flags_offset_bits"] == 2 * result["stride_bits"]
    assert records["result"]["bytes"] == 2 * result["stride_bits"] // 8 + 1
    assert "flags behind all values" in ports["m_axis_result_tdata"]["meaning"]
    assert "s_axis_weight_tkeep" in (made / "packets_instance.v").read_text(encoding="utf-8")


def test_stored_answers_are_those_of_the_golden_model(made):
    stored = (made / "tb/result.hex").read_text(encoding="ascii").split()
    assert answers(made) == stored


@needs_icarus
def test_the_test_bench_passes_and_finds_a_fault(made, tmp_path):
    def run(folder):
        done = subprocess.run(
            ["make", "-C", str(folder / "tb"), "icarus"], capture_output=True, text=True
        )
        return done.returncode, done.stdout

    code, said = run(made)
    assert code == 0 and "\nPASS " in said
    copy = Path(shutil.copytree(made, tmp_path / "packets"))
    wrapper = copy / "rtl/packets.v"
    text = wrapper.read_text(encoding="utf-8")
    wrapper.write_text(text.replace("= s_axis_activation_tkeep[7:0]", "= ~8'd0"), encoding="utf-8")
    assert text != wrapper.read_text(encoding="utf-8")
    code, said = run(copy)
    assert code != 0 and "FAIL" in said


#: Widths below and above those of streams; flags, groups and packets of one result; all kinds.
DESIGNS = {
    "narrow": ("e5m2xint4", {"rows": 2, "cols": 1, "lanes": 3, "k_max": 192, "axis_width": 32}),
    "full_rate": ("int4xint8", {"rows": 2, "cols": 1, "lanes": 3, "k_max": 192, "axis_width": 64}),
    "scaled": ("w4a8", {"rows": 2, "cols": 2, "lanes": 4, "k_max": 256, "axis_width": 128}),
    "held": ("int8xint8", {"rows": 2, "cols": 2, "lanes": 2, "flow": "weight_stationary",
        "policy": "dsp",
                           "k_max": 2, "axis_width": 32}),
    "unit": ("hadamard", {"set": ("points=16", "lanes=4"), "axis_width": 32}),
    "codes": ("quantize_mxfp4", {"axis_width": 64}),
    "stored": ("unpack_q4_0", {"set": ("k=128",), "axis_width": 128}),
    "chain": ("mxfp8_layer", {"rows": 2, "cols": 2, "lanes": 4, "axis_width": 64}),
    "of its own": ("w4a8", {"rows": 2, "cols": 1, "lanes": 4, "k_max": 256,
                            "axis_width": "64,scale=32,result=128"}),
    "some": ("e5m2xint4", {"rows": 2, "cols": 1, "lanes": 3, "k_max": 192,
                           "axis_width": "weight=64"}),
    "some, in front": ("w4a8", {"rows": 2, "cols": 1, "lanes": 4, "k_max": 256,
                                "interleave": True, "axis_width": "activation=64,result=32"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_hardware_equals_the_golden_model_whoever_stalls(name):
    text, options = DESIGNS[name]
    engine = design(text, Options(**options))
    assert explain(engine).full_rate == (name in ("full_rate", "scaled", "codes", "some"))
    assert verify(engine, count=20).results > 100


@pytest.mark.slow
def test_a_bubble_is_found():
    """The bench holds a design to full rate where its ports are wide enough."""
    name, options = DESIGNS["full_rate"]
    engine = design(name, Options(**options))
    emitted = emit(engine)
    job = runner.job(emitted, harness(emitted.hardware).stimuli(20, 1))
    found = runner.run([job], 1)[0]
    simulated.check(job, found, 1)
    found[0]["cycles"] += emitted.hardware.more + 1
    with pytest.raises(Mismatch, match="cycles, expected"):
        simulated.check(job, found, 1)
