"""A user's own data: files of activations, matrices of a model."""

import numpy as np
import pytest
from macsmith.studies.given import given
from safetensors.numpy import save_file

from macsmith import DesignError


@pytest.fixture
def files(tmp_path):
    """Activations of 32 and of 48, and a model of eleven matrices: ten take 32, one 64."""
    rng = np.random.default_rng(1)
    for k in (32, 48):
        np.save(tmp_path / f"x{k}.npy", rng.normal(size=(100, k)))
    weights = {
        f"model.layers.{n}.mlp.up_proj.weight": rng.normal(size=(96, 32)).astype(np.float16)
        for n in range(10)
    }
    weights["lm_head.weight"] = rng.normal(size=(5, 64)).astype(np.float16)
    save_file(weights, tmp_path / "model.safetensors")
    return tmp_path, weights


def test_nothing_is_given():
    assert given(None, None, None) is None


def test_activations_alone_meet_normal_weights(files):
    folder, _ = files
    found = given(folder / "x32.npy", None, None)
    [(w, x)] = found.products
    assert w.shape == (64, 32) and x.shape == (64, 32)
    assert {row.tobytes() for row in x} <= {r.tobytes() for r in np.load(folder / "x32.npy")}
    assert found.words == f" --data {folder / 'x32.npy'}" and "Gaussian weights" in found.title


def test_matrices_of_a_model(files):
    folder, weights = files
    model = folder / "model.safetensors"
    some = given(None, model, None)
    assert len(some.products) == 8 and some.title.startswith("8 matrices of")
    name = "model.layers.3.mlp.up_proj.weight"
    [(w, x)] = given(None, model, name).products
    own = {row.tobytes() for row in weights[name].astype(np.float64)}
    assert len(w) == 64 and {row.tobytes() for row in w} <= own and x.shape == (16, 32)
    [(w, x)] = given(folder / "x32.npy", model, name).products
    assert x.shape == (64, 32)
    with_x = given(folder / "x32.npy", model, None)
    assert all(w.shape[1] == 32 for w, _ in with_x.products)


@pytest.mark.parametrize(
    ("data", "model", "matrix", "message"),
    [
        ("missing.npy", None, None, "no such file|No such file"),
        ("x48.npy", "model.safetensors", None, "take vectors of 32, 64, got activations of 48"),
        (None, "model.safetensors", "lm_head", "unknown matrix"),
        (None, None, "lm_head.weight", "name its file with --model"),
    ],
)
def test_what_does_not_fit_is_said(files, data, model, matrix, message):
    folder, _ = files
    paths = [None if name is None else folder / name for name in (data, model)]
    with pytest.raises(DesignError, match=message):
        given(*paths, matrix)
