"""Allocations against every choice there is, and against the closed form of the best real bits."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.studies.allocation.closed_form import best_bits, least_loss
from macsmith.studies.allocation.problem import Problem
from macsmith.studies.allocation.solving import Unreachable, solve, sweep


def named(count, letter):
    return tuple(f"{letter}{n}" for n in range(count))


def drawn(rng, items, choices, shapes, *, once=False, holes=False):
    """Losses that fall with bits, sizes of ``shapes`` kinds; perhaps arrays that are built once,
    the first for two choices, and pairs that are not possible."""
    sizes = rng.integers(1, 9, shapes)[rng.integers(0, shapes, items)]
    width = np.arange(1, choices + 1) + rng.random(choices) / 4
    loss = (
        np.exp(rng.normal(0, 1, (items, 1)))
        * 4.0**-width
        * np.exp(rng.normal(0, 0.4, (items, choices)))
    )
    allowed = rng.random((items, choices)) < 0.7 if holes else None
    if allowed is not None:
        allowed[:, 0] = True
    groups = (0, *range(choices - 1)) if once else ()
    many = max(groups) + 1 if once else choices
    built = {"sites": rng.integers(1, 9, many).astype(float)} if once else {}
    sums = {"loss": loss, "bits": sizes[:, None] * width}
    return Problem(named(items, "i"), named(choices, "c"), sums, allowed, groups, built)


def every(problem):
    """All choices that are possible."""
    ways = [np.flatnonzero(row) for row in problem.possible]
    return [np.array(way) for way in product(*ways)]


def total(problem, name, chosen):
    """A sum from its definition."""
    found = (
        sum(problem.sums[name][i, c] for i, c in enumerate(chosen)) if name in problem.sums else 0
    )
    if name in problem.once:
        groups = problem.groups or range(len(problem.choices))
        found += sum(problem.once[name][g] for g in {groups[c] for c in chosen})
    return found


@pytest.mark.parametrize("once", (False, True))
@pytest.mark.parametrize("holes", (False, True))
def test_the_best_of_all_choices_is_found(once, holes):
    rng = np.random.default_rng(5)
    limited = 0
    for trial in range(40):
        items = int(rng.integers(1, 7))
        problem = drawn(rng, items, 4, int(rng.integers(1, items + 1)), once=once, holes=holes)
        ways = every(problem)
        all_of = {n: np.array([total(problem, n, way) for way in ways]) for n in problem.names}
        minimize = ("loss", "bits")[trial % 2]
        others = [name for name in problem.names if name != minimize]
        # Limits between the least and the median of each: now and then no choice keeps them all.
        limits = {n: float(np.quantile(all_of[n], rng.random() / 2)) for n in others}
        kept = np.all([all_of[n] <= limits[n] * (1 + 1e-9) for n in others], axis=0)
        if not kept.any():
            limited += 1
            with pytest.raises(Unreachable):
                solve(problem, minimize, limits, gap=0)
            continue
        found = solve(problem, minimize, limits, gap=0)
        assert found.totals[minimize] == pytest.approx(all_of[minimize][kept].min(), rel=1e-6)
        assert found.bound <= found.totals[minimize] * (1 + 1e-6) and found.gap < 1e-5
        for name in problem.names:
            assert found.totals[name] == pytest.approx(total(problem, name, found.chosen))
            assert name == minimize or found.totals[name] <= limits[name] * (1 + 1e-5)
    assert limited < 20


def test_what_cannot_be_kept_says_how_low_limits_may_be():
    rng = np.random.default_rng(8)
    problem = drawn(rng, 5, 4, 2)
    ways = every(problem)
    loss, bits = (np.array([total(problem, n, way) for way in ways]) for n in ("loss", "bits"))
    some = Problem(
        problem.items, problem.choices, {**problem.sums, "time": problem.sums["bits"] ** 2}
    )
    limits = {"loss": float(np.quantile(loss, 0.02)), "bits": float(np.quantile(bits, 0.02))}
    with pytest.raises(Unreachable) as raised:
        solve(some, "time", limits)
    least = raised.value.least
    assert least["bits"] == pytest.approx(bits[loss <= limits["loss"] * (1 + 1e-9)].min(), rel=1e-4)
    assert least["loss"] == pytest.approx(loss[bits <= limits["bits"] * (1 + 1e-9)].min(), rel=1e-4)
    factor = np.maximum(loss / limits["loss"], bits / limits["bits"]).min()
    assert raised.value.together == pytest.approx(factor, rel=1e-4) and factor > 1
    assert f"{least['bits']:.6g}" in str(raised.value)
    # What it names can be kept.
    solve(some, "time", {**limits, "bits": least["bits"] * (1 + 1e-6)})
    solve(some, "time", {name: value * factor * (1 + 1e-6) for name, value in limits.items()})


def test_many_matrices_of_few_shapes_are_solved_to_the_end():
    """As networks have them: a thousand choices, of which none of equal sizes is tried twice."""
    rng = np.random.default_rng(3)
    for items, shapes in ((210, 4), (300, 300)):
        problem = drawn(rng, items, 8, shapes)
        limit = float(np.median(problem.sums["bits"].sum(axis=0)))
        found = solve(problem, "loss", {"bits": limit})
        assert found.gap <= 1e-4 and found.totals["bits"] <= limit * (1 + 1e-6)
        # The other way round: as few bits lose no more.
        back = solve(problem, "bits", {"loss": found.totals["loss"]})
        assert back.totals["bits"] <= found.totals["bits"] * (1 + 1e-4)
        better = [c for c in range(8) if problem.total("bits", np.full(items, c)) <= limit]
        assert found.totals["loss"] < min(problem.sums["loss"][:, better].sum(axis=0))


def test_a_price_is_what_a_little_more_saves():
    """Of many small items, whose sums are nearly smooth."""
    rng = np.random.default_rng(4)
    problem = drawn(rng, 400, 6, 400)
    limit = float(problem.sums["bits"][:, 2].sum())
    found = solve(problem, "loss", {"bits": limit}, gap=1e-6)
    more = solve(problem, "loss", {"bits": limit * 1.01}, gap=1e-6)
    saved = found.totals["loss"] - more.totals["loss"]
    assert found.prices["bits"] * limit * 0.01 == pytest.approx(saved, rel=0.05)
    # A limit that nothing reaches has no price.
    loose = solve(problem, "loss", {"bits": limit * 10})
    assert loose.prices == {} and loose.totals["loss"] == problem.sums["loss"].min(axis=1).sum()


def test_a_curve_falls_from_the_lowest_limit_to_none():
    problem = drawn(np.random.default_rng(6), 20, 4, 3)
    curve = sweep(problem, "loss", {"bits": 1.0}, "bits", 7)
    bits, loss = ([item.totals[name] for item in curve] for name in ("bits", "loss"))
    assert len(curve) == 7 and bits == sorted(bits) and loss == sorted(loss, reverse=True)
    assert bits[0] == pytest.approx(problem.sums["bits"].min(axis=1).sum())
    assert loss[-1] == pytest.approx(problem.sums["loss"].min(axis=1).sum(), rel=2e-3)


def test_whole_bits_lose_no_less_than_real_ones():
    """Losses a · 4^-b at 0 to 16 bits: near the closed form, and equal where its bits are whole."""
    rng = np.random.default_rng(7)
    count = rng.integers(1, 100, 60)
    a = count * np.exp(rng.normal(0, 2, 60))
    bits = np.arange(17)
    sums = {"loss": a[:, None] * 4.0**-bits, "bits": count[:, None] * bits / count.sum()}
    problem = Problem(named(60, "i"), named(17, "c"), sums)
    found = solve(problem, "loss", {"bits": 6.0})
    bound = least_loss(a, count, 6.0)
    assert bound < found.totals["loss"] < 1.25 * bound
    assert np.abs(found.chosen - best_bits(a, count, 6.0)).max() < 1.5
    # By hand: 16 times the loss a weight is two bits more, and the mean stays.
    a, count = np.array([16.0, 1.0, 3.0, 48.0]), np.array([1, 1, 3, 3])
    assert best_bits(a, count, 4.0).tolist() == [5, 3, 3, 5]
    assert least_loss(a, count, 4.0) == 16 / 4**5 + 1 / 4**3 + 3 / 4**3 + 48 / 4**5
    sums = {"loss": a[:, None] * 4.0**-bits, "bits": count[:, None] * bits / 8}
    exact = solve(Problem(named(4, "i"), named(17, "c"), sums), "loss", {"bits": 4.0}, gap=0)
    assert exact.chosen.tolist() == [5, 3, 3, 5]


def test_what_is_wrong_is_told():
    sums = {"loss": np.ones((2, 2)), "bits": np.ones((2, 2))}
    problem = Problem(("a", "b"), ("x", "y"), sums)
    with pytest.raises(DesignError, match="no sum is called 'site'; there are loss, bits"):
        solve(problem, "loss", {"site": 1})
    with pytest.raises(DesignError, match="bits is what is minimized"):
        solve(problem, "bits", {"bits": 1})
    with pytest.raises(DesignError, match="no design of x, y takes b"):
        Problem(("a", "b"), ("x", "y"), sums, np.array([[True, True], [False, False]]))
    with pytest.raises(DesignError, match="an item and a choice"):
        Problem((), ("x",), {})
    with pytest.raises(DesignError, match="shape"):
        Problem(("a",), ("x", "y"), sums)
    with pytest.raises(DesignError, match="finite"):
        Problem(("a", "b"), ("x", "y"), {"loss": np.full((2, 2), np.nan)})
    with pytest.raises(DesignError, match="positive"):
        best_bits([1, 0], [1, 1], 4)
