"""Results regrouped along K, against loops that say what each value is."""

import numpy as np
import pytest
from macsmith.golden.joins import Join
from macsmith.golden.streams import Beats

JOINS = [
    Join(vectors=2, given=4, beats=1, by_row=False, taken=4, every=0, bits=12),
    Join(vectors=3, given=4, beats=12, by_row=True, taken=8, every=4, bits=16),
    Join(vectors=2, given=6, beats=1, by_row=True, taken=4, every=3, bits=16),
    Join(vectors=1, given=8, beats=1, by_row=False, taken=2, every=0, bits=16),
]


@pytest.mark.parametrize("join", JOINS)
def test_every_value_arrives_where_it_belongs(join):
    times = 3
    matrix = np.arange(join.vectors * join.elements * times).reshape(join.vectors, -1)
    beats = []
    for start in range(0, matrix.shape[1], join.given):
        block = matrix[:, start : start + join.given]
        flat = block.T.reshape(-1) if join.by_row else block.reshape(-1)
        beats += np.split(flat, join.beats)
    last = np.zeros(len(beats), bool)
    last[join.arriving - 1], last[-1] = True, True
    found = join.joined(Beats((np.array(beats),), (None,), last))
    assert len(found) == times * join.leaving
    for number, values in enumerate(found.values[0]):
        wanted = matrix[:, number * join.taken : (number + 1) * join.taken]
        assert (values == wanted.reshape(-1)).all()
    ends = np.flatnonzero(found.last) + 1
    if join.every:
        assert ends.tolist() == list(range(join.every, len(found) + 1, join.every))
    else:
        assert ends.tolist() == [join.leaving, times * join.leaving]


def test_negative_integers_become_codes_and_a_rest_is_left_out():
    join = JOINS[0]
    found = join.joined(Beats((np.full((3, 8), -1),), (None,), np.zeros(3, bool)))
    assert (found.values[0] == 0xFFF).all() and len(found) == 3
    join = JOINS[1]
    assert len(join.joined(Beats((np.zeros((13, 1)),), (None,), np.zeros(13, bool)))) == 0


def test_what_is_kept_and_how_often():
    assert JOINS[0].direct and (JOINS[0].arriving, JOINS[0].leaving) == (1, 1)
    assert (JOINS[1].elements, JOINS[1].arriving, JOINS[1].leaving, JOINS[1].cycles) == (
        8,
        24,
        1,
        24,
    )
    assert (JOINS[2].elements, JOINS[2].arriving, JOINS[2].leaving) == (12, 2, 3)
