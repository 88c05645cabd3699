"""Results regrouped along K, against loops that say what each value is."""

import numpy as np
import pytest
from macsmith.golden.joins import Beside, Join
from macsmith.golden.streams import Beats, Field, Stream, nothing

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


@pytest.mark.parametrize("every", [0, 1, 3])
def test_the_scales_of_a_block_are_those_of_its_first_beat(every):
    """Block by block: ``every`` beats, or fewer up to a mark; 0: up to a mark."""
    last = np.array([0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0], bool)
    wanted, begins, number = [], True, 0
    for index, mark in enumerate(last.tolist()):
        if begins:
            wanted.append([2 * index, 2 * index + 1])
        number = 1 if begins else number + 1
        begins = mark or number == every
    beside = Beside("scale", "block", 1, 2, 8, every, 4)
    values = np.zeros((12, 4)), np.arange(24).reshape(12, 2)
    found = beside.joined(Beats(values, (None, None), last))
    assert found.tolist() == wanted


def test_a_field_from_a_join_stands_where_the_stream_has_it():
    fields = [Field(name, "scales", side, name, 1, 1, 8) for side, name in enumerate("abc")]
    whole = Stream("scale", False, "group", tuple(fields))
    a, b, c = (np.full((5, 1), n) for n in range(3))
    given = Beats((a, b, c), (None,) * 3, np.zeros(5, bool))
    rest = given.only(whole, ["a", "c"])
    assert [values[0, 0] for values in rest.values] == [0, 2]
    found = rest.beside(whole, "b", b[:3])
    assert len(found) == 3 and [values.tolist() for values in found.values] == [
        [[n]] * 3 for n in range(3)
    ]
    alone = Stream("scale", False, "group", (fields[1],))
    assert nothing(5).beside(alone, "b", b).values[0].tolist() == b.tolist()
