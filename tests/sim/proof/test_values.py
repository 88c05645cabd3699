"""Sums are proven to be what golden's tables say; and are not, where a fault is planted."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.claims import OPEN, PROVEN, REFUTED
from macsmith.sim.proof.scripts import CORE
from macsmith.sim.proof.sums import sums_of
from macsmith.sim.proof.values import CLAIMS, prove_values

from macsmith import Options, design

SHAPE = {"rows": 1, "cols": 2, "lanes": 2}

#: Engines whose products are made in different ways; a zero point adds sums of activations.
ENGINES = {
    "tables of magnitudes": ("e2m1xe2m1", SHAPE),
    "planes of bits": ("uint4xint8", SHAPE),
    "recoded digits": ("int4xint4", SHAPE),
    "multipliers": ("int4xint4", SHAPE | {"datapath": "multiply"}),
    "zero points": ("w4a8", SHAPE | {"rows": 2}),
    "four lanes": ("mxfp4", SHAPE | {"lanes": 4}),
}
LONG = ("zero points", "four lanes")


def proven(emitted, folder, core=None, only=tuple(CLAIMS), seconds=120):
    folder.mkdir(exist_ok=True)
    (folder / CORE).write_text(core or emitted.verilog, encoding="utf-8")
    found = prove_values(emitted, folder, cells=False, seconds=seconds, only=only)
    return {claim.name: claim for claim in found.claims}, found.checks


@pytest.mark.often(2)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in ENGINES]
)
def test_sums_are_what_the_tables_say(name, build_folder):
    preset, options = ENGINES[name]
    claims, checks = proven(emit(design(preset, Options(**options))), build_folder)
    assert {name: claim.state for name, claim in claims.items()} == dict.fromkeys(CLAIMS, PROVEN)
    assert list(checks) == list(CLAIMS) and all(checks.values())


@pytest.fixture(scope="module")
def tables():
    return emit(design("e2m1xe2m1", Options(**SHAPE)))


#: Fault: which claim it breaks, what is written in the core of "tables of magnitudes" first, and
#: instead.
FAULTS = {
    "a table has another entry": ("products", "64'h58b06ac0a60a2c00;", "64'h58b06ac0a60a2c08;"),
    "a sign is dropped": ("products", "(|weight[3]) ^ (|activation[3])", "(|weight[3])"),
    "a nibble is that of another lane": (
        "products",
        "weight__payload_code_0_0 = weight__payload[3:0]",
        "weight__payload_code_0_0 = weight__payload[7:4]",
    ),
    "a lane comes too early": (
        "sums",
        "= {weight_code_0_0_1_late_0, weight__payload_code_0_0}",
        "= {weight__payload_code_0_1, weight__payload_code_0_0}",
    ),
    "a sum of lanes is a bit short": (
        "sums",
        "o <= o_difference[10:1]",
        "o <= {o_difference[9], o_difference[9:1]}",
    ),
    "a column gets the activations of another": (
        "sums",
        ".activation(pe_0_0_1__activation)",
        ".activation(pe_0_0_0__activation)",
    ),
    "registers move while the array waits": (
        "sums",
        "if (enable) begin\n            encoded_0_0_even_held",
        "begin\n            encoded_0_0_even_held",
    ),
    "an accumulator is a bit short": (
        "accumulators",
        "held <= held_difference[21:1]",
        "held <= {held_difference[20], held_difference[20:1]}",
    ),
    "a sum begins with one": ("accumulators", "(first ? 21'd0 :", "(first ? 21'd1 :"),
    "a sum takes a step that is none": (
        "accumulators",
        "if (enable & accumulate) held",
        "if (enable) held",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refuted(fault, tables, build_folder):
    name, old, new = FAULTS[fault]
    assert old in tables.verilog
    core = tables.verilog.replace(old, new, 1)
    claims, checks = proven(tables, build_folder, core, only=[name])
    assert claims[name].state == REFUTED and not checks


@pytest.mark.slow
@pytest.mark.parametrize("state", [PROVEN, REFUTED])
def test_wide_products_are_proven_lane_by_lane(state, build_folder):
    """Sums of two products of 8 × 8 bits take too long, those of one beside zeros do not."""
    emitted = emit(design("int8xint8", Options(rows=1, cols=1, lanes=2)))
    old, new = "code_0_1 = weight__payload[15:8]", "code_0_1 = weight__payload[7:0]"
    core = emitted.verilog.replace(old, new) if state == REFUTED else emitted.verilog
    assert (core == emitted.verilog) == (state == PROVEN)
    claims, _ = proven(emitted, build_folder, core, only=["products"], seconds=60)
    assert claims["products"].state == state


def test_bounds_are_those_of_the_values(tables):
    """E2M1 reaches 6, in units of a half: 12² a product; and as many as K allows."""
    [sums], _ = sums_of(tables.hardware)
    assert sums.count == 4096 and sums.bounds == (-144 * 4096, 144 * 4096)
    assert sums.products[0].weight.values[:8] == (0, 1, 2, 3, 4, 6, 8, 12)


OTHERS = {
    "its flow is systolic_os": {"flow": "systolic_os"},
    "its sums take several cycles": {"datapath": "bit_serial"},
}


@pytest.mark.parametrize("lack", OTHERS)
def test_what_is_not_tried_is_listed_with_its_vectors(lack, build_folder):
    emitted = emit(design("int4xint4", Options(**SHAPE, **OTHERS[lack])))
    claims, checks = proven(emitted, build_folder)
    assert not checks and list(claims) == list(CLAIMS)
    for claim in claims.values():
        assert claim.state == OPEN and claim.what.endswith(lack) and "verify's" in claim.instead


def test_what_takes_too_long_is_listed_with_its_vectors(tables, build_folder):
    claims, checks = proven(tables, build_folder, only=["accumulators"], seconds=0)
    claim = claims["accumulators"]
    assert (claim.state, checks) == (OPEN, {}) and claim.what.endswith("not of pe")
