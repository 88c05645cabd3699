"""The page of claims is that of the data and the counts, and its ratios are those of the table."""

import csv
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest
from macsmith.golden.errors import DesignError

ROOT = Path(__file__).parent.parent
CLAIMS = run_path(str(ROOT / "docs" / "claims.py"))


@pytest.fixture
def sites():
    """Sites, DSP blocks and sites of the scale path at 4 × 4 × 4, by design and policy."""
    with (ROOT / "docs" / "quality.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["shape"] == "4x4x4"]
    return {
        (row["design"], row["policy"]): [int(row[n] or 0) for n in ("sites", "dsp", "scale_sites")]
        for row in rows
    }


def test_the_page_is_what_the_counts_say():
    done = subprocess.run(
        [sys.executable, "docs/claims.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_there_are_enough_and_each_says_why():
    given = CLAIMS["claims"]()
    assert len(given) >= 25 and len({claim.title for claim in given}) == len(given)
    assert all(len(claim.why) > 10 and claim.source and claim.theirs for claim in given)


def test_ratios_by_hand(sites):
    """U280: 1,303,680 LUTs and 9,024 DSP blocks, of which the shell takes 107,629 and 4."""
    known = {claim.title: claim for claim in CLAIMS["claims"]()}
    table, ratios = CLAIMS["read"](), CLAIMS["ratios"]

    def of(title, policy):
        return ratios(known[title], policy, table)

    block = round((1303680 - 107629) / (9024 - 4), 1)
    for policy in ("lut", "dsp"):
        cost = {name: s + block * d for (name, p), (s, d, _) in sites.items() if p == policy}
        fp8 = of("FP8 costs 50 to 180 % more than INT8", policy)
        assert fp8 == pytest.approx(
            [cost[f"{name}x{name}"] / cost["int8xint8"] for name in ("e4m3", "e5m2")]
        )
        # Words of 16 bits: one INT16, two of 8 bits, four of 4.
        apart = cost["int16xint16"] + 2 * cost["int8xint8"] + 2 * cost["posit8_0xposit8_0"]
        apart += 4 * (cost["int4xint4"] + cost["e2m1xe2m1"])
        [simd] = of("One element for FP4, posits and integers saves 42 %", policy)
        assert simd == pytest.approx(cost["simd"] / apart)
        # Four cycles a product.
        [serial] = of("OPT3: digits that are zero are skipped", policy)
        assert serial == pytest.approx(4 * cost["tpe_opt3"] / cost["int8xint8"])
    (one, _, path), (other, _, beside) = sites["mixpe", "lut"], sites["w4a8", "lut"]
    [ratio] = of("Shift-and-add instead of multipliers", "lut")
    assert ratio == pytest.approx((one - path) / (other - beside))


def test_a_claim_holds_within_its_bounds():
    claim = CLAIMS["claims"]()[0]
    assert [claim.holds(ratio) for ratio in (1.49, 1.5, 2.8, 2.81)] == [False, True, True, False]


#: All but what would hold.
WHOLE = 'title = "a"\nsource = "b"\ntheirs = "c"\nover = ["d"]\nunder = "e"\nwhy = "f"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a claim: over is missing"),
        ('title = "a"\nfoo = 1', "a: unknown field foo"),
        ('title = "a"\nsource = "b"', "a: over is missing"),
        (WHOLE, "low or high is missing"),
    ],
)  # fmt: skip
def test_wrong_data_is_told(tmp_path, monkeypatch, text, message):
    (tmp_path / "claims.toml").write_text(f"[[claim]]\n{text}", encoding="utf-8")
    function = CLAIMS["claims"]
    monkeypatch.setitem(function.__globals__, "CLAIMS", tmp_path / "claims.toml")
    with pytest.raises(DesignError, match=message):
        function()
