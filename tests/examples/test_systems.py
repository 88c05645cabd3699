"""Small systems: a program on their bus multiplies a matrix, and the golden model agrees."""

import subprocess
import sys
from pathlib import Path

import pytest

MULTIPLY = Path(__file__).parents[2] / "examples/systems/multiply.py"


def multiply(folder, *words):
    done = subprocess.run([sys.executable, MULTIPLY, *words, "--output", folder / "out"],
                          cwd=folder, capture_output=True, encoding="utf-8")  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_an_amaranth_system_multiplies(tmp_path):
    code, said, wrong = multiply(tmp_path, "amaranth", "--seed", "2")
    assert code == 0, said + wrong
    assert "8 reductions in " in said and said.endswith(
        "PASS: 32 results of 16 x 256 times 256 x 2 equal the golden model's\n"
    )


@pytest.mark.slow
def test_a_litex_system_multiplies(tmp_path):
    pytest.importorskip("litex", reason="needs LiteX: make .venv/litex")
    code, said, wrong = multiply(tmp_path, "litex", "--seed", "3")
    assert code == 0, said + wrong
    assert said.endswith("PASS: 32 results of 16 x 256 times 256 x 2 equal the golden model's\n")


@pytest.mark.slow
def test_a_spoiled_weight_in_memory_is_seen(tmp_path):
    code, said, wrong = multiply(tmp_path, "amaranth", "--wrong")
    assert code == 4, said + wrong
    assert "of 32 results differ" in said
