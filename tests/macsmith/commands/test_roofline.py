"""``macsmith roofline``: shapes and models, and what it refuses."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from macsmith.cli import main


def test_a_shape(tmp_path, capsys):
    words = ["roofline", "512x256x6", "--rows", "8", "--svg", str(tmp_path / "a.svg"), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["vectors"] for row in told["batches"]] == [1, 2, 4, 6] and told["prompt"] is None
    assert told["macs_per_vector"] == 512 * 256 and told["macs_per_cycle"] == 8 * 4 * 16
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_model_that_is_no_network_is_its_matrices(tmp_path, capsys):
    """Its keys and values are not known, and that is said."""
    weights = {f"layers.{n}.up_proj.weight": np.ones((64, 32), np.float16) for n in range(3)}
    save_file(weights, tmp_path / "m.safetensors")
    assert main(["roofline", str(tmp_path / "m.safetensors"), "--batch", "2", "--rows", "8"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("3 matrices of m.safetensors on 1 × w4a8")
    assert "6,144 MACs a vector" in text and "keys and values not counted" in text
    assert "a prompt of 512 tokens" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "required: WORK"),
        ("4096x4096", "a shape is NxKxM"),
        ("missing.gguf", "missing.gguf"),
        ("64x64x1 --board ulx3s-85", "give --bandwidth"),
        ("64x64x1 --design w4a9", "close ones: w4a8"),
        ("64x64x1 --design hadamard", "hadamard is a unit"),
        ("64x64x1 --design nvfp4 --lanes 32", "lanes must divide the group of 16"),
        ("64x64x1 --svg a.jpg", "ends in .svg or .png"),
        ("64x64x1 --batch 0", "must be at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["roofline", *words.split()]) in (1, 2)
    text = capsys.readouterr().err
    assert message in text and "Traceback" not in text and text.count("\n") == 1
