"""A matrix of a file in the golden model, in simulated hardware, and as beats in memory."""

import json
import os
import subprocess

import numpy as np
import pytest
from checkpoints import random_scales, words, write
from macsmith.golden import Level, Operand, Plane, block
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.hw.text.emit import emit
from macsmith.models import open_model
from macsmith.models.image import differing, images
from macsmith.models.packing import pack, rows_of
from macsmith.models.running import activations, run, sqnr
from macsmith.models.serving import serve
from programs import needs_icarus

from macsmith import Options, design, lookup, quantize
from macsmith.cli import main

ROWS, K = 10, 96  # neither fills the array's last block
GROUP = 32


@pytest.fixture
def folder(tmp_path, rng):
    """An MLX checkpoint: one matrix whose rows and groups are all different."""
    parts = {
        "l.weight": words(rng.integers(0, 16, (ROWS, K)), 4),
        "l.scales": random_scales(rng, (ROWS, K // GROUP), np.float16),
        "l.biases": rng.normal(size=(ROWS, K // GROUP)).astype(np.float16),
    }
    return write(tmp_path / "a model", parts, {"quantization": {"group_size": GROUP, "bits": 4}})


@pytest.fixture
def matrix(folder):
    return open_model(folder).matrix("l")


def test_golden_and_hardware_agree_and_are_near_float(matrix, rng):
    x = rng.normal(size=(5, K))
    found = run(matrix, x, rtl_rows=None)
    assert (found.simulated, found.vectors) == (ROWS, 5)
    assert found.results.shape == (5, ROWS)
    assert found.sqnr == sqnr(x @ matrix.values().T, found.results) > 30
    assert found.to_dict()["mismatches"] == 0


def test_a_wrong_bit_of_hardware_is_named(matrix, rng, monkeypatch):
    from dataclasses import replace

    from macsmith.models import running

    real = running.simulate

    def wrong(engine, weight, activation):
        answer = real(engine, weight, activation)
        values = answer.values.copy()
        values[-1, -1] ^= 1
        return replace(answer, values=values)

    monkeypatch.setattr(running, "simulate", wrong)
    with pytest.raises(Mismatch, match=r"1 of 20 results differ, the first at \(3, 4\)"):
        run(matrix, rng.normal(size=(5, K)), rtl_rows=4)


@pytest.mark.parametrize("design", [None, "nvfp4", "w8a8", "deepseek_fp8"])
def test_an_image_gives_every_code_and_scale_back(matrix, design):
    served = serve(matrix, design)
    emitted = emit(served.engine)
    found = images(emitted, served.weight)
    data = {image.stream.name: image.beats.tobytes() for image in found}
    assert differing(emitted, found, served.weight, data) == []
    for image in found:  # any byte that holds weights matters
        raw = bytearray(data[image.stream.name])
        raw[0] ^= 1
        assert differing(emitted, found, served.weight, {**data, image.stream.name: bytes(raw)})


def test_the_files_of_an_image_hold_the_same(matrix):
    served = serve(matrix)
    for image in images(emit(served.engine), served.weight):
        files = image.files()
        name = f"image/{image.stream.name}"
        lines = files[f"{name}.hex"].split()
        assert [int(line, 16) for line in lines] == [
            int.from_bytes(row.tobytes(), "little") for row in image.beats
        ]
        assert files[f"{name}.bin"] == image.beats.tobytes()


@needs_icarus
def test_a_packed_folder_has_a_bench_that_runs_the_matrix(matrix, tmp_path, rng):
    x = rng.normal(size=(3, K))
    made = pack(matrix, tmp_path / "packed", x, bench_rows=8)
    listed = json.loads((tmp_path / "packed" / "manifest.json").read_text(encoding="utf-8"))
    assert listed["matrix"] == {"name": "l", "scheme": "MLX 4 bit, groups of 32",
                                "shape": [ROWS, K]}  # fmt: skip
    for image, described in zip(made.images, listed["image"], strict=True):
        data = (tmp_path / "packed" / "image" / f"{described['stream']}.bin").read_bytes()
        assert data == image.beats.tobytes()
        assert len(data) == described["beats"] * described["bytes_per_beat"]
    said = subprocess.run(["make", "-s", "-C", tmp_path / "packed" / "tb", "icarus"],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "PASS" in said
    weights = tmp_path / "packed" / "tb" / "weight.hex"
    lines = weights.read_text(encoding="utf-8").splitlines()
    lines[0] = f"{int(lines[0], 16) ^ 1:0{len(lines[0])}x}"
    weights.write_text("\n".join(lines), encoding="utf-8")
    again = subprocess.run(["make", "-s", "-C", tmp_path / "packed" / "tb", "icarus"],
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert "PASS" not in again.stdout


@needs_icarus
@pytest.mark.parametrize(
    ("asked", "width"), [(32, 32), (128, 128), ("64,weight=256", 256), ("weight=32", 32)]
)
def test_an_image_is_what_a_dma_streams(matrix, tmp_path, rng, asked, width):
    """The image is that of a folder without the width, and what ports take in the bench."""
    x = rng.normal(size=(3, K))
    plain = pack(matrix, tmp_path / "plain", x, bench_rows=8)
    made = pack(matrix, tmp_path / "wide", x, bench_rows=8, axis_width=asked)
    assert str(made.served.engine.build.axis_width) == str(asked)
    for image, other in zip(made.images, plain.images, strict=True):
        assert image.beats.tobytes() == other.beats.tobytes()
    [weights] = [image for image in made.images if image.stream.name == "weight"]
    size, sent = width // 8, bytearray()
    for line in (tmp_path / "wide/tb/weight.hex").read_text(encoding="utf-8").split():
        beat = int(line, 16).to_bytes(2 * size, "little")  # bytes, then marks and last
        marks = int.from_bytes(beat[size:], "little")
        sent += bytes(beat[n] for n in range(size) if marks >> n & 1)
    whole = weights.beats[: 2 * K // 4].tobytes()  # 2 blocks of 4 rows, 4 elements a step
    assert bytes(sent[: len(whole)]) == whole
    said = subprocess.run(["make", "-s", "-C", tmp_path / "wide" / "tb", "icarus"],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "PASS" in said


@needs_icarus
def test_scales_ride_in_an_image(matrix, tmp_path, rng):
    """Groups of 32 are 8 steps: two beats of 8 bytes with 4 scales and 4 minimums of FP16 each, and
    8 of codes. The bench takes the same bytes; a wrong one is seen."""
    x = rng.normal(size=(3, K))
    plain = {image.stream.name: image for image in pack(matrix, tmp_path / "plain", x).images}
    made = pack(matrix, tmp_path / "one", x, bench_rows=8, axis_width=64, interleave=True)
    [image] = made.images
    scales = plain["scale"].beats[:, :16].reshape(-1, 2, 8)  # less the activation's
    codes = plain["weight"].beats.reshape(-1, 8, 8)
    wanted = np.concatenate([scales, codes], axis=1)
    assert image.beats.tobytes() == wanted.tobytes()
    assert image.to_dict()["weight_fields"] == ["code", "weight_d", "weight_m"]
    assert image.whole and not plain["scale"].whole
    sent = bytearray()
    for line in (tmp_path / "one/tb/weight.hex").read_text(encoding="utf-8").split():
        sent += int(line, 16).to_bytes(18, "little")[:8]  # of which all count
    whole = wanted[: 2 * K // 32].tobytes()  # 2 blocks of 4 rows
    assert bytes(sent[: len(whole)]) == whole
    said = subprocess.run(["make", "-s", "-C", tmp_path / "one" / "tb", "icarus"],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "PASS" in said


def test_weights_that_are_loaded_by_sets_have_no_image():
    engine = design("int8xint8", Options(flow="weight_stationary", policy="dsp"))
    weight = quantize(np.ones((4, 16)), engine.arithmetic.weight)
    with pytest.raises(DesignError, match="are loaded by sets: choose --flow broadcast"):
        images(emit(engine), weight)


def test_rows_that_share_scales_stay_whole():
    scaled = Plane(lookup("int4"), (Level(lookup("fp16"), block(4, 8)),))
    given = quantize(np.arange(96).reshape(12, 8), Operand((scaled,)))
    assert rows_of(given, np.arange(4, 8)).scales["scale"].shape == (1, 1)
    with pytest.raises(DesignError, match="neither divides the other: choose --rows 2"):
        rows_of(given, np.arange(6, 12))


def test_wrong_activations_are_refused(matrix):
    for x, message in (
        (np.zeros((2, K + 1)), "takes vectors of 96 elements"),
        (np.full((1, K), np.nan), "must be finite"),
        (np.zeros((0, K)), "takes vectors"),
    ):
        with pytest.raises(DesignError, match=message):
            activations(matrix, x, 1)
    assert activations(matrix, np.zeros(K), 1).shape == (1, K)


def call(capsys, *words):
    code = main([*map(str, words)])
    return code, *capsys.readouterr()


def test_the_commands(folder, tmp_path, capsys):
    code, out, _ = call(capsys, "inspect", folder)
    assert code == 0
    assert "MLX 4 bit, groups of 32" in out
    assert "A token: 1.0 thousand products with weights, 0.6 kB of weights read" in out
    code, out, _ = call(capsys, "inspect", folder, "--json")
    assert json.loads(out)["macs_per_token"] == ROWS * K
    [line] = json.loads(out)["matrices"]
    code, out, _ = call(capsys, "inspect", folder, "--matrix", "l", "--json")
    arrays = json.loads(out).pop("arrays")
    assert json.loads(out) == {**line, "arrays": arrays}
    assert arrays[0] == {"name": "l.weight", "type": "uint32"}
    code, out, _ = call(capsys, "inspect", folder, "--matrix", "l")
    assert out.startswith("matrix ")  # no empty titles, no rule
    code, out, _ = call(capsys, "inspect", folder, "--matrix", "l", "--toml")
    (tmp_path / "d.toml").write_text(out, encoding="utf-8")
    assert call(capsys, "explain", tmp_path / "d.toml")[0] == 0
    result = tmp_path / "y.npy"
    code, out, _ = call(capsys, "run", folder, "--matrix", "l", "--rtl-rows", 0, "-o", result)
    assert code == 0
    assert np.load(result).shape == (4, ROWS)
    archive, pipe = tmp_path / "x.npz", tmp_path / "pipe.npy"
    np.savez(archive, x=np.ones((1, K)))
    os.mkfifo(pipe)
    for arguments, message in (
        (("run", folder, "--matrix", "l", "-o", result), "is there already"),
        (("run", folder, "--matrix", "l", "-o", tmp_path / "x" / "y.npy"), "x is no folder"),
        (("run", folder), "name a matrix with --matrix"),
        (("run", folder, "--matrix", "m"), "unknown matrix of model.safetensors 'm'"),
        (("run", folder, "--matrix", "l", "--data", folder / "config.json"), "it is no .npy file"),
        (("run", folder, "--matrix", "l", "--data", archive), "it is an archive of arrays"),
        (("run", folder, "--matrix", "l", "--data", pipe), "it is no ordinary file"),
        (
            ("run", folder, "--matrix", "l", "--activation", "bf16"),
            "choose --accumulate aligned --fraction 25 with macsmith generate, whose design.toml "
            "--design takes",
        ),
        (("pack", folder, "--matrix", "l", "--design", "hadamard"), "is no engine of one mode"),
        (("inspect", folder, "--toml"), "name it with --matrix"),
        (("inspect", tmp_path / "absent.gguf"), "No such file"),
    ):
        code, out, err = call(capsys, *arguments)
        assert (code, out) == (2, ""), arguments
        assert message in err
        assert err.startswith("macsmith: ")
        assert err.count("\n") == 1
