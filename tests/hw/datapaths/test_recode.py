"""Codes as signed sums of powers of two: the sums, by the controls that hardware computes."""

from itertools import product

import pytest
from macsmith.golden import lookup
from macsmith.golden.formats import names
from macsmith.hw.datapaths.recode import MAX_SHIFTS, control, recode
from macsmith.hw.datapaths.select import ByCode, Select

FORMATS = [fmt for name in names() if (fmt := lookup(name)).bits and Select.recoding(fmt)]


def bit(item, code):
    return item.table[sum((code >> position & 1) << n for n, position in enumerate(item.positions))]


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda fmt: fmt.name)
def test_the_controls_of_a_code_make_its_value(fmt):
    """±1 times the shifted operand where it is not zero; negative rows invert and carry."""
    for code in fmt.legal.tolist():
        total = 0
        for pick in ByCode(fmt).picks:
            shift = pick.shifts[
                min(sum(bit(c, code) << n for n, c in enumerate(pick.chosen)), len(pick.shifts) - 1)
            ]
            row = bit(pick.nonzero, code) << shift
            total += -row if bit(pick.negative, code) else row
        assert total == int(fmt.integers([code])[0])


@pytest.mark.parametrize(
    "name, shifts, cost",
    [
        ("binary", [(0,)], 0),
        ("ternary", [(0,)], 0),
        ("denseshift2", [(0, 1)], 0),
        ("denseshift3", [(0, 1), (2, 3)], 0),
        ("e2m1", [(0, 2), (1, 3)], 3),
    ],
)
def test_known_recodings(name, shifts, cost):
    """Ternary's unused code spares a gate, E2M1 needs two rows and three LUTs."""
    picks = ByCode(lookup(name)).picks
    assert [pick.shifts for pick in picks] == shifts
    assert sum(pick.cost for pick in picks) == cost


def test_no_row_has_too_many_shifts():
    for fmt in FORMATS:
        assert all(len(pick.shifts) <= MAX_SHIFTS for pick in ByCode(fmt).picks)


def test_what_takes_more_than_three_rows_is_not_recoded():
    assert recode((0, 15), 8) is None
    assert recode((0, 11), 8) is not None
    assert recode((0, 0), 8) is None


def test_a_control_reads_as_few_bits_as_may_be():
    """Any function of three bits with any bits left free, against all smaller sets of bits."""
    for wanted in product((0, 1, None), repeat=8):
        found = control(wanted)
        assert all(w in (None, bit(found, code)) for code, w in enumerate(wanted))
        if len(found.positions) == 1:
            assert {0, 1} <= set(wanted)
        if len(found.positions) == 2:
            for position in range(3):
                halves = [
                    {w for c, w in enumerate(wanted) if c >> position & 1 == v} for v in (0, 1)
                ]
                assert any({0, 1} <= half for half in halves)
