"""Trees as arrays say what scikit-learn's say, and files hold numbers alone."""

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.studies.prediction.features import NAMES
from macsmith.studies.prediction.foresee import Models, load, save
from macsmith.studies.prediction.training import _coefficients, _flat
from macsmith.studies.prediction.trees import Model

ensemble = pytest.importorskip("sklearn.ensemble")


@pytest.fixture(scope="module")
def boosted():
    """A model of 200 rows, and these."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    y = np.abs(x[:, 0]) + (x[:, 1] > 0) * x[:, 2]
    made = ensemble.GradientBoostingRegressor(n_estimators=30, loss="huber", random_state=0)
    return made.fit(x, y), x


def test_arrays_say_what_scikit_learn_says(boosted):
    made, x = boosted
    found = _flat(np.ones((4, 2)), made)
    # Values that stand on thresholds go the same way as well.
    points = np.vstack([x, np.tile(found.threshold[:40, None], (1, 5))])
    assert np.allclose(found.corrections(points), made.predict(points), atol=1e-5)


def test_a_few_others_do_not_bend_a_sum():
    """Of 100 engines 2 a + 3 b, and ten that are a third as large."""
    rng = np.random.default_rng(4)
    amounts = rng.uniform(1, 9, (110, 3))
    counted = 2 * amounts[:, 0] + 3 * amounts[:, 1]
    counted[100:] /= 3
    found = _coefficients(amounts / counted[:, None])
    assert np.allclose(found, [2, 3, 0], atol=0.15) and found.min() >= 0


def test_a_tree_by_hand():
    one = np.array([0], np.int32)
    model = Model(
        coefficients=np.array([[2.0, 0.0], [0.0, 3.0]]),
        start=np.array([0.5]),
        roots=one,
        feature=np.array([1, -1, -1]),
        threshold=np.array([4.0, 0, 0], np.float32),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        value=np.array([0, -1.0, 1.0]),
    )
    amounts = np.array([[5.0, 7.0], [5.0, 7.0], [0.0, 0.0]])
    assert model.base(amounts, np.array([0, 1, 1])).tolist() == [10, 21, 1]
    assert model.corrections(np.array([[9.0, 4.0], [0.0, 4.5]])).tolist() == [-0.5, 1.5]


def test_files_hold_numbers_alone(tmp_path, boosted):
    made, x = boosted
    models = Models({"array": _flat(np.ones((4, 2)), made)}, ("ecp5", "xcup"), {"engines": 200})
    save(models, tmp_path / "m.npz")
    found = load(tmp_path / "m.npz")
    assert found.about == {"engines": 200} and found.families == ("ecp5", "xcup")
    again = found.models["array"].corrections(x)
    assert np.array_equal(again, models.models["array"].corrections(x))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiU" for name in arrays)
        other = {name: arrays[name] for name in arrays} | {"names": np.array(NAMES[1:])}
    np.savez(tmp_path / "o.npz", **other)
    with pytest.raises(DesignError, match="other features"):
        load(tmp_path / "o.npz")
