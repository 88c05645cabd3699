"""What requantizers are tried with: products next to ties, all multipliers, all results."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.units import Requantize, requantize_trials

from macsmith import lookup


def requantizer(**given):
    names = ("sums", "multiplier", "shift", "bias", "result")
    formats = {key: value and lookup(value) for key, value in given.items() if key in names}
    return Requantize(name="r", **{"group": 8, "lanes": 2, "rows": 3, **given, **formats})


def of_kind(unit, kind, count=60, seed=0):
    """Sums and, beside each, what its group holds, as integers or floats, of trials of a kind."""
    index, rng = requantize_trials._KINDS.index(kind), np.random.default_rng(seed)
    for n in range(count):
        trial = requantize_trials.drawn(unit, n, index, rng)
        x = trial["sums"]
        ends = unit.ends(x.last)
        group = np.cumsum(ends) - ends
        whole = group < len(trial["scale"])
        sums = unit.sums.decode(x.values[0])[whole].reshape(-1, unit.rows, unit.lanes)
        held = {
            name: fmt.decode(values)[group[whole]]
            for (name, fmt), values in zip(unit.held.items(), trial["scale"].values, strict=True)
        }
        first = np.unique(group[whole], return_index=True)[1]
        yield sums, held, first


@pytest.mark.parametrize(
    "given",
    [
        {"multiplier": "int32", "distance": 31},
        {"multiplier": "int16", "shift": "uint5", "distance": 0, "bias": "int16"},
        {"multiplier": "uint16", "shift": "uint6", "distance": 3, "zero": 5, "shared": True},
    ],
)
def test_integer_products_stand_next_to_ties(given):
    unit, near, all = requantizer(rule="dyadic", **given), 0, 0
    for sums, held, first in of_kind(unit, "ties"):
        for beat in first:
            for row in range(unit.rows):
                holder = row if unit.holders == unit.rows else 0
                bias = held["bias"][beat, holder] if "bias" in held else 0
                shift = held["shift"][beat, holder] if "shift" in held else 0
                value = int(sums[beat, row, 0] + bias)
                factor, distance = int(held["multiplier"][beat, holder]), int(unit.distance + shift)
                if distance < 1 or unit.holders < unit.rows and row:
                    continue
                tie = 1 << (distance - 1)
                rest = abs(abs(value * factor) % (2 * tie) - tie)
                near, all = near + (rest <= abs(value) / 2), all + 1
    # By chance one in hundreds does; none can where sums are too long or no multiplier fits.
    assert all > 100 and near / all > (0.5 if unit.holders < unit.rows else 0.7)


def test_products_with_float_multipliers_stand_next_to_ties_of_integers():
    unit, near, all = requantizer(rule="qlinear", multiplier="fp32", result="int8"), 0, 0
    for sums, held, first in of_kind(unit, "ties"):
        value = np.abs(sums[first][:, :, 0] * held["multiplier"][first])
        rest = np.abs(value % 1 - 0.5)
        near, all = near + (rest <= value * 2.0**-23).sum(), all + value.size
    assert near / all > 0.9


def test_products_with_float_multipliers_stand_next_to_ties_of_floats():
    unit = requantizer(rule="scale", multiplier="fp32", result="bf16")
    near = all = 0
    for sums, held, first in of_kind(unit, "ties"):
        value = np.abs(sums[first][:, :, 0] * held["multiplier"][first])
        mantissa = np.frexp(value)[0] * 2.0**8  # 128 … 256, in units of the last place
        near, all = near + (np.abs(mantissa % 1 - 0.5) <= 2.0**-14).sum(), all + value.size
    assert near / all > 0.9


def test_kinds_of_integer_multipliers():
    unit = requantizer(rule="dyadic", multiplier="int32")
    held = {
        kind: np.concatenate([h["multiplier"].ravel() for _, h, _ in of_kind(unit, kind, 40)])
        for kind in ("usual", "power", "special", "any")
    }
    assert held["usual"].min() >= 2**30 and held["usual"].max() < 2**31
    assert np.ptp(held["usual"]) > 2**29
    assert {*np.log2(held["power"])} == set(range(31))
    assert {*held["special"]} == {-(2**31), -1, 0, 1, 2**31 - 1}
    assert held["any"].min() < -(2**30) and held["any"].max() > 2**30


def test_results_lie_between_the_ends_and_beyond_both():
    unit = requantizer(rule="dyadic", multiplier="int32", zero=3, clamp=(-20, 100))
    drawn = unit.trials(70, np.random.default_rng(5))
    y = np.concatenate([unit.answer(trial)["result"].values[0].ravel() for trial in drawn])
    inner = y[(y > -20) & (y < 100)]
    assert set(range(-19, 100)) <= set(inner) and 0.3 < len(inner) / len(y) < 0.95
    assert (y == -20).any() and (y == 100).any()


def test_sums_of_usual_multipliers_meet_ties_and_quarters():
    unit = requantizer(rule="dyadic", multiplier="int32", shift="uint4", group=2)
    rests = set()
    for sums, held, _ in of_kind(unit, "power", 60):
        for row in range(unit.rows):
            exact = (
                Fraction(int(x)) * int(m) / 2 ** int(31 + s)
                for x, m, s in zip(
                    sums[:, row, 0], held["multiplier"][:, row], held["shift"][:, row], strict=True
                )
            )
            rests |= {y % 1 for y in exact}
    assert {Fraction(0), Fraction(1, 2), Fraction(1, 4)} <= rests
