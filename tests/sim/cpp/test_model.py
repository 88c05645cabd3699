"""The C++ model's results are golden's, bit for bit; what it does not do is refused by name."""

from dataclasses import replace

import numpy as np
import pytest
from cpp_models import Compiled, same
from descriptions import arithmetics
from drawing import ELEMENTS, SCALES, quantized, scales
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from macsmith.golden import (
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    group,
    lookup,
    matmul,
    raw,
)
from macsmith.golden.answers import by_row
from macsmith.golden.formats import Format
from macsmith.golden.matrices import Matrices
from macsmith.golden.sparse import compress, prune
from macsmith.sim.cpp import model
from macsmith.sim.stimuli import bound_tiles, tiles

from macsmith import design
from macsmith.designs import presets

#: One of each kind of arithmetic: scales early, late and twice, zero points, planes, complex
#: numbers, tables that are chosen, sparse weights, aligned and saturating sums, other products.
KINDS = (
    "nvfp4", "w4a8", "gguf_q4_k", "ifairy", "bitmod4", "matquant", "sparse_marlin", "deepseek_fp8",
    "lmul", "lmul_e5m2", "simd", "posit16_1", "mixpe", "fdb", "tpe_opt1",
)  # fmt: skip


def own():
    """Arithmetics that no preset has, by name."""
    int4, fp16, fp32, bf16 = map(lookup, ("int4", "fp16", "fp32", "bf16"))
    saturating = Stage("int", format=lookup("int12"), overflow="saturate", terms=4)
    grouped = Operand((Plane(int4, (Level(fp16, group(8)),)),))
    inner = Level(lookup("int8"), group(8), "inner")
    spanned = Operand((Plane(int4, (inner, Level(fp16, group(32), "outer"))),))
    aligned = Stage("aligned", format=fp32, fraction=25, terms=4)
    parted = replace(aligned, partials=5)
    partial = Stage("fp", format=bf16, partials=5)
    fp = Output(fp32)
    level = Level(bf16, group(8), "s"), Level(bf16, group(8), "m")
    offset = Plane(int4, level[:1]), Plane(lookup("minus_one"), level[1:])
    last = {"bias": bf16, "nan": "zero", "relu": True, "clamp": (1, 100)}
    clamped = Output(lookup("int8"), "nearest_away", **last)
    found = {
        "overpacked": raw("int4", "uint4", 64, product="overpacked"),
        "corrected": raw("int4", "int4", 64, product="overpacked_corrected"),
        "saturated": raw("int4", "int8", 64, accumulate=(saturating,), initial=lookup("int8")),
        "wrapped": raw("int8", "int8", 64, accumulate=(Stage("int", format=lookup("int16")),),
                       initial=lookup("int32")),
        "posits": raw("posit8_1", "posit8_0", 64),
        "wide": raw("e5m2", "e5m2", 64),
        "promoted": replace(raw("int4", "fp16", 64, output=fp), weight=grouped,
                            accumulate=(aligned, partial)),
        "parted": raw("e5m2", "fp16", 64, output=fp, accumulate=(parted,)),
        "parted_groups": replace(raw("int4", "fp16", 64, output=fp), weight=grouped,
                                 accumulate=(replace(parted, partials=2), partial)),
        "constants": replace(raw("int4", "bf16", 64, output=fp), weight=Operand(offset),
                             combine=(), accumulate=(aligned, partial)),
        "negated": raw("e5m2", "e5m2", 64, combine=(((-1,),),)),
        "positive": raw("e4m3", "e4m3", 64, output=Output(lookup("fp16"), relu=True)),
        "clamped": replace(raw("int4", "e4m3", 64), weight=spanned, output=clamped,
                           accumulate=(Stage(span=16), partial)),
    }  # fmt: skip
    return [Engine(f"own_{name}", (item,), Build(2, 3, 4)) for name, item in found.items()]


def named(name):
    return replace(design(name), name=f"preset_{name}")


def tried(compiled, engine, count=24):
    """Tiles that were compared."""
    chosen = tiles(engine, count, seed=1)
    if max(item.k_max for item in engine.modes) <= 8192:
        chosen += bound_tiles(engine, 1)
    for tile in chosen:
        found = compiled.multiply(engine.name, tile)
        assert not isinstance(found, str), found
        assert same(found, tile.answer), (engine.name, tile.kind, found, tile.answer.values)
    return len(chosen)


@pytest.mark.cases(0)
def test_kinds_of_arithmetic(tmp_path):
    """Random tiles, corners, cancellations, and both bounds of each sum."""
    engines = [*map(named, KINDS), *own()]
    compiled = Compiled(tmp_path, engines)
    assert sum(tried(compiled, engine) for engine in engines) > 500


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_all_presets(part, tmp_path):
    engines = list(map(named, list(presets())[part::6]))
    compiled = Compiled(tmp_path, engines)
    for engine in engines:
        assert tried(compiled, engine, 40) >= 40


def ragged(engine, rng, hows, k):
    """Matrices of any length, with golden's answer; None where golden has none."""
    arithmetic, (how, how_scales) = model.alone(engine, 0), hows
    bias, initial = arithmetic.output.bias, arithmetic.initial
    w = quantized(rng, arithmetic.weight, how, how_scales, (5, k))
    a = quantized(rng, arithmetic.activation, how, how_scales, (4, k))
    more = {}
    if bias is not None:
        more["bias"] = scales(rng, bias, how_scales, (5,))
    if initial is not None:
        more["initial"] = rng.integers(initial.low, initial.high, (5, 4), endpoint=True)
    answer = matmul(by_row(engine), w, a, **more)
    return Matrices(weight=w, activation=a, answer=answer, **more)


def agree(compiled, engine, rng, lengths):
    for number, k in enumerate(lengths):
        hows = ELEMENTS[number % len(ELEMENTS)], SCALES[number % len(SCALES)]
        matrices = ragged(engine, rng, hows, k)
        found = compiled.multiply(engine.name, matrices)
        assert not isinstance(found, str), found
        assert same(found, matrices.answer), (engine, hows, k)


@pytest.mark.cases(0)
def test_matrices_of_any_size(tmp_path):
    """Five rows, four columns, K that ends within a group, a step or a multiplication."""
    engines, rng = own(), np.random.default_rng(2)
    compiled = Compiled(tmp_path, engines)
    for engine in engines:
        agree(compiled, engine, rng, [64, 1, 7, 16, 33, 60, 3, 64, 20, 41, 9, 64])


@pytest.mark.cases(0)
def test_sparse_weights_of_any_size(tmp_path):
    engine, rng = named("sparse_marlin"), np.random.default_rng(3)
    compiled = Compiled(tmp_path, [engine])
    arithmetic = model.alone(engine, 0)
    structure = arithmetic.weight.structure
    dense = replace(arithmetic.weight, structure=None)
    for k in (128, 256, 131, 2, 9, 130):
        whole = quantized(rng, dense, "any", "tame", (3, k))
        chosen = prune(rng.normal(size=(3, k)), structure)
        w = compress(whole, structure, chosen)
        a = quantized(rng, arithmetic.activation, "any", "tame", (2, k))
        answer = matmul(by_row(engine), w, a)
        found = compiled.multiply(engine.name, Matrices(weight=w, activation=a))
        assert not isinstance(found, str) and same(found, answer), (k, found)


def described(count):
    """Random descriptions that golden takes, of different names."""
    found = {}

    @given(st.data())
    @settings(max_examples=count, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def collect(data):
        try:
            engine = Engine("x", (data.draw(arithmetics(4)),), Build(1, 1, 4))
            model.header(engine)
        except DesignError:
            return
        found[engine.arithmetic] = engine

    collect()
    return [replace(engine, name=f"x{n}") for n, engine in enumerate(found.values())]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(3))
def test_random_descriptions(part, tmp_path):
    engines, rng = described(300)[part::3], np.random.default_rng(part)
    assert len(engines) > 20
    compiled = Compiled(tmp_path, engines)
    for engine in engines:
        agree(compiled, engine, rng, [64, 64, 60, 33, 16, 7, 1, 64, 64, 64, 64, 64])


#: What is changed in the library, in what, and a design that shows it.
FAULTS = [
    ("rest.half == 0 && odd", "rest.half == 0", "preset_nvfp4"),
    ("partials[index++ % D::partials]", "partials[index++ % 1]", "own_promoted"),
    ("codes[index++ % D::aligned_partials]", "codes[index++ % 1]", "own_parted"),
    ("if (!i || exponent > greatest)", "if (!i)", "own_parted"),
    ("corrected && carry < 0)", "corrected && carry > 0)", "own_corrected"),
    ("if (value.below(low)) return low;", "", "own_saturated"),
    ("-126 - (format", "-125 - (format", "preset_lmul"),
    ("c < there || constant", "c < there || constant || true", "own_constants"),
    ("std::swap(raised.positive, raised.negative)", "(void)0", "own_negated"),
    ("held.negative) {\n        code = 0;", "held.negative) {", "own_positive"),
    ("<< (w.exponent + a.exponent - unit)", "<< (w.exponent + a.exponent - unit + 1)", "own_wide"),
    ("static constexpr int unit = ", "static constexpr int unit = 1 + ", "preset_nvfp4"),
    ("lib::Rounding::nearest_away", "lib::Rounding::nearest_even", "own_clamped"),
]


@pytest.mark.slow
@pytest.mark.parametrize("old, new, name", FAULTS)
def test_planted_faults_are_found(old, new, name, tmp_path):
    """In the library, and in the tables that are generated."""
    known = {engine.name: engine for engine in own()}
    engine = known.get(name) or named(name.removeprefix("preset_"))
    assert old in model.header(engine)
    compiled = Compiled(tmp_path, [engine], lambda text: text.replace(old, new))
    with pytest.raises(AssertionError):
        tried(compiled, engine, 100)
        agree(compiled, engine, np.random.default_rng(1), [64, 33, 60, 7, 61, 62] * 4)


#: Arrays of a tile, what is put there, and what is said of it.
WRONG = [
    ("codes", 0, 16, "weight_code must point to rows x k: codes of e2m1 (4 bits)"),
    ("scales", 0, 128,
     "weight_block must point to rows x ((k + 15) / 16): codes of ue4m3 (7 bits)"),
]  # fmt: skip


@pytest.fixture(scope="module")
def nvfp4(tmp_path_factory):
    engine = named("nvfp4")
    return engine, Compiled(tmp_path_factory.mktemp("nvfp4"), [engine])


@pytest.mark.cases("all")
@pytest.mark.parametrize("kind, side, code, wanted", WRONG)
def test_a_code_that_is_none_is_told(nvfp4, kind, side, code, wanted):
    engine, compiled = nvfp4
    [tile] = tiles(engine, 1, seed=1)
    name = "code" if kind == "codes" else "block"
    held = getattr((tile.weight, tile.activation)[side], kind)
    before = held[name].copy()
    held[name][-1, -1] = code
    assert compiled.multiply(engine.name, tile) == wanted
    held[name][...] = before
    assert same(compiled.multiply(engine.name, tile), tile.answer)


@pytest.mark.parametrize("k", [0, -1, 4097])
def test_a_length_out_of_range_is_told(nvfp4, k):
    engine, compiled = nvfp4
    [tile] = tiles(engine, 1, seed=1)
    assert compiled.multiply(engine.name, tile, k) == "k must lie in 1 to 4096"


def test_what_synthesis_for_fpgas_does_not_take_is_not_there():
    """Of words in comments nothing is said."""
    lines = model.header(design("nvfp4")).splitlines()
    text = "\n".join(line.partition("//")[0] for line in lines)
    for word in ("double", "float ", "throw", "new ", "malloc", "std::vector", "std::string"):
        assert word not in text, word
    assert all(line.startswith("#include <") for line in text.splitlines() if "#include" in line)


class Other(Format):
    """A format of no family that the library decodes."""

    name, bits, lsb, low, high, significand_width, select_width = "other", 4, 0, -8, 7, 4, 0

    def _fields(self, codes, select):
        return lookup("int4")._fields(codes, select)

    def _encode(self, values, rounding, saturate, select):
        return lookup("int4")._encode(values, rounding, saturate, select)


REFUSED = [
    (lambda: design("rmsnorm"), "the C++ model is of engines, and rmsnorm is none"),
    (lambda: design("mxfp8_layer"), "the C++ model is of engines, and mxfp8_layer is none"),
    (lambda: Engine("x", (raw(Other(), "int8"),), Build(1, 1, 4)), "no decoder for other"),
    (lambda: Engine("x", (raw("fp32", "fp32", output=Output(lookup("fp32"))),), Build(1, 1, 4)),
     "needs 567 bits, more than 128"),
]  # fmt: skip


@pytest.mark.cases("all")
@pytest.mark.parametrize("made, wanted", REFUSED)
def test_what_it_does_not_do_is_refused_by_name(made, wanted):
    with pytest.raises(DesignError) as error:
        model.files(made())
    assert wanted in str(error.value) and "\n" not in str(error.value)


def test_files_are_the_same_again():
    assert model.files(design("w4a8")) == model.files(design("w4a8"))
