"""A certificate is written whole, checks itself without macsmith, and notices a changed core."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from macsmith.tools import solvers

import macsmith
from macsmith.cli import main

TINY = ["int2xint2", "--rows", "1", "--cols", "1", "--lanes", "2"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    into = tmp_path_factory.mktemp("certificate") / "out"
    assert main(["prove", *TINY, "--into", str(into)]) == 0
    return into / "proof"


def check(folder):
    """(exit code, lines) of the certificate's own check."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", folder / "check.sh"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PATH": path},
    )
    return done.returncode, done.stdout.splitlines()


def test_a_certificate_says_what_is_proven_and_how(certificate):
    told = json.loads((certificate / "proof.json").read_text())
    names = [claim["name"] for claim in told["claims"]]
    streams = ["valid", "payload", "progress", "order", "count", "drain"]
    assert names == [*streams, "products", "sums", "accumulators"]
    assert {claim["state"] for claim in told["claims"]} == {"proven"}
    assert all(f"| {name} |" in (certificate / "proof.md").read_text() for name in names)


def test_a_certificate_checks_itself(certificate):
    code, lines = check(certificate)
    assert (code, len(lines)) == (0, 9) and all(line.endswith(": proven") for line in lines)
    assert not list(certificate.glob("again*"))


def test_a_changed_core_is_noticed(certificate):
    core = certificate / "core.v"
    text = core.read_text()
    changed = text.replace("else if (result__ready) result__valid", "else result__valid")
    assert changed != text
    core.write_text(changed)
    try:
        code, lines = check(certificate)
    finally:
        core.write_text(text)
    assert code == 4 and "valid: NOT PROVEN" in lines


def test_a_changed_sum_is_noticed(certificate):
    core = certificate / "core.v"
    text = core.read_text()
    changed = re.sub(
        r"(if \(enable & accumulate\) held) <= (\w+)\[(\d+):1\]", r"\1 <= \2[\3:2]", text
    )
    assert changed != text
    core.write_text(changed)
    try:
        code, lines = check(certificate)
    finally:
        core.write_text(text)
    assert code == 4 and "accumulators: NOT PROVEN" in lines and "valid: proven" in lines


def test_what_induction_does_not_prove_is_not_checked_again(tmp_path, monkeypatch):
    """Another way proves it, or none; the certificate asks of no induction that failed."""
    monkeypatch.setattr(solvers, "z3", lambda file, seconds: ["unknown"])
    assert main(["prove", *TINY, "--seconds", "20", "--into", str(tmp_path / "out")]) == 0
    folder = tmp_path / "out" / "proof"
    assert not (folder / "count.smt2").exists() and not (folder / "model.ys").exists()
    code, lines = check(folder)
    assert code == 0 and not any(line.endswith("NOT PROVEN") for line in lines)


def test_a_certificate_is_replaced_only_if_asked(certificate, capsys):
    assert main(["prove", *TINY, "--into", str(certificate.parent)]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_the_library_gives_the_claims_and_writes_the_same(certificate, tmp_path):
    tiny = macsmith.design("int2xint2", macsmith.Options(rows=1, cols=1, lanes=2))
    found = macsmith.prove(tiny, tmp_path / "out")
    told = json.loads((certificate / "proof.json").read_text())
    assert [claim.name for claim in found.claims] == [claim["name"] for claim in told["claims"]]
    assert not found.refuted
    written = {path.name for path in (tmp_path / "out" / "proof").iterdir()}
    assert written == {path.name for path in certificate.iterdir()}


def test_a_missing_solver_is_named_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(solvers.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["prove", *TINY, "--into", str(tmp_path / "out")]) == 3
    assert "pip install 'macsmith[proof]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
