"""Charts: round ticks, labels that keep apart, a picture that stands alone."""

from math import log10
from xml.etree import ElementTree

import numpy as np
import pytest
from macsmith.studies.figure import Figure, number, style, ticks

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("seed", range(20))
def test_ticks_are_round_and_cover_what_is_shown(seed):
    rng = np.random.default_rng(seed)
    low, high = sorted(rng.normal(size=2) * 10.0 ** rng.integers(-3, 7))
    found = ticks(low, high)
    step = found[1] - found[0]
    assert found[0] <= low + 1e-6 * step and found[-1] >= high - 1e-6 * step
    assert np.allclose(np.diff(found), step) and 2 <= len(found) <= 13
    assert round(step / 10 ** np.floor(log10(step * 1.0001)), 6) in (1, 2, 5)


def test_ticks_of_nothing_and_of_one_value():
    assert ticks(0, 0)[-1] > 0 and ticks(3, 3)[0] <= 3 <= ticks(3, 3)[-1]
    assert [number(n) for n in (0.0, 2000.0, 0.25)] == ["0", "2,000", "0.25"]


def boxes(figure):
    """Labels and marks as rectangles."""
    return figure._taken


def test_labels_cover_neither_each_other_nor_marks():
    """Two rows of marks so close that no side is free for all."""
    figure = Figure("marks", 720, 400)
    figure.axes([0, 100], [0, 10], "x", "y")
    places = [(10 + 22 * n, 5 + 0.3 * (n % 2)) for n in range(4)]
    for x, y in places:
        figure.mark(x, y, "f0", "told")
    for x, y in places:
        figure.label(x, y, "a longer name")
    found = boxes(figure)
    for n, (a0, b0, a1, b1) in enumerate(found):
        for c0, d0, c1, d1 in found[n + 1 :]:
            assert min(a1, c1) <= max(a0, c0) or min(b1, d1) <= max(b0, d0)


def test_a_file_has_its_own_style_and_a_page_gives_one():
    figure = Figure("<marks> & more")
    figure.axes([0, 1], [0, 1], "x", "y < z")
    figure.mark(0.5, 0.5, "f1 s1 open", "a & b", square=True)
    for alone in (True, False):
        root = ElementTree.fromstring(figure.svg(alone))
        assert root.find(f"{NAMESPACE}title").text == "<marks> & more"
        assert (root.find(f"{NAMESPACE}style") is not None) == alone
    assert "prefers-color-scheme: dark" in style()
    assert all(line.startswith(".chart ") for line in style(".chart").splitlines()
               if line[0] in " .")  # fmt: skip
