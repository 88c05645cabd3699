"""Models of units: their beats of results are golden's, bit for bit."""

from itertools import product

import numpy as np
import pytest
from cpp_beats import CompiledBeats, alone_in, same, short
from macsmith.golden import DesignError, lookup
from macsmith.golden.streams import Beats
from macsmith.golden.units import Dequantize, Product, Quantize, Requantize, Residual
from macsmith.golden.units.grouped import Elementwise
from macsmith.golden.units.grouped_trials import anything, special, trial
from macsmith.sim.cpp import catalogue
from macsmith.sim.cpp.units import TELLERS

from macsmith import design
from macsmith.designs import unit_presets

#: Quotients of one value by another, and codes of every rule.
POWER_RULES = ("floor", "even", "ceil", "rceil")
ROUNDINGS = ("nearest_even", "nearest_up", "nearest_away", "toward_zero", "up", "down", "odd")


def given(kind, name, **parameters):
    """A unit whose formats are given by name; ``none`` is no format."""
    fields = kind.__dataclass_fields__
    made = {}
    for key, value in parameters.items():
        if key == "scales":
            value = tuple(map(lookup, value))
        elif "Format" in str(fields[key].type):
            value = None if value == "none" else lookup(value)
        made[key] = value
    return kind(name=name, **made)


def dequantizers():
    shape = {"rows": 3, "lanes": 4, "group": 8}
    for number, parameters in enumerate((
        {"element": "int16", "zero": "int16", "scales": ("int32", "fp32", "fp32"),
         "result": "fp32"},
        {"element": "e4m3", "scales": ("e8m0", "fp16"), "result": "fp16", "overflow": "saturate"},
        {"element": "mxint8", "scales": ("e5m2",), "result": "bf16"},
        {"element": "fp16", "scales": ("fp32", "fp32", "fp32"), "result": "e5m2"},
        {"element": "uint8", "zero": "int8", "scales": ("int16",), "result": "int16",
         "overflow": "saturate"},
        {"element": "int8", "zero": "uint4", "scales": ("int8",), "result": "uint8",
         "overflow": "wrap"},
        {"element": "nf4", "scales": ("bf16",), "result": "fp32"},
        {"element": "e2m1", "scales": (), "result": "e4m3"},
        {"element": "e5m2", "scales": ("ue4m3",), "result": "e4m3", "overflow": "infinity"},
    )):  # fmt: skip
        yield given(Dequantize, f"dequantizer{number}", **shape, **parameters)


def requantizers():
    for number, rounding in enumerate(ROUNDINGS):
        yield given(Requantize, f"rounded{number}", rounding=rounding, sums="int24", shift="int6",
                    multiplier="int16", distance=12, bias="int20", zero=-3)  # fmt: skip
    for number, parameters in enumerate((
        {"sums": "int64", "shift": "int7", "distance": 0, "bias": "int32", "rows": 2, "group": 4},
        {"sums": "uint64", "multiplier": "uint32", "distance": 64, "result": "uint16", "lanes": 2},
        {"sums": "int16", "multiplier": "none", "distance": 0, "result": "int4"},
        {"sums": "int40", "rule": "tflite", "shift": "int7", "relu": True, "zero": 5},
        {"rule": "tflite", "rows": 4, "shared": True, "bias": "int8", "clamp": (-20, 100)},
        {"sums": "int64", "rule": "scale", "multiplier": "fp32", "result": "fp16", "relu": True,
         "bias": "int32"},
        {"sums": "uint16", "rule": "scale", "multiplier": "e4m3", "result": "e5m2"},
        {"sums": "int64", "rule": "scale", "multiplier": "none", "result": "fp32"},
        {"sums": "int32", "rule": "scale", "multiplier": "e8m0", "result": "e4m3", "rows": 2},
        {"sums": "int64", "rule": "qlinear", "multiplier": "fp32", "result": "uint8", "zero": 128,
         "bias": "int32", "relu": True, "group": 2},
        {"rule": "qlinear", "multiplier": "fp32", "result": "int16", "zero": -32768},
        {"sums": "fp32", "rule": "qlinear", "multiplier": "fp32", "bias": "bf16", "zero": 9},
        {"sums": "fp16", "rule": "qlinear", "multiplier": "none", "result": "int4", "relu": True},
        {"sums": "fp32", "rule": "scale", "multiplier": "fp32", "result": "e4m3", "bias": "fp32",
         "rows": 2, "group": 4},
        {"sums": "bf16", "rule": "scale", "multiplier": "fp32", "result": "e5m2", "relu": True,
         "clamp": (0.0, 6.0)},
        {"sums": "fp32", "rule": "scale", "multiplier": "none", "result": "e2m1", "nan": "zero",
         "clamp": (-1.5, 4.0)},
    )):  # fmt: skip
        yield given(Requantize, f"requantizer{number}", **parameters)


def quantizers():
    elements = ("e2m1", "e4m3", "e5m2", "mxint8", "int16_sym")
    for number, (element, rule) in enumerate(product(elements, POWER_RULES)):
        values = ("bf16", "fp16", "fp32")[number % 3]
        yield given(Quantize, f"power{number}", element=element, rule=rule, values=values,
                    lanes=(1, 4, 16)[number % 3], block=8)  # fmt: skip
    random = {"random_bits": 7}
    for number, parameters in enumerate((
        {"element": "int8_sym", "scale": "fp16", "rule": "absmax"},
        {"element": "int4", "scale": "e4m3", "rule": "nearest", "values": "fp32"},
        {"element": "e3m2", "scale": "fp32", "rule": "nearest", "vectors": 3, "values": "fp32"},
        {"element": "e2m1", "scale": "ue4m3", "rule": "absmax", "tensor": "fp32"},
        {"element": "e4m3", "scale": "ue5m3", "rule": "nearest", "tensor": "bf16", "token": 24},
        {"element": "int4_sym", "scale": "ue4m0_fn", "rule": "absmax", "tensor": "fp32",
         "token": 16, "values": "fp32", **random},
        {"element": "int8", "scale": "bf16", "rule": "nearest", **random},
        {"element": "e2m1", "rule": "even", "random_bits": 16, "lanes": 16},
        {"element": "e5m2", "rule": "ceil", "random_bits": 1},
        {"element": "uint8", "zero": "uint8", "scale": "fp32", "rule": "absmax", "values": "fp32"},
        {"element": "uint2", "zero": "uint2", "scale": "e4m3", "rule": "nearest", "vectors": 2},
        {"element": "uint4", "zero": "uint4", "scale": "fp16", "rule": "nearest", **random},
        {"element": "e2m1", "rule": "floor", "shift": "bf16", "factor": "fp16"},
        {"element": "int8_sym", "scale": "fp32", "rule": "nearest", "factor": "e8m0",
         "inner": "bf16", **random},
        {"element": "uint8", "zero": "uint8", "scale": "bf16", "rule": "absmax", "shift": "fp32",
         "values": "fp16"},
    )):  # fmt: skip
        shape = {"lanes": 4, "block": 8} | parameters
        yield given(Quantize, f"quantizer{number}", **shape)


def additions():
    for number, names in enumerate((("bf16", "fp32", "bf16"), ("fp32", "fp16", "fp32"),
                                    ("fp16", "fp16", "e5m2"))):  # fmt: skip
        formats = dict(zip(("values", "residual", "result"), names, strict=True))
        yield given(Residual, f"addition{number}", **formats, lanes=3, vectors=2)


def products():
    for number, names in enumerate((("bf16", "fp32", "bf16"), ("fp32", "fp32", "fp32"),
                                    ("fp16", "fp16", "e5m2"))):  # fmt: skip
        formats = dict(zip(("values", "factor", "result"), names, strict=True))
        yield given(Product, f"product{number}", **formats, lanes=3, vectors=2)


def own():
    """Units that no preset has."""
    return [*dequantizers(), *requantizers(), *quantizers(), *additions(), *products()]


def of_presets():
    """Units of the presets that have a model."""
    return [unit for unit in map(design, unit_presets()) if type(unit) in TELLERS]


def tried(compiled, unit, count=40):
    """Trials that were compared, 0 if one differs: random ones, corners, such as lack beats at
    their ends, and every code of an element where it has up to 16 bits."""
    rng = np.random.default_rng(1)
    if max(len(beats) for beats in unit.bounds()[0].values()) > 512:
        count //= 4
    trials = unit.trials(count, rng) + unit.bounds()
    trials += [short(sent, rng) for sent in trials[: count // 2]]
    if isinstance(unit, Elementwise) and unit.source[1].bits <= 16:
        trials += every_code(unit)
    for sent in trials:
        found = compiled.answer(unit.name, sent)
        if not same(found, compiled.ports[unit.name][-1], unit.answer(sent)["result"]):
            return 0
    return len(trials)


def every_code(unit):
    """Each code of an element beside each odd value of a scale, and others."""
    rng = np.random.default_rng(2)
    name, element = unit.source
    codes = np.asarray(element.legal)
    codes = np.resize(codes, (-(-codes.size // (unit.rows * unit.lanes)), unit.rows * unit.lanes))
    last = np.zeros(len(codes), bool)
    last[-1] = True
    shape = int(unit.ends(last).sum()), unit.holders
    for number in range(24):
        held = {}
        for key, fmt in unit.held.items():
            odd = hasattr(fmt, "max_code") and number % 2
            drawn = rng.choice(special(fmt), shape) if odd else anything(fmt, shape, rng)
            held[key] = drawn
        yield trial(unit, codes, held, last)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return CompiledBeats(tmp_path_factory.mktemp("units"), own())


@pytest.mark.slow
def test_presets_answer_as_golden(tmp_path):
    """With every warning of an optimizing compiler."""
    found = of_presets()
    library = CompiledBeats(tmp_path, found, more=())
    assert len(found) > 30
    for unit in found:
        assert tried(library, unit), unit.name


@pytest.mark.slow
@pytest.mark.parametrize("unit", own(), ids=lambda unit: unit.name)
def test_own_units_answer_as_golden(compiled, unit):
    assert tried(compiled, unit)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["power0", "power13", "quantizer0", "quantizer9", "quantizer12"])
def test_every_code_of_a_value_is_quantized_as_golden(compiled, name):
    """Each alone among zeros, so that it makes the scale, and beside another."""
    unit = next(unit for unit in own() if unit.name == name)
    if unit.values.bits > 16:
        unit = next(item for item in own() if item.name == "power0")
    rng, size = np.random.default_rng(3), 1 << 16
    blocks = np.zeros((size, unit.block), unit.values.dtype)
    blocks[:, 0] = np.arange(size)
    blocks[size // 2 :, 1] = rng.permutation(size)[size // 2 :]
    codes = blocks.reshape(-1, unit.width)
    none = np.zeros(len(codes), bool)
    sent = {"values": Beats((codes,), (None,), none)}
    if unit.channel:
        held = [fmt.encode(rng.normal(1, 1, codes.shape)) for fmt in unit.channel.values()]
        sent["channel"] = Beats(tuple(held), (None,) * len(held), none)
    answer = unit.answer(sent)["result"]
    assert same(compiled.answer(unit.name, sent), compiled.ports[unit.name][-1], answer)


#: Names of units, and what is changed in the text of their models, the only one of its fault.
FAULTS = (
    ("dequantizer0", "value -= whole(held[D::zero])", "value += whole(held[D::zero])"),
    ("dequantizer1", "infinite_ && zero_", "infinite_ && nan_"),
    ("dequantizer5", "bits << up & D::target", "bits << 1 & D::target"),
    ("rounded1", "lib::Rounding::nearest_up", "lib::Rounding::nearest_away"),
    ("rounded6", "rest.inexact && !odd", "rest.inexact"),
    ("requantizer3", "first, Rounding::nearest_up", "first, Rounding::nearest_even"),
    ("requantizer5", "D::relu && value.negative", "D::relu && !value.negative"),
    ("requantizer9", "int zero = 128", "int zero = 127"),
    ("power0", "leading(most) - leading(reach)", "leading(most) - leading(reach) + 1"),
    ("power1", "(62 - mantissa_bits)", "(61 - mantissa_bits)"),
    ("power2", "normal(most) << 1 != 0", "normal(most) << 1 == 0"),
    ("power3", "normal(most) > normal(reach)", "normal(most) >= normal(reach)"),
    ("quantizer3", "zero.negative = x.negative", "zero.negative = !x.negative"),
    ("quantizer1", "D::rule == ScaleRule::absmax ?", "D::rule == ScaleRule::nearest ?"),
    ("quantizer4", "code < least ? least : code", "least < code ? code : code"),
    ("quantizer5", "step(1000)", "step(999)"),
    ("quantizer8", "state_ >> 1 ^", "state_ >> 2 ^"),
    ("quantizer10", "least.exponent = D::scale.lsb", "least.exponent = D::scale.lsb + 1"),
    ("quantizer12", "less.negative = !less.negative;", ""),
    ("addition0", "return kept | ((kept << places) != significand);", "return kept;"),
)  # fmt: skip


@pytest.mark.slow
def test_faults_are_seen(tmp_path):
    units = {unit.name: unit for unit in own()}
    texts = {}
    for name, right, wrong in FAULTS:
        text = catalogue.header(units[name])
        assert text.count(right) == 1, right
        # A library of its own: of those that are alike only the first is read.
        texts[name] = alone_in(text.replace(right, wrong), name)
    library = CompiledBeats(tmp_path, [units[name] for name in texts], texts)
    missed = [name for name in texts if tried(library, units[name])]
    assert missed == []


BRIEF = ("dequantizer0", "requantizer3", "quantizer5", "quantizer11", "addition0", "product0")


def test_one_of_each_kind_answers_as_golden(tmp_path):
    found = [unit for unit in own() if unit.name in BRIEF]
    library = CompiledBeats(tmp_path, found)
    for unit in found:
        assert tried(library, unit), unit.name


def test_what_does_not_belong_there_is_told_in_a_line(tmp_path):
    symmetric = given(Dequantize, "symmetric", element="int4_sym", scales=("fp16",), group=0)
    library = CompiledBeats(tmp_path, [symmetric])
    codes = Beats((np.full((1, 16), 8),), (None,), np.ones(1, bool))
    scale = Beats((np.zeros((1, 1), np.uint16),), (None,), np.zeros(1, bool))
    told = library.answer("symmetric", {"codes": codes, "scale": scale})
    assert told == "codes.codes must point to beats x 16: codes of int4_sym (4 bits)"


@pytest.mark.parametrize("name", ["rmsnorm", "softmax_bf16", "hadamard"])
def test_a_kind_without_a_model_is_refused_by_name(name):
    unit = design(name)
    with pytest.raises(DesignError) as caught:
        catalogue.files(unit)
    told = str(caught.value)
    assert f"{unit.name} is a unit of the kind {unit.kind}: leave --cpp out" in told
    assert "dequantize, requantize, quantize, residual" in told and "\n" not in told
