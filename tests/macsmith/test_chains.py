"""Chains in TOML and on the command line."""

import json
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.description import Chain
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.tiling import join as after_another
from macsmith.hw.catalogue import hardware
from programs import needs_icarus
from second_models.floats import floor_log2

from macsmith import explain, generate, lookup, matmul, quantize
from macsmith.cli import main
from macsmith.designs import Options, chain_presets, design, presets, unit_presets

TEXT = """
name = "rotated"
chain = [
    { unit = "hadamard", name = "turned", points = 16, lanes = 4, vectors = 4 },
    "int4xint12",
]
"""


@pytest.fixture
def chain(tmp_path):
    (tmp_path / "rotated.toml").write_text(TEXT)
    return tmp_path / "rotated.toml"


def test_a_chain_goes_to_toml_and_back(chain):
    found = design(str(chain))
    assert [part.name for part in found.parts] == ["turned", "int4xint12"]
    assert from_toml(to_toml(found)) == found
    longer = design(str(chain), Options(name="mine", interface="axis"))
    assert from_toml(to_toml(longer)) == longer and longer.name == "mine"
    assert design(str(chain), Options(interface="axis")).name == "rotated_axis"


def test_parts_may_be_files_beside_it(chain):
    outer = chain.parent / "outer.toml"
    part = to_toml(design("int4xint12", Options(name="product")))
    (chain.parent / "product.toml").write_text(part)
    outer.write_text(TEXT.replace('"int4xint12"', '"product.toml"'))
    assert design(str(outer)).parts[1].name == "product"


@pytest.mark.parametrize(
    "text, message",
    [
        ("chain = 3", "chain must be a list of designs, got 3"),
        ('chain = ["int4xint12"]', "chain needs the key 'name'"),
        ('name = "a"\nchain = ["int4xint12"]\nlanes = 3', "unknown key in chain 'lanes'"),
        ('name = "a"\nchain = ["int4xin12", "int4xint8"]', "unknown format 'in12'"),
        ('name = "a"\nchain = [{ unit = "hadamart" }, "int4xint8"]', "unknown unit 'hadamart'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(DesignError, match=message):
        design(str(tmp_path / "c.toml"))


def test_a_chain_that_names_itself_is_told(tmp_path):
    (tmp_path / "a.toml").write_text('name = "a"\nchain = ["b.toml", "int4xint8"]')
    (tmp_path / "b.toml").write_text('name = "b"\nchain = ["./a.toml", "int4xint8"]')
    with pytest.raises(DesignError, match="a.toml is a part of itself: name another design"):
        design(str(tmp_path / "a.toml"))


def test_options_of_parts_are_not_the_chains(chain):
    with pytest.raises(DesignError, match="--rows belongs to a part of rotated"):
        design(str(chain), Options(rows=3))


def test_commands_take_it(chain, capsys, tmp_path):
    assert main(["explain", str(chain), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["chain"] == ["turned", "int4xint12"] and told["macs_per_cycle"] == 64
    assert told["joins"] == [{"beats": 1, "become": 1, "cycles": 1, "values_kept": 0}]
    assert main(["generate", str(chain), "-o", str(tmp_path / "out")]) == 0
    held = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [stream["name"] for stream in held["streams"]] == ["points", "weight", "result"]
    assert explain(from_toml((tmp_path / "out" / "design.toml").read_text())).name == "rotated"


@needs_icarus
def test_its_bench_passes(chain, tmp_path):
    made = generate(design(str(chain)), tmp_path / "out")
    command = ["make", "-C", str(made.folder / "tb"), "icarus"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    assert any(line.startswith("PASS") for line in said.splitlines()), said


# Presets.


@pytest.mark.parametrize("name", chain_presets())
def test_a_preset_is_a_design_of_its_name(name):
    found = design(name)
    assert isinstance(found, Chain) and found.name == name and found.shaped
    assert name not in {*presets(), *unit_presets()}
    assert from_toml(to_toml(found)) == found
    assert [stream.name for stream in hardware(found).results] == ["result"]


def test_presets_are_listed(capsys):
    assert main(["list", "chains", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == set(chain_presets())
    assert rows["mxfp8_layer"]["parts"] == ("quantize activations → mxfp8_e4m3 → quantize results")
    assert all(row["what"] and "Source" not in row["what"] for row in rows.values())
    with pytest.raises(DesignError, match="'mxfp8_laier'; close ones: mxfp8_layer"):
        design("mxfp8_laier")


def test_units_follow_the_engine_that_shapes_the_chain():
    found = design("mxfp8_layer", Options(rows=8, cols=2, lanes=8))
    first, engine, last = found.parts
    assert (engine.build.rows, engine.build.cols, engine.build.lanes) == (8, 2, 8)
    assert (first.vectors, first.lanes) == (2, 8)
    assert (last.vectors, last.lanes) == (2, 1), "its lanes are its own"
    assert found.name == "mxfp8_layer_8x2x8" and engine.name == "mxfp8_e4m3"
    _, results = design("tflite_layer", Options(cols=2)).parts
    assert results.rows == 2
    turned, coded, _ = design("rotated_nvfp4", Options(cols=2)).parts
    assert turned.vectors == coded.vectors == 2
    silu, gated, coded, _ = design("swiglu", Options(cols=2, lanes=8)).parts
    assert (silu.rows, silu.lanes) == (2, 8) == (gated.vectors, gated.lanes)
    assert [s.name for s in hardware(design("swiglu")).streams] == [
        "values", "factor", "weight", "scale", "result",
    ]  # fmt: skip
    same = design("mxfp8_layer", Options(rows=4))
    assert same.name == "mxfp8_layer", "what changes nothing has no part in the name"


def test_an_engine_takes_what_its_quantizer_makes():
    found = design("w4a16_aligned", Options(set=("element=int11", "aligned.values=fp16")))
    unit, engine = found.parts
    [plane] = engine.arithmetic.activation.planes
    assert unit.element == plane.element == lookup("int11") and unit.values == lookup("fp16")
    assert found.name == "w4a16_aligned_elementint11_valuesfp16"
    longer = design("w4a16_aligned", Options(set=("block=64",), group=64))
    assert longer.parts[1].arithmetic.activation.group == 64
    assert hardware(longer).joins[0].beside.every == 16
    assert design("w4a16_aligned", Options(name="mine", rows=2)).name == "mine"


def test_policies_are_those_of_all_parts():
    found = design("tflite_layer", Options(policy="dsp"))
    assert {found.build.policy, *(part.build.policy for part in found.parts)} == {"dsp"}
    hardware(found)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"set": ("block=16",)}, "--set block may be activations.block or results.block: say"),
        ({"set": ("coded.block=16",)}, "unknown unit of mxfp8_layer 'coded'"),
        ({"set": ("size=16",)}, "unknown parameter of the units of mxfp8_layer 'size'"),
        (
            {"set": ("block",)},
            "takes PARAMETER=VALUE, such as block=64, or PART.PARAMETER=VALUE .*"
            " have the parameter, got 'block'",
        ),
        ({"set": ("results.element=int17",)}, "elements are signed integers .* got int17"),
        ({"rows": 0}, "rows must be at least 1, got 0"),
    ],
)
def test_options_that_no_part_has_are_told(options, message):
    with pytest.raises(DesignError, match=message):
        design("mxfp8_layer", Options(**options))


def test_what_options_make_of_the_joins_is_told():
    found = design("mxfp8_layer", Options(set=("activations.block=64",)))
    with pytest.raises(DesignError, match="a block has 64 values, .* takes scales every 32: make"):
        hardware(found)


def test_shaped_names_an_engine_of_the_chain(chain):
    chain.write_text('shaped = "turned"\n' + TEXT)
    with pytest.raises(DesignError, match="shaped is the name of an engine.*int4xint12, got 'tur"):
        design(str(chain))
    chain.write_text('shaped = "int4xint12"\n' + TEXT)
    assert design(str(chain), Options(rows=3)).parts[1].build.rows == 3


# What presets answer, against arithmetic by hand.


def beats_of(matrix, lanes=4):
    """A matrix of codes (vectors, K) as beats."""
    steps = matrix.shape[1] // lanes
    values = matrix.reshape(len(matrix), steps, lanes).transpose(1, 0, 2).reshape(steps, -1)
    return Beats((values,), (None,), np.arange(steps) == steps - 1)


def plain(*arrays):
    return Beats(arrays, (None,) * len(arrays), np.zeros(len(arrays[0]), bool))


@pytest.mark.parametrize("bits", [10, 12, 15])
def test_aligned_products_are_those_of_exact_rationals(bits):
    """One group: the sum of (q - z) c, c the significands shifted to the greatest exponent and
    rounded to F bits, times the two scales, rounded once to FP32."""
    rng, k = np.random.default_rng(bits), 128
    chain = design("w4a16_aligned", Options(set=(f"element=int{bits + 1}",)))
    bf16, fp16 = lookup("bf16"), lookup("fp16")
    x = bf16.encode(rng.standard_t(3, (4, k)) * np.exp2(rng.integers(-9, 9, (4, 1))))
    q, z = rng.integers(0, 16, (4, k)), rng.integers(0, 16, (1, 4))
    s = fp16.encode(np.exp2(rng.uniform(-9, -3, (1, 4))))
    sent = {"values": beats_of(x), "weight": beats_of(q), "scale": plain(s, z)}
    found = hardware(chain).answer(sent)["result"].values[0].reshape(4, 4)
    for column, values in enumerate(bf16.decode(x)):
        exact = [Fraction(float(value)) for value in values]
        least = Fraction(2) ** (floor_log2(max(map(abs, exact))) - bits + 1)
        most = (1 << bits) - 1
        c = [max(min(round(value / least), most), -most - 1) for value in exact]
        for row in range(4):
            total = sum((int(w) - int(z[0, row])) * v for w, v in zip(q[row], c, strict=True))
            wanted = total * least * Fraction(float(fp16.decode(s)[0, row]))
            assert found[row, column] == np.float32(float(wanted)).view(np.uint32)


def test_a_layer_of_mxfp8_is_quantized_multiplied_and_quantized_again():
    """By matrices: two blocks of values, 32 channels in tiles of four."""
    chain, rng = design("mxfp8_layer"), np.random.default_rng(3)
    first, engine, last = chain.parts
    x = first.values.encode(rng.standard_t(3, (4, 64)))
    weight = quantize(rng.normal(size=(32, 64)), engine.arithmetic.weight)
    made = quantize(first.values.decode(x), engine.arithmetic.activation, scale_rule="rceil")
    product = matmul(engine, weight, made).decode()
    wanted = quantize(product.T, last.operand, scale_rule="rceil")
    [w] = weight.codes.values()
    tiles = range(0, 32, 4)
    sent = {
        "values": after_another([beats_of(x)] * 8),
        "weight": after_another([beats_of(w[row : row + 4]) for row in tiles]),
        "scale": after_another([plain(weight.scales["scale"][row : row + 4].T) for row in tiles]),
    }
    codes, scales = hardware(chain).answer(sent)["result"].values
    assert (codes.T == next(iter(wanted.codes.values()))).all()
    assert (scales == wanted.scales["scale"].T).all()
