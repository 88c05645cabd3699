"""What stands between products, by units: against real numbers, ml_dtypes, and FP32 in between."""

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError, Mismatch, UnknownName
from macsmith.golden.formats import lookup
from macsmith.golden.units import Residual
from macsmith.models.networks import open_network, product
from macsmith.models.networks.between import SINGLE
from macsmith.models.networks.diverging import apart, divergence
from macsmith.models.networks.generating import generate, perplexity
from macsmith.models.networks.parts import angles
from macsmith.models.networks.proving_units import UnitsProof
from macsmith.models.networks.quantizers import quantized, quantizer
from macsmith.models.networks.units import Units, beats_of
from networks import WHOLE, as_gguf, as_safetensors, llama

from macsmith import design, quantize

TOKENS = [1, 5, 7, 30, 2, 9, 9, 14]
TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16}


@pytest.fixture(params=TYPES)
def units(request):
    return Units(lookup(request.param))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    arrays, config = llama(np.random.default_rng(5), WHOLE)
    return as_gguf(tmp_path_factory.mktemp("units") / "m.gguf", arrays, config, "Q8_0")


def near(units, shape, rng, spread=2.0):
    """Values of the format."""
    return units.taken(rng.normal(0, spread, shape))


def rounded(units, exact):
    """By ml_dtypes, or NumPy."""
    return exact.astype(TYPES[units.form.name]).astype(np.float32)


def ulps(units, found, exact):
    """How far results are from real numbers, in units of the format's last place there."""
    places = units.form.mantissa_width
    least = float(ml_dtypes.finfo(TYPES[units.form.name]).smallest_normal)
    exponent = np.floor(np.log2(np.maximum(np.abs(exact), least)))
    return np.abs(found - exact) / np.exp2(exponent - places)


def test_sums_turns_and_gates_are_exact_numbers_rounded_once(units, rng):
    x, y = near(units, (3, 16), rng), near(units, (3, 16), rng)
    assert np.array_equal(units.add(x, y), rounded(units, x.astype(float) + y))
    assert np.array_equal(units.taken(x * 1.0001), rounded(units, (x * 1.0001).astype(float)))
    silu = units.gated(x, np.ones_like(x))
    assert np.array_equal(units.gated(x, y), rounded(units, silu.astype(float) * y))
    turns = angles(np.arange(3), 8, 500.0)
    heads = near(units, (3, 2, 8), rng)
    cos, sin = (rounded(units, of(turns)).astype(float)[:, None] for of in (np.cos, np.sin))
    for neighbours in (False, True):
        a, b = (heads[..., 0::2], heads[..., 1::2]) if neighbours else np.split(heads, 2, -1)
        found = units.rotate(heads, turns, neighbours)
        c, d = (found[..., 0::2], found[..., 1::2]) if neighbours else np.split(found, 2, -1)
        assert np.array_equal(c, rounded(units, a * cos - b * sin))
        assert np.array_equal(d, rounded(units, b * cos + a * sin))


def test_norms_softmax_and_silu_are_near_the_real_functions(units, rng):
    x, weight = near(units, (3, 32), rng), near(units, 32, rng, 1)
    exact = x / np.sqrt(np.mean(x.astype(float) ** 2, -1, keepdims=True) + 1e-5) * weight
    assert ulps(units, units.norm(x, weight, 1e-5), exact).max() < 0.6
    scores = near(units, (2, 3, 5), rng)
    scores[:, 0, 3:] = -np.inf
    powers = np.exp(scores.astype(float) - scores.max(-1, keepdims=True))
    found = units.softmax(scores)
    assert ulps(units, found, powers / powers.sum(-1, keepdims=True)).max() < 1.5
    assert (found[:, 0, 3:] == 0).all() and (found[:, 1:] > 0).all()
    up = np.ones_like(x)
    silu = x.astype(float) / (1 + np.exp(-x.astype(float)))
    assert ulps(units, units.gated(x, up), silu).max() <= 0.75


def test_what_is_not_seen_at_all_is_nan_as_the_unit_has_it(units):
    assert np.isnan(units.softmax(np.full((1, 1, 3), -np.inf, np.float32))).all()


def test_a_network_with_units_is_near_the_one_in_fp32(file, tmp_path):
    network, plain = open_network(file), product("float")
    exact = network.logits(TOKENS, plain)
    bf16, fp16 = (network.logits(TOKENS, plain, None, Units(lookup(f))) for f in TYPES)
    assert 0 < np.abs(fp16 - exact).max() < 0.2 < np.abs(exact).max()
    assert np.abs(fp16 - exact).mean() * 3 < np.abs(bf16 - exact).mean() < 0.3
    # Position by position, with keys and values kept, and by the other file's order of pairs.
    units, cache = Units(lookup("fp16")), network.cache(len(TOKENS))
    steps = [network.logits([token], plain, cache, units) for token in TOKENS]
    assert np.abs(np.concatenate(steps) - fp16).max() < 0.2
    folder = as_safetensors(tmp_path, *llama(np.random.default_rng(5), WHOLE))
    both = [open_network(folder).logits(TOKENS, plain, None, b) for b in (SINGLE, units)]
    assert np.abs(both[0] - both[1]).max() < 0.2


def test_how_far_units_lead_away(file):
    network, units = open_network(file), Units()
    used = product("w8a8")
    found = apart(network, TOKENS, used, units)
    one, other = (network.logits(TOKENS[:-1], used, None, b) for b in (SINGLE, units))
    assert found.divergence == divergence(one, other) > 0
    assert found.same == np.mean(one.argmax(1) == other.argmax(1))
    assert found.perplexities[0] == pytest.approx(perplexity(network, TOKENS, used))
    assert found.perplexities[1] == pytest.approx(perplexity(network, TOKENS, used, between=units))
    with pytest.raises(DesignError, match="needs 2 tokens at least, got 1"):
        apart(network, [1], used, units)


@pytest.mark.parametrize(
    "name", ["w8a8", "w4a8", "nvfp4", "mxfp8_e4m3", "mxfp4", "gguf_q8_0", "gguf_q4_k"]
)
def test_quantizers_make_what_engines_take(name, units, rng):
    """In real arithmetic by golden.quantize; the unit has the same codes of one vector."""
    operand = design(name).arithmetic.activation
    unit, x = quantizer(operand, 256, units.form), near(units, (1, 256), rng)
    codes = units.codes(x)
    answer = unit.answer({"values": beats_of((codes,), 256, ends=True)})["result"]
    [wanted] = quantize(x, operand).codes.values()
    mask = (1 << unit.element.bits) - 1
    assert np.array_equal(answer.values[0].ravel() & mask, wanted.ravel().astype(int) & mask)


@pytest.mark.parametrize("name, told", [("w8a8", (15, 15, 0)), ("w4a16", (15, 0, 15)),
                                        ("mxint8", (15, 15, 0))])  # fmt: skip
def test_whether_a_unit_quantizes_is_counted(name, told, file):
    used = product(name)
    open_network(file).logits(TOKENS[:2], used)
    found = quantized(used, lookup("bf16"))
    assert (found.matrices, found.by_unit, found.plain) == told and not found.others
    assert quantized(product("float"), lookup("bf16")) is None


def test_formats_that_no_unit_computes_are_told():
    with pytest.raises(UnknownName, match="units between products 'e4m3'; known: bf16, fp16"):
        Units(lookup("e4m3"))
    assert quantizer(design("ifairy").arithmetic.activation, 64, lookup("bf16")) is None


def test_units_in_rtl_are_compared(rng):
    proof, units = UnitsProof(), Units()
    x = near(units, (2, 8), rng)
    watched = Units(watch=proof)
    assert np.array_equal(watched.add(x, x), units.add(x, x))
    watched.add(x, x)
    assert proof.values == {"residual": 8}, "a sample is one vector of each unit"
    proof.whole = True
    watched.add(x, x)
    assert proof.values == {"residual": 24}
    [unit] = watched.made.values()
    assert isinstance(unit, Residual)
    sent = {
        name: beats_of((units.codes(x),), 8, ends=name == "values")
        for name in ("values", "residual")
    }
    wrong = unit.answer(sent)["result"].values[0] ^ (np.arange(16) == 3)[:, None]
    with pytest.raises(Mismatch, match=r"residual: 1 of 16 value differ, the first at \(3, 0\)"):
        proof(unit, sent, wrong)


@pytest.mark.slow
@pytest.mark.parametrize("rtl", ["sample", "all"])
def test_a_token_is_the_units_in_rtl_bit_for_bit(file, rtl):
    network, used = open_network(file), product("w8a8")
    found = generate(network, TOKENS, used, 2, rtl=rtl, between=Units())
    assert found.between == "BF16 units" and found.proof is not None
    assert set(found.proof.units) == {
        "rmsnorm of 32", "rope", "softmax of 64", "residual", "silu", "product",
        "quantize to int8 of 32", "quantize to int8 of 64",
    }  # fmt: skip
    if rtl == "all":  # two norms a layer and one at the end, two layers
        assert found.proof.units["rmsnorm of 32"] == 5 * 32
        assert found.proof.units["softmax of 64"] == 2 * 4 * len(TOKENS)
    assert found.tokens == generate(network, TOKENS, used, 2, between=Units()).tokens
