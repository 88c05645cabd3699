"""The network of digits says what scikit-learn's says, and with a design what that design says."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.boards import lookup
from macsmith.studies.exploring.digits import digits, load
from macsmith.studies.exploring.explore import Space, explore
from macsmith.studies.exploring.page import page, plots
from macsmith.studies.exploring.tables import notes, rows, tables, to_dict

from macsmith import Options, design

SPACE = Space(
    lookup("u280"), macs=16, k=256, bits=(4,), activations=("itself",), schemes=("row", "ue4m3-16"),
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return explore(SPACE, judges=[digits()])


def test_it_is_scikit_learns_network():
    """On the half of its digits that were not trained on, which are those of its own data."""
    datasets = pytest.importorskip("sklearn.datasets")
    network = pytest.importorskip("sklearn.neural_network")
    ours, theirs = load(), datasets.load_digits()
    known = {(*image, label) for image, label in zip(theirs.data, theirs.target, strict=True)}
    assert {
        (*image, label) for image, label in zip(ours.images * 16, ours.labels, strict=True)
    } <= known
    made = network.MLPClassifier((64, 32), max_iter=1)
    with pytest.warns(match="converged"):
        made.fit(theirs.data, theirs.target)
    made.coefs_ = [weight.T for weight, _ in ours.layers]
    made.intercepts_ = [bias for _, bias in ours.layers]
    assert digits().exact == made.score(ours.images, ours.labels) > 0.97
    assert len(ours.labels) == 899


def by_hand(weight, x):
    """INT8 by INT8, a scale for each row: integers, summed up, and scaled."""

    def codes(values):
        scales = np.abs(values).max(axis=1, keepdims=True).astype(np.float64) / 127
        scales = np.float32(scales).astype(np.float64)
        scales = np.where(
            np.abs(values).max(axis=1, keepdims=True) > 127 * scales,
            np.nextafter(np.float32(scales), np.float32(np.inf)).astype(np.float64),
            scales,
        )
        return np.rint(values / scales), scales

    (w, s), (a, t) = codes(weight), codes(x)
    return (a @ w.T) * t * s.T


def test_a_design_is_judged_by_its_golden_model():
    """INT8 as NumPy computes it; one bit is nearly chance; powers of two are no matter."""
    judge = digits()
    int8 = design("int8xint8", Options(scale="fp32", activation_scale="fp32"))
    assert judge.score(int8) == load().accuracy(by_hand)
    coarse = design("int2xint2", Options(scale="fp32", activation_scale="fp32"))
    assert judge.score(coarse) < 0.9 < judge.score(int8)


def test_what_is_on_a_front_is_judged(found):
    """And nothing else; columns, JSON and charts have it."""
    judged = {id(item) for item in found.every if item.scores}
    assert judged == {id(item) for item in found.best} and len(judged) < len(found.every)
    for item in found.best:
        assert item.scores == {"digits": digits().score(item.candidate.engine)}
    told = to_dict(found)
    assert [row["digits"] is not None for row in told["designs"]] == [
        bool(item.scores) for item in found.every
    ]
    assert told["judges"]["digits"]["exact"] == round(digits().exact, 4)
    _, header, lines = tables(found)[0]
    shown = [line[header.index("digits")] for line in lines]
    front = found.fronts["gaussian"]
    assert shown == [f"{100 * row['digits']:.1f} %" for row in rows(found, front)]
    assert "digits" in plots(found) and "digits (more is better)" in page(found)


def test_what_is_as_good_as_floats_is_named(found):
    def line(*scores):
        given = dict(zip(map(id, found.best), scores, strict=False))
        every = [
            replace(item, scores={"digits": given[id(item)]} if id(item) in given else {})
            for item in found.every
        ]
        [told] = [one for one in notes(replace(found, every=tuple(every))) if "899" in one]
        return told

    exact = digits().exact
    assert found.best[1].choice.words in line(0.985 * exact, 0.991 * exact, exact)
    assert line(0.5, 0.6).endswith("No design of those that were judged comes within 1 % of that.")
