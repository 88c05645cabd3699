"""Engines compiled to machine code against the golden model, in bulk."""

import dataclasses
import re

import numpy as np
import pytest
from array_types import TYPES, ones
from macsmith.boards import families
from macsmith.boards.script import steps
from macsmith.golden.errors import Mismatch
from macsmith.hw.datapaths import KINDS
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import engine_matmul, run_batch
from macsmith.sim.models import primitives
from macsmith.sim.stimuli import bound_tiles, tiles
from macsmith.sim.streams import Simulator
from macsmith.tools import yosys

from macsmith import Build, DesignError, Engine, Stage, lookup, matmul, raw

ALIGNED = {"accumulate": (Stage("aligned", format=lookup("fp32"), fraction=24, terms=4),)}
WRAP = {"accumulate": (Stage("int", format=lookup("int18")),)}

#: weight, activation, build, what else the arithmetic has
ENGINES = {
    "integers": ("int4", "int8", Build(4, 4, 4), {}),
    "initial": ("int8", "int8", Build(2, 3, 2, interface="axis"), {"initial": lookup("int32")}),
    "one bit": ("binary", "ternary", Build(3, 1, 8), {}),
    "wraps": ("int8", "int8", Build(1, 2, 4), WRAP),
    "nan": ("e4m3", "int8", Build(2, 2, 3), {"k_max": 4095}),
    "infinities": ("e5m2", "e4m3", Build(2, 1, 2), {}),
    "wide": ("e5m2", "e5m2", Build(1, 2, 2), {"initial": lookup("int16")}),
    "aligned": ("bf16", "int4", Build(2, 1, 4), ALIGNED),
}


def engine(kind):
    weight, activation, build, options = ENGINES[kind]
    return Engine("batch", (raw(weight, activation, **options),), build)


@pytest.fixture(scope="module")
def simulator():
    """kind -> the compiled engine, made once."""
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = Simulator(emit(engine(kind)))
        return made[kind]

    return make


def random_codes(fmt, shape, seed):
    return np.random.default_rng(seed).choice(fmt.legal, shape).astype(fmt.dtype)


# Comparison in bulk


@pytest.mark.often(4)
@pytest.mark.parametrize("kind", ENGINES)
def test_engines_agree_with_the_golden_model_at_full_rate(kind, simulator):
    machine = simulator(kind)
    sent = tiles(engine(kind), 200, seed=1)
    if kind != "aligned":
        sent += bound_tiles(engine(kind))
    batch = run_batch(machine.emitted, iter(sent), simulator=machine).check()
    assert (batch.tiles, batch.mismatches) == (len(sent), ())
    shape = engine(kind).build
    assert batch.results == len(sent) * shape.rows * shape.cols
    assert batch.macs == sum(tile.k * shape.rows * shape.cols for tile in sent)
    assert batch.expected_cycles == batch.cycles


@pytest.mark.parametrize("kind", ENGINES)
def test_engines_agree_with_the_golden_model_under_stalls(kind, simulator):
    machine = simulator(kind)
    sent = tiles(engine(kind), 200, seed=4)
    batch = run_batch(machine.emitted, sent, simulator=machine, stalls=5).check()
    assert batch.tiles == 200 and batch.expected_cycles is None
    freely = run_batch(machine.emitted, sent, simulator=machine).check()
    assert batch.cycles > 1.5 * freely.cycles


def test_several_calls_make_one_batch(simulator, monkeypatch):
    monkeypatch.setattr("macsmith.sim.batch.CHUNK", 100)
    machine = simulator("initial")
    batch = run_batch(machine.emitted, tiles(engine("initial"), 50, seed=2), simulator=machine)
    assert batch.check().tiles == 50


ADDER = re.compile(r"(?<=cell )\$(?:add|sub)")


@pytest.mark.often(4)
@pytest.mark.parametrize("adder", range(len(ADDER.findall(emit(engine("nan")).rtlil))))
def test_every_broken_adder_is_caught(adder):
    """An addition becomes a subtraction, or the other way round."""
    emitted = emit(engine("nan"))
    place = list(ADDER.finditer(text := emitted.rtlil))[adder]
    other = {"$add": "$sub", "$sub": "$add"}[place[0]]
    text = text[: place.start()] + other + text[place.end() :]
    batch = run_batch(dataclasses.replace(emitted, rtlil=text), tiles(engine("nan"), 20, seed=1))
    assert batch.mismatches
    with pytest.raises(Mismatch, match=r"of 20 tiles differ; tile \d+: .*row \d, column \d, K = "):
        batch.check()


def test_a_wrong_answer_is_reported_with_its_place(simulator):
    machine = simulator("integers")
    sent = tiles(engine("integers"), 10, seed=3)
    answer = sent[7].answer
    answer.values[2, 1] += 1
    batch = run_batch(machine.emitted, sent, simulator=machine)
    assert batch.mismatches == (7,)
    right = int(answer.values[2, 1]) - 1
    lines = batch.report.splitlines()
    assert lines[0].startswith("tile 7: ") and f"row 2, column 1, K = {sent[7].k} (" in lines[0]
    assert re.fullmatch(rf"  expected 0x[0-9a-f]{{6}} = {right + 1}", lines[1])
    assert re.fullmatch(rf"  received 0x[0-9a-f]{{6}} = {right}", lines[2])
    first = int(sent[7].weight.codes["code"][2, 0])
    value = int(lookup("int4").decode(np.array([first]))[0])
    assert lines[3].startswith(f"  weight     code: {first:x} ({value})")


def test_a_wrong_flag_is_reported(simulator):
    machine = simulator("infinities")
    sent = tiles(engine("infinities"), 10, seed=3)
    sent[4].answer.flags.negative[1, 0] ^= True
    batch = run_batch(machine.emitted, sent, simulator=machine)
    assert batch.mismatches == (4,) and "row 1, column 0" in batch.report
    assert "flags" in batch.report and "negative" in batch.report


STUB = """
module batch_core(input clk, input rst, input [63:0] weight__payload, input weight__valid,
  input [128:0] activation__payload, input activation__valid, input result__ready,
  output weight__ready, output activation__ready, output [{bits}:0] result__payload,
  output result__valid);
  assign weight__ready = 1, activation__ready = 1, result__payload = 0, result__valid = {valid};
endmodule
"""


@pytest.mark.parametrize(
    "valid, words", [("0", "10 of 10 tiles differ; .*the core hung"), ("!rst", "differ|more than")]
)
def test_lost_and_doubled_results_are_caught(valid, words):
    emitted = emit(engine("integers"))
    stub = STUB.format(valid=valid, bits=emitted.streams[-1].data_bits - 1)
    batch = run_batch(emitted, tiles(engine("integers"), 10, seed=1), core=stub)
    with pytest.raises(Mismatch, match=words):
        batch.check()


# The mapped netlist

TINY = Engine("tiny", (raw("int4", "int8"),), Build(1, 1, 4))


@pytest.mark.parametrize(
    "family",
    [
        "xcup",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("ecp5", "ice40", "gowin", "nexus")),
    ],
)
def test_the_mapped_netlist_agrees(family, build_folder):
    emitted = emit(TINY)
    netlist = mapped(emitted, family, build_folder)
    sent = tiles(TINY, 100, seed=1) + bound_tiles(TINY)
    libraries = tuple(families.models(family))
    run_batch(emitted, sent, core=netlist, libraries=libraries).check()


#: Of each datapath a pair that it serves, with seven lanes: chains of unequal length.
DATAPATHS = {
    "minifloat": ("e2m1", "e2m1"),
    "select": ("ternary", "int8"),
    "booth": ("int5", "int7"),
    "split_shift": ("e4m3", "e5m2"),
    "multiply": ("int4", "int6"),
    "table": ("binary", "int8"),
    "bit_plane": ("int3", "int2"),
    "bit_serial": ("int8", "int5"),
    "table_serial": ("int3", "int8"),
    "plane_serial": ("int4", "int3"),
    "dsp": ("int4", "int8"),
    "dsp_adders": ("ternary", "int8"),
}

#: Families and pairs whose products share DSP blocks, and how many: fields summed in blocks, and
#: behind them; signed ones borrow from each other in ECP5's.
PACKED = [
    ("xcup", "dsp48e2", "int8", "int8", 2),
    ("xcup", "dsp48e2", "int6", "int6", 2),
    ("xcup", "dsp48e2", "uint4", "int4", 4),
    ("xcup", "dsp48e2", "e2m1", "e2m1", 4),
    ("xc7", "dsp48e1", "int8", "int8", 2),
    ("xc7", "dsp48e1", "int4", "int8", 2),
    ("ecp5", "mult18x18d", "int8", "int8", 1),
    ("ecp5", "mult18x18d", "int4", "int8", 2),
    ("ecp5", "mult18x18d", "int2", "int3", 4),
    ("ecp5", "mult18x18d", "uint4", "uint4", 2),
    ("xcup", "dsp48e2", "e4m3", "e4m3", 1),
    ("xc7", "dsp48e1", "int8", "e4m3", 1),
    ("ice40", "sb_mac16", "int8", "int8", 1),
    ("ice40", "sb_mac16", "int4", "int8", 2),
    ("ice40", "sb_mac16", "int2", "int2", 4),
    ("gowin", "mult18x18", "int8", "int8", 1),
    ("gowin", "mult18x18", "int4", "int8", 2),
    ("gowin", "mult18x18", "uint4", "uint4", 2),
    ("nexus", "multaddsub18x18", "int8", "int8", 1),
    ("nexus", "multaddsub18x18", "int4", "int8", 2),
    ("nexus", "multaddsub18x18", "uint4", "uint4", 2),
]


@pytest.mark.slow
@pytest.mark.parametrize("datapath", KINDS)
def test_the_mapped_netlist_of_every_datapath_agrees(datapath, build_folder):
    """At random and at both ends of every sum, 5,000 steps and more."""
    pair = raw(*DATAPATHS[datapath], k_max=7 * 64)
    policy = "dsp" if "dsp" in datapath else "lut"
    check_mapped(Engine("mapped", (pair,), Build(1, 2, 7, datapath, policy=policy)), build_folder)


@pytest.mark.slow
@pytest.mark.parametrize("family, blocks, weight, activation, many", PACKED)
def test_the_mapped_netlist_of_packed_products_agrees(
    family, blocks, weight, activation, many, build_folder
):
    build = Build(2, 2, 7, "dsp", policy="dsp", blocks=blocks)
    engine = Engine("mapped", (raw(weight, activation, k_max=7 * 64),), build)
    found = check_mapped(engine, build_folder, family)
    assert found.count(f"{blocks.upper()} #(") == 4 // many * 7


#: What plain products and the adders around them become, where the tool leaves them to blocks.
INFERRED = [
    ("xcup", "DSP48E2"),
    ("xc7", "DSP48E1"),
    ("ecp5", "MULT18X18D"),
    ("nexus", "MULT18X18"),
]


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["int8 int8", "e4m3 e3m2", "uint8 int4"])
@pytest.mark.parametrize("family, cell", INFERRED)
def test_the_mapped_netlist_of_plain_products_agrees(family, cell, pair, build_folder):
    build = Build(1, 2, 7, "multiply", policy="dsp", blocks="inferred")
    engine = Engine("mapped", (raw(*pair.split(), k_max=7 * 64),), build)
    found = check_mapped(engine, build_folder, family)
    assert len(re.findall(rf"^  {cell} ", found, re.MULTILINE)) == 14 or pair != "int8 int8"


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["overpacked", "overpacked_corrected"])
@pytest.mark.parametrize("family, blocks", [("xcup", "dsp48e2"), ("xc7", "dsp48e1")])
def test_the_mapped_netlist_of_overpacked_products_agrees(family, blocks, rule, build_folder):
    build = Build(2, 3, 7, policy="dsp", blocks=blocks)
    engine = Engine("mapped", (raw("int4", "uint4", k_max=7 * 64, product=rule),), build)
    found = check_mapped(engine, build_folder, family)
    assert found.count(f"{blocks.upper()} #(") == 7


#: Rows added in 12 bits, and in 24; and aligned products, of which a block makes several.
BESIDE = [
    ("xcup", "dsp48e2", "int2", "int8", (2, 2, 7), 4),
    ("xcup", "dsp48e2", "ternary", "int8", (2, 1, 7), 4),  # sums held
    ("xc7", "dsp48e1", "ternary", "int8", (2, 2, 7), 4),
    ("xcup", "dsp48e2", "int4", "bf16", (2, 1, 1), 1),
    ("xc7", "dsp48e1", "e4m3", "e5m2", (2, 1, 1), 1),
]


@pytest.mark.slow
@pytest.mark.parametrize("family, blocks, weight, activation, shape, count", BESIDE)
def test_the_mapped_netlist_of_rows_and_significands_agrees(
    family, blocks, weight, activation, shape, count, build_folder
):
    """A simulator of the netlist of an aligned sum takes its compiler half a minute a product."""
    aligned = shape[2] == 1
    stage = Stage("aligned", format=lookup("fp32"), fraction=24, terms=1)
    given = {"accumulate": (stage,)} if aligned else {}
    datapath = "dsp" if aligned else "dsp_adders"
    build = Build(*shape, datapath, policy="dsp", blocks=blocks)
    built = Engine("mapped", (raw(weight, activation, k_max=7 * 64, **given),), build)
    found = check_mapped(built, build_folder, family)
    assert found.count(f"{blocks.upper()} #(") == count


def check_mapped(built, folder, family="xcup"):
    """Simulates the netlist at random and at both ends of every sum, 5,000 steps and more."""
    emitted = emit(built)
    sent = tiles(built, 400, 2, 7 * 32) + ([] if built.arithmetic.aligned else bound_tiles(built))
    assert sum(tile.weight.shape[1] // 7 for tile in sent) > 5000
    netlist = mapped(emitted, family, folder)
    libraries = (*families.models(family), *primitives())
    run_batch(emitted, sent, core=netlist, libraries=libraries).check()
    return netlist


def test_a_broken_netlist_is_caught(build_folder):
    """All look-up tables differ in one entry."""
    emitted = emit(TINY)
    broken, count = re.subn(
        r"(\.INIT\(\d+'h)([0-9a-f])", flip, mapped(emitted, "xcup", build_folder)
    )
    assert count > 100
    libraries = tuple(families.models("xcup"))
    assert run_batch(emitted, tiles(TINY, 20, seed=1), core=broken, libraries=libraries).mismatches


def flip(match):
    return f"{match[1]}{int(match[2], 16) ^ 1:x}"


def mapped(emitted, family, folder):
    """The core's netlist in the cells of a family, as Verilog, by the script that counts them."""
    (folder / "core.il").write_text(emitted.fabric)
    for file in families.family(family).maps:
        (folder / file.name).write_text(file.read_text())
    policy = emitted.engine.build.policy
    command = f"{families.flags(family, policy)} -top {emitted.core}"
    commands = ["read_rtlil core.il", *steps(family, policy, command), "write_verilog mapped.v"]
    yosys.run(commands, folder)
    return (folder / "mapped.v").read_text()


# Matrices


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("n, m, steps", [(7, 5, 6), (1, 1, 1), (4, 6, 3)])
def test_matrices_of_any_shape(kind, n, m, steps, simulator):
    design = engine(kind)
    arithmetic = design.arithmetic
    k = steps * design.lanes()
    weight = random_codes(arithmetic.weight.planes[0].element, (n, k), 1)
    activation = random_codes(arithmetic.activation.planes[0].element, (m, k), 2)
    initial = None
    if arithmetic.initial is not None:
        low, high = arithmetic.initial.low, arithmetic.initial.high
        initial = np.random.default_rng(3).integers(low, high, (n, m), endpoint=True)
    got = engine_matmul(design, weight, activation, initial, simulator=simulator(kind))
    want = matmul(design, weight, activation, initial=initial)
    assert got.format == want.format
    assert got.values.shape == (n, m)
    assert (got.values == want.values).all()
    for name in ("nan", "positive", "negative"):
        assert (getattr(got.flags, name) == getattr(want.flags, name)).all()
    np.testing.assert_array_equal(got.decode(), want.decode())


def test_a_matrix_of_several_calls(simulator, monkeypatch):
    monkeypatch.setattr("macsmith.sim.matmul.CHUNK", 10)
    design = engine("integers")
    weight = random_codes(lookup("int4"), (18, 16), 1)
    activation = random_codes(lookup("int8"), (11, 16), 2)
    got = engine_matmul(design, weight, activation, simulator=simulator("integers"))
    assert (got.values == matmul(design, weight, activation).values).all()


@pytest.mark.parametrize("chunk", [7, 1 << 14], ids=["several calls", "one call"])
def test_matrices_pass_weights_that_stay(monkeypatch, chunk):
    """Each block of rows stays for all columns, also where a call ends amid these."""
    monkeypatch.setattr("macsmith.sim.matmul.CHUNK", chunk)
    build = Build(2, 3, 4, policy="dsp", flow="weight_stationary")
    design = Engine("stays", (raw("int8", "int4", k_max=4),), build)
    weight = random_codes(lookup("int8"), (7, 4), 1)
    activation = random_codes(lookup("int4"), (32, 4), 2)
    got = engine_matmul(design, weight, activation)
    assert (got.values == matmul(design, weight, activation).values).all()
    with pytest.raises(DesignError, match=r"K must lie in 1…4 \(k-max\), got 8"):
        engine_matmul(design, np.ones((2, 8), np.uint8), np.ones((3, 8), np.uint8))


def test_an_engine_is_built_where_none_is_given():
    design = engine("integers")
    codes = np.ones((4, 4), np.uint8)
    assert (engine_matmul(design, codes, codes).values == 4).all()


def test_another_engines_simulator_is_refused(simulator):
    codes = np.zeros((1, 4), np.uint8)
    with pytest.raises(DesignError, match="simulator is of batch, not of tiny"):
        engine_matmul(TINY, codes, codes, simulator=simulator("integers"))


@pytest.mark.parametrize(
    "kind, weight, activation, initial, words",
    [
        ("integers", (4, 8), (4, 12), None, "K must agree: weight has 8, activation 12"),
        ("integers", (4, 5000), (4, 5000), None, r"K must lie in 1…4096 \(k-max\), got 5000"),
        ("integers", (4, 0), (4, 0), None, "got 0"),
        ("integers", (0, 4), (4, 4), None, "need a row at least, got 0 and 4"),
        ("integers", (4, 4), (4, 4), np.zeros((4, 4), int), "initial values and an arithmetic"),
        ("initial", (2, 2), (3, 2), None, "initial values and an arithmetic"),
        ("initial", (2, 2), (3, 2), np.zeros((3, 2), int), r"initial must be \(2, 3\) integers"),
        ("initial", (2, 2), (3, 2), np.full((2, 3), 1 << 31), "-2147483648…2147483647"),
    ],
)
def test_operands_that_do_not_fit_are_refused(kind, weight, activation, initial, words, simulator):
    codes = np.zeros(weight, np.uint8), np.zeros(activation, np.uint8)
    with pytest.raises(DesignError, match=words):
        engine_matmul(engine(kind), *codes, initial, simulator=simulator(kind))


def test_arrays_of_every_type_are_taken_or_refused_as_the_golden_model_does(simulator):
    """Ones: bits of the format's own type, integers of any, and nothing else for either."""
    for kind in ("integers", "initial", "nan"):
        design, machine = engine(kind), simulator(kind)
        k = design.lanes()
        for name in TYPES:
            ones_of = [ones(name, (1, k)), np.ones((1, k), np.int8)]
            start = ones(name, (1, 1)) if kind == "initial" else None
            if start is not None:
                ones_of[0] = np.ones((1, k), np.int8)
            try:
                want = matmul(design, *ones_of, initial=start)
            except DesignError:
                with pytest.raises(DesignError):
                    engine_matmul(design, *ones_of, start, simulator=machine)
            else:
                got = engine_matmul(design, *ones_of, start, simulator=machine)
                assert (got.values == want.values).all()
