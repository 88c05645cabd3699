"""Scaled engines against the golden model: scales of every kind, stalls, both interfaces."""

import numpy as np
import pytest
from macsmith.golden.description.operand import block
from macsmith.hw.text.emit import emit
from macsmith.sim import runner, scaling, verify
from macsmith.sim.batch import engine_matmul, run_batch
from macsmith.sim.codes import finite_codes
from macsmith.sim.rate import steady
from macsmith.sim.stimuli import batches, bound_tiles, tiles, unit
from macsmith.sim.streams import Simulator

from macsmith import (
    ROW,
    TENSOR,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Options,
    Output,
    Plane,
    Quantized,
    Stage,
    design,
    group,
    lookup,
    matmul,
)


def level(form, span=None, name="scale", when=""):
    return Level(lookup(form), span or ROW, name, when)


def side(element, *levels, zero=None):
    """An operand of one plane, and of its zero point's if ``zero`` is that one's level."""
    planes = [Plane(lookup(element), levels)]
    if zero is not None:
        planes.append(Plane(lookup("minus_one"), (*levels, zero)))
    return Operand(tuple(planes))


def fp(partials, form="fp32"):
    return (Stage(), Stage("fp", format=lookup(form), partials=partials))


def zero(form, size):
    return level(form, group(size), "zero")


FP32 = Output(lookup("fp32"))
MX = level("e8m0", group(8))

#: weight, activation, (rows, cols, lanes), interface, what else the arithmetic has
ENGINES = {
    "w4a8": (
        side("uint4", level("fp16", group(16)), zero=zero("uint4", 16)),
        side("int8", level("fp32")),
        (4, 2, 4), "native", {"output": FP32},
    ),
    "zero points on both sides": (
        side("uint4", level("fp16", group(8)), zero=zero("uint4", 8)),
        side("uint8", level("fp32"), zero=level("uint8", group(8), "zero")),
        (2, 3, 4), "axis", {"output": FP32},
    ),
    "a digit a cycle": (
        side("uint4", level("fp16", group(16)), zero=zero("uint4", 16)),
        side("uint8", level("fp32"), zero=level("uint8", group(16), "zero")),
        (3, 2, 4), "native", {"output": FP32, "datapath": "bit_serial"},
    ),
    "mxfp4": (
        side("e2m1", MX), side("e2m1", MX), (2, 2, 4), "axis",
        {"output": FP32, "accumulate": fp(8)},
    ),
    "infinite elements": (
        side("e5m2", MX), side("e5m2", MX), (2, 2, 2), "native",
        {"output": FP32, "accumulate": fp(4)},
    ),
    "nvfp4": (
        side("e2m1", level("ue4m3", group(16)), level("fp32", TENSOR, "tensor")),
        side("e2m1", level("ue4m3", group(16)), level("fp32", TENSOR, "tensor")),
        (2, 4, 8), "native", {"output": FP32},
    ),
    "two levels": (
        Operand((
            Plane(lookup("uint4"), (level("uint6", group(8), "sc"), level("fp16", group(32), "d"))),
            Plane(lookup("minus_one"), (level("uint6", group(8), "m"),
                                        level("fp16", group(32), "dmin"))),
        )),
        side("int8", level("fp32", group(32))),
        (2, 1, 4), "axis",
        {"output": FP32, "accumulate": (Stage(span=32), *fp(8)[1:])},
    ),
    "complex": (
        side("int4", level("fp16", TENSOR, "s")),
        Operand((Plane(lookup("int8"), (level("fp32", ROW, "re"),), "re"),
                 Plane(lookup("int8"), (level("fp32", ROW, "im"),), "im"))),
        (2, 2, 2), "axis", {"output": FP32, "combine": (((1, 0),), ((0, -1),))},
    ),
    "two planes": (
        Operand((Plane(lookup("ternary"), (level("fp16", group(16), "a1"),)),
                 Plane(lookup("ternary"), (level("fp16", group(16), "a2"),)))),
        side("int8", level("fp32")),
        (2, 2, 4), "native", {"output": FP32, "accumulate": fp(8)},
    ),
    "blocks of rows": (
        side("e4m3", level("fp16", block(2, 16))), side("e4m3", level("bf16", group(16))),
        (3, 2, 4), "axis", {"output": FP32, "accumulate": fp(4)},
    ),
    "blocks taller than the array": (
        side("int8", level("fp16", block(8, 8))), side("int8", level("fp16")),
        (3, 1, 4), "native", {"output": FP32},
    ),
    "no groups": (
        side("int8", level("fp32")), side("int8", level("fp32")),
        (3, 3, 4), "axis", {"output": FP32},
    ),
    "bias, relu, clamp to int8": (
        side("int8", level("fp32")), side("int8", level("fp32", TENSOR)), (2, 2, 4), "native",
        {"output": Output(lookup("int8"), bias=lookup("fp32"), relu=True, clamp=(0.0, 100.0),
                          nan="zero")},
    ),
    "bias, bf16": (
        side("int4", level("bf16", group(8))), side("e4m3"), (2, 1, 4), "axis",
        {"output": Output(lookup("bf16"), bias=lookup("bf16")),
         "accumulate": fp(8)},
    ),
    "relu, fp16": (
        side("ternary", level("fp16", TENSOR)), side("int8", level("fp16")), (2, 4, 8), "native",
        {"output": Output(lookup("fp16"), relu=True)},
    ),
    "unscaled to e4m3": (
        side("e4m3"), side("e4m3"), (2, 2, 2), "axis", {"output": Output(lookup("e4m3"))},
    ),
    "raw with integer scales": (
        side("int4", level("uint4", group(8))), side("int8"), (2, 3, 4), "axis", {},
    ),
    "raw with float scales": (
        side("e2m1", level("ue4m3", group(8))), side("e2m1"), (2, 2, 4), "native", {},
    ),
    "wraps": (
        side("int8", level("uint4", group(8))), side("int8"), (2, 2, 4), "axis",
        {"accumulate": (Stage("int", format=lookup("int16")),)},
    ),
    "NaN beside a value": (
        side("fp16", level("e8m0", group(16))), side("fp16", level("e8m0", group(16))),
        (2, 2, 1), "native",
        {"accumulate": (Stage("int", format=lookup("int32")),), "k_max": 64},
    ),
    "NaN in either scale, saturating": (
        side("e2m1", level("e4m3", group(16))),
        side("e3m2", level("e4m3_fnuz", group(16), "s0"), level("ue4m3_finite", group(16), "s1")),
        (2, 2, 1), "native",
        {"accumulate": (Stage("int", format=lookup("int12"), overflow="saturate"),), "k_max": 64},
    ),
    "NaN in either wide scale, saturating": (
        side("e2m1", level("bf16", group(16))),
        side("e3m2", level("e8m0", group(16), "s0"), level("ue4m3_finite", group(16), "s1")),
        (2, 2, 1), "native",
        {"accumulate": (Stage("int", format=lookup("int12"), overflow="saturate"),), "k_max": 64},
    ),
    "adders that overflow to NaN": (
        side("e2m1", level("e2m1", group(8))), side("e2m1", level("e2m1", group(8))),
        (2, 2, 4), "native",
        {"output": Output(lookup("e4m3"), saturate=False), "accumulate": fp(5, "e4m3")},
    ),
    "infinite sums saturate": (
        side("e5m2", MX), side("e5m2", MX), (2, 2, 2), "native",
        {"output": Output(lookup("fp16"), saturate=True),
         "accumulate": fp(4, "fp16")},
    ),
    "rounds up to e4m3": (
        side("int4", level("fp16", group(8))), side("int8"), (2, 2, 4), "native",
        {"output": Output(lookup("e4m3"), rounding="up")},
    ),
    "rounds to odd": (
        side("int8", level("fp32")), side("int8", level("fp32")), (2, 2, 4), "native",
        {"output": Output(lookup("int8"), rounding="odd", nan="zero")},
    ),
    "a step a group": (
        side("int4", level("ue4m3", group(4))), side("int4", level("ue4m3", group(4))),
        (2, 2, 4), "native", {"output": FP32},
    ),
    "one by one": (
        side("uint2", level("fp16", group(4)), zero=zero("uint2", 4)), side("int8"),
        (1, 1, 1), "axis", {"output": FP32, "k_max": 64},
    ),
    "signed small scales": (
        side("int4", level("e4m3", group(8))), side("int8", level("e3m2", group(16))),
        (2, 2, 8), "native", {"output": FP32},
    ),
    "a sum that waits for its last addend": (
        side("e2m1", MX), side("e2m1", MX), (1, 1, 1), "native",
        {"accumulate": fp(1), "output": FP32},
    ),
    "two addends that wait for each other": (
        side("ternary", level("fp16", group(32)), zero=zero("uint4", 32)),
        side("int8", level("e8m0", group(32))), (1, 1, 2), "native",
        {"accumulate": fp(1), "output": FP32},
    ),
    "long reductions, a unit's sums collected": (
        side("int4", level("fp16", group(16)), zero=zero("uint4", 16)),
        side("int8", level("fp32")), (2, 2, 4), "native", {"output": FP32, "k_min": 240},
    ),
    "long reductions, two late scales": (
        side("int8", level("bf16")), side("int8", level("fp32")), (2, 2, 2), "axis",
        {"output": Output(lookup("bf16"), bias=lookup("fp32")), "k_min": 112},
    ),
    "long reductions, partial sums": (
        side("e2m1", MX), side("e2m1", MX, level("fp32", TENSOR, "tensor", "end")),
        (1, 2, 8), "native",
        {"accumulate": fp(8), "output": FP32, "results": 2, "k_min": 256},
    ),
    "two results a beat of four units": (
        side("e2m1", MX), side("e2m1", MX), (2, 2, 8), "axis",
        {"accumulate": fp(8), "output": FP32, "results": 2},
    ),
    "two results a beat as they are summed": (
        side("int4", level("fp16", group(16)), zero=zero("uint4", 16)),
        side("int8", level("fp32")), (3, 4, 4), "native", {"output": FP32, "results": 2},
    ),
    "four results a beat, each scaled late": (
        side("int8", level("fp32")), side("int8", level("fp32")), (2, 4, 2), "native",
        {"output": Output(lookup("bf16"), bias=lookup("fp32")), "results": 4},
    ),
}  # fmt: skip


#: Engines whose units are so small that most sums wrap to 0 or saturate.
WRAPPED = {
    "NaN beside a value",
    "NaN in either scale, saturating",
    "NaN in either wide scale, saturating",
}
#: Engines whose simulators take long to compile: floating-point adders in several units.
SLOW = (
    "infinite elements",
    "two levels",
    "two planes",
    "blocks of rows",
    "bias, bf16",
    "infinite sums saturate",
    "two results a beat of four units",
    "long reductions, partial sums",
    "NaN in either wide scale, saturating",
)
each_engine = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in ENGINES],
)


def made(name, flow="broadcast"):
    weight, activation, shape, interface, options = ENGINES[name]
    options = {"k_max": 512, **options}
    how = {name: options.pop(name) for name in ("datapath", "results", "k_min") if name in options}
    arithmetic = Arithmetic(weight, activation, **options)
    identifier = "".join(c if c.isalnum() else "_" for c in name)
    build = Build(*shape, flow=flow, interface=interface, **how)
    return Engine(f"s_{identifier}", (arithmetic,), build)


@pytest.fixture(scope="module")
def simulator():
    """name -> the compiled engine, made once."""
    found = {}

    def make(name):
        if name not in found:
            found[name] = Simulator(emit(made(name)))
        return found[name]

    return make


@pytest.mark.often(9)
@each_engine
def test_results_equal_the_golden_model_under_stalls(name, simulator):
    machine, engine = simulator(name), made(name)
    sent = tiles(engine, 300, seed=1, steps=machine.emitted.plan.reduction_cycles)
    sent += bound_tiles(engine)
    run_batch(machine.emitted, sent, simulator=machine).check()
    for seed in range(1, 4):
        run_batch(machine.emitted, sent, simulator=machine, stalls=seed).check()


@pytest.mark.often(9)
@each_engine
def test_long_reductions_run_at_full_rate(name, simulator):
    machine, engine = simulator(name), made(name)
    plan, size = machine.emitted.plan, unit(engine)
    k = -(-plan.reduction_cycles * plan.lanes // size) * size
    assert steady(plan, k) and k <= engine.arithmetic.k_max
    batch = run_batch(machine.emitted, batches(engine, 10, 1, k), simulator=machine).check()
    assert batch.cycles == batch.expected_cycles


@pytest.mark.parametrize("rows", [2, 3])
def test_reductions_of_a_group_each_follow_each_other_with_late_scales(rows):
    """Each group ends a reduction, so the late scales change as the next group's sums leave."""
    engine = design("w8a8", Options(rows=rows, cols=1, lanes=4))
    machine = Simulator(emit(engine))
    k = machine.emitted.plan.reduction_cycles * 4
    batch = run_batch(machine.emitted, batches(engine, 40, 1, k), simulator=machine).check()
    assert k == 4 * rows and batch.cycles == batch.expected_cycles


@pytest.mark.parametrize(
    "name", ["w4a8", "a digit a cycle", "complex", "no groups", "raw with integer scales"]
)
def test_a_systolic_array_gives_the_same(name):
    engine = made(name, "systolic_os")
    machine = Simulator(emit(engine))
    plan = machine.emitted.plan
    sent = tiles(engine, 100, seed=1, steps=plan.reduction_cycles) + bound_tiles(engine)
    run_batch(machine.emitted, sent, simulator=machine, stalls=1).check()
    rate = tiles(engine, 30, seed=2, steps=plan.reduction_cycles, every=1)
    batch = run_batch(machine.emitted, rate, simulator=machine).check()
    assert batch.cycles == batch.expected_cycles


@pytest.mark.cases(0)
@pytest.mark.parametrize(
    "name",
    ["w4a8", "nvfp4", *(pytest.param(name, marks=pytest.mark.slow) for name in (
        "bitnet", "deepseek_fp8", "gguf_q4_k", "ifairy", "mxfp4", "mxfp4xmxfp8_e4m3",
        "mxfp6_e2m3", "mxfp6_e3m2", "mxfp8_e4m3", "mxfp8_e5m2", "mxint8", "ptqtp", "w4a16", "w8a8",
    ))],
)  # fmt: skip
def test_presets_from_one_group_to_the_longest_reduction(name):
    engine = design(name, Options(rows=2, cols=4))
    machine, size = Simulator(emit(engine)), unit(engine)
    longest = engine.arithmetic.k_max // size
    lengths = [count * size for count in (1, 2, 3, longest // 2 + 1, longest)]
    sent = [tile for k in lengths for tile in batches(engine, 12, seed=k, k=k)]
    sent += bound_tiles(engine)
    run_batch(machine.emitted, sent, simulator=machine).check()
    run_batch(machine.emitted, sent, simulator=machine, stalls=1).check()


@pytest.mark.parametrize("name", sorted(set(ENGINES) - WRAPPED))
def test_most_answers_are_numbers(name):
    """Stimuli that give nothing but NaN, infinity and zero would prove little."""
    values = [tile.answer.decode() for tile in tiles(made(name), 100, seed=1)]
    values = np.concatenate([np.ravel(v) for v in values])
    telling = np.isfinite(values) & (values != 0)
    assert telling.mean() > 0.25, f"{np.isnan(values).mean():.0%} are NaN"


def quantized(operand, rows, k, rng):
    codes = {name: finite_codes(fmt, (rows, k), rng) for name, fmt in operand.codes.items()}
    scales = {
        item.name: scaling.scales(item, item.span.shape(rows, k), "usual", rng)
        for item in operand.levels
    }
    return Quantized(operand, codes, scales)


@pytest.mark.parametrize(
    "name, n, m, groups",
    [
        ("w4a8", 7, 5, 3),
        pytest.param("blocks of rows", 10, 3, 2, marks=pytest.mark.slow),
        ("blocks taller than the array", 16, 2, 1),
        ("complex", 5, 5, 4),
        ("nvfp4", 1, 1, 1),
        ("bias, relu, clamp to int8", 3, 1, 2),
        ("raw with float scales", 3, 5, 2),
    ],
)
def test_matrices_of_any_shape(name, n, m, groups, simulator, monkeypatch):
    monkeypatch.setattr("macsmith.sim.matmul.CHUNK", 50)  # several calls
    engine, rng = made(name), np.random.default_rng(1)
    arithmetic, k = engine.arithmetic, groups * unit(engine)
    operands = (
        quantized(arithmetic.weight, n, k, rng), quantized(arithmetic.activation, m, k, rng)
    )  # fmt: skip
    bias = None
    if arithmetic.output.bias is not None:
        bias = scaling.biases(arithmetic.output.bias, n, "usual", rng)
    want = matmul(engine, *operands, bias=bias)
    got = engine_matmul(engine, *operands, bias=bias, simulator=simulator(name))
    assert got.format == want.format and got.values.shape == want.values.shape
    assert (got.values == want.values).all()
    np.testing.assert_array_equal(got.decode(), want.decode())


@pytest.mark.cases(0)
@pytest.mark.parametrize(
    "bias, words",
    [
        (None, "biases and an output with bias go together"),
        (np.zeros(2, np.uint32), r"bias must be 3 codes of fp32, one a row, got \(2,\)"),
        (np.array([0, 1, 2]), "codes of fp32 must be uint32 or float32, got int64"),
    ],
)
def test_biases_that_do_not_fit_are_refused(bias, words, simulator):
    name, rng = "bias, relu, clamp to int8", np.random.default_rng(1)
    engine = made(name)
    weight = quantized(engine.arithmetic.weight, 3, 8, rng)
    activation = quantized(engine.arithmetic.activation, 2, 8, rng)
    with pytest.raises(DesignError, match=words):
        engine_matmul(engine, weight, activation, bias=bias, simulator=simulator(name))


def test_a_k_that_cuts_a_group_is_refused(simulator):
    engine, rng = made("w4a8"), np.random.default_rng(1)
    weight = quantized(engine.arithmetic.weight, 4, 16, rng)
    activation = quantized(engine.arithmetic.activation, 2, 8, rng)
    with pytest.raises(DesignError, match="K must agree: weight has 16, activation 8"):
        engine_matmul(engine, weight, activation, simulator=simulator("w4a8"))


def test_a_wrong_result_is_reported_with_its_codes_and_scales(simulator):
    machine, engine = simulator("w4a8"), made("w4a8")
    sent = tiles(engine, 10, seed=3)
    tile = sent[4]
    right = int(tile.answer.values[3, 1])
    tile.answer.values[3, 1] ^= 1
    batch = run_batch(machine.emitted, sent, simulator=machine)
    assert batch.mismatches == (4,)
    lines = batch.report.splitlines()
    groups = f"{tile.k // 4} steps, {tile.k // 16} groups of 16"
    assert f"row 3, column 1, K = {tile.k} ({groups})" in lines[0]
    assert lines[1].startswith(f"  expected {right ^ 1:#010x} = ")
    assert lines[2].startswith(f"  received {right:#010x} = ")
    scale = int(tile.weight.scales["scale"][3, 0])
    value = float(lookup("fp16").decode(np.array([scale]))[0])
    assert f"scale: {scale:04x} ({value:g})" in lines[4]
    assert lines[5].split()[0] == "zero:" and lines[6].split()[:2] == ["activation", "code:"]


def test_a_mark_of_the_end_in_the_wrong_place_is_caught(simulator):
    machine, engine = simulator("one by one"), made("one by one")
    sent = tiles(engine, 3, seed=1)
    run = machine.run

    def marked(*arguments, **options):
        found = run(*arguments, **options)
        found.last[1] ^= True
        return found

    machine.run = marked
    try:
        batch = run_batch(machine.emitted, sent, simulator=machine)
    finally:
        machine.run = run
    assert batch.mismatches == (1,) and "mark of the last result stands elsewhere" in batch.report


#: Every kind of stream and field, both wrappers.
WRAPPED = (
    "zero points on both sides",
    "mxfp4",
    "complex",
    "blocks taller than the array",
    "bias, relu, clamp to int8",
    "raw with integer scales",
    "raw with float scales",
    "unscaled to e4m3",
)


@pytest.fixture(scope="module")
def jobs():
    engines = {name: emit(made(name)) for name in WRAPPED}
    return {
        name: runner.job(emitted, verify.stimuli(emitted, 25, seed=3))
        for name, emitted in engines.items()
    }


@pytest.fixture(scope="module")
def found(jobs):
    """One simulator holds all engines."""
    return dict(zip(jobs, runner.run(list(jobs.values()), seed=3), strict=True))


@pytest.mark.often(4)
@pytest.mark.cases(0)
@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers_and_protocol(jobs, found, name):
    """Under every pattern of stalls, none lost, none doubled, none changed."""
    verify.check(jobs[name], found[name], seed=3)
