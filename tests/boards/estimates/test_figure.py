"""Numbers with bars: how they are made from rows, and how they are said."""

from fractions import Fraction
from statistics import median

import pytest
from macsmith.boards.estimates.figure import Figure, factor


def test_a_figure_says_its_bars_rounded_outwards():
    assert str(Figure(4703.2, -0.1195, 0.2015)) == "about 4,700 (−12…+21 %)"
    assert str(Figure(86.49, -0.12, 0.0)) == "about 86.5 (−12…+0 %)"
    found = Figure(200, -0.1, 0.25)
    assert (found.least, found.most) == (180, 250)
    assert found.to_dict() == {"about": 200, "from": 180, "to": 250, "bars": [-0.1, 0.25]}


def test_bars_are_widened_and_never_narrowed():
    found = Figure(100, -0.1, 0.1)
    assert found.reaching(95, 120) == Figure(100, -0.1, pytest.approx(0.2))
    assert found.reaching(50, 105) == Figure(100, -0.5, 0.1)


def test_each_group_is_predicted_by_the_others():
    """By the definition, in fractions."""
    rows = [(9, 10, "a"), (8, 10, "a"), (12, 10, "b"), (10, 10, "b"), (7, 10, "c")]
    found = factor([m for m, _, _ in rows], [c for _, c, _ in rows], [g for *_, g in rows])
    errors = []
    for measured, counted, group in rows:
        others = median(Fraction(m, c) for m, c, g in rows if g != group)
        errors.append(Fraction(measured, counted) / others - 1)
    assert found.value == 0.9
    assert found.low == pytest.approx(float(min(errors)))
    assert found.high == pytest.approx(float(max(errors)))
    assert found.typical == pytest.approx(float(median(map(abs, errors))))
    assert found.of(200) == Figure(180, found.low, found.high)


def test_one_group_predicts_nothing():
    with pytest.raises(ValueError, match=r"at least 2 groups, got \['a'\]"):
        factor([1, 2], [1, 2], ["a", "a"])
