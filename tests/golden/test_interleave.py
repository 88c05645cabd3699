"""Scales in front of codes: units written by hand, and read back."""

import numpy as np
import pytest
from macsmith.golden.interleave import carriers, whole
from macsmith.golden.streams import Beats, Field, Stream

CODES = Stream("weight", False, "step", (Field("w", "codes", 0, "w", 2, 2, 8),))
OTHERS = Stream("activation", False, "step", (Field("a", "codes", 1, "a", 1, 2, 8),), last=True)
SCALES = Stream(
    "scale", False, "group",
    (Field("ws", "scales", 0, "s", 2, 1, 8), Field("as", "scales", 1, "s", 1, 1, 16)),
)  # fmt: skip
LATE = Stream(
    "end_scale", False, "reduction",
    (Field("wt", "scales", 0, "t", 1, 1, 8), Field("bias", "bias", None, "bias", 2, 1, 16)),
)  # fmt: skip
RESULT = Stream("result", True, "result", (Field("v", "value", None, "v", 1, 1, 16),), last=True)


def beats(rows, last=None):
    rows = np.array(rows)
    return Beats((rows,), (None,), np.zeros(len(rows), bool) if last is None else np.array(last))


def codes(count, wide, first=0):
    return np.arange(first, first + count * wide).reshape(count, wide) % 256


def test_scales_of_a_group_fill_a_unit_and_its_codes_follow():
    """Groups of 8 steps: half of a unit is left over, little beside the codes."""
    weight, _ = carriers((CODES, OTHERS, SCALES, RESULT), 8)
    assert (weight.size, weight.groups, weight.often_units, weight.by_reduction) == (4, 1, 1, False)
    given = {"weight": beats(codes(16, 4)), "scale": beats([[201, 202], [203, 204]])}
    units, ends = weight.joined(given, np.arange(16) == 15)
    rows = codes(16, 4).tolist()
    assert units.tolist() == [[201, 202, 0, 0], *rows[:8], [203, 204, 0, 0], *rows[8:]]
    assert np.flatnonzero(ends).tolist() == [17]
    assert weight.pace() == 9 / 8


def test_scales_of_short_groups_are_gathered():
    """Groups of 2 steps: a unit holds the scales of two groups; the last frame has but one."""
    weight, _ = carriers((CODES, OTHERS, SCALES, RESULT), 2)
    assert (weight.groups, weight.often_units) == (2, 1)
    given = {"weight": beats(codes(6, 4)), "scale": beats([[1, 2], [3, 4], [5, 6]])}
    units, ends = weight.joined(given, np.arange(6) == 5)
    rows = codes(6, 4).tolist()
    assert units.tolist() == [[1, 2, 3, 4], *rows[:4], [5, 6, 0, 0], *rows[4:]]
    packets, marks = weight.joined(given, np.array([0, 1, 0, 0, 0, 1], bool))
    assert packets.tolist() == [[1, 2, 0, 0], *rows[:2], [3, 4, 5, 6], *rows[2:]]
    assert np.flatnonzero(marks).tolist() == [2, 7]


def test_what_is_used_once_a_reduction_stands_in_front_of_it():
    weight, activation = carriers((CODES, OTHERS, SCALES, LATE, RESULT), 8)
    assert [item.name for item in weight.once] == ["end_scale"]
    assert weight.by_reduction and weight.once_units == 2
    late = Beats((np.array([[7], [8]]), np.array([[0x201, 0x403], [0x605, 0x807]])), (None, None),
                 np.zeros(2, bool))  # fmt: skip
    given = {"weight": beats(codes(16, 4)), "scale": beats([[1, 2], [3, 4]]), "end_scale": late}
    units, ends = weight.joined(given, np.arange(16) % 8 == 7)
    assert units[:3].tolist() == [[7, 1, 2, 3], [4, 0, 0, 0], [1, 2, 0, 0]]
    assert units[11:14].tolist() == [[8, 5, 6, 7], [8, 0, 0, 0], [3, 4, 0, 0]]
    assert np.flatnonzero(ends).tolist() == [10, 21]
    assert [field.name for field in activation.riders[0].fields] == ["as"]


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
@pytest.mark.parametrize("late", [(), (LATE,)], ids=["groups", "reductions"])
def test_all_is_read_back(steps, late):
    rng = np.random.default_rng(steps)
    lengths = steps * rng.integers(1, 6, 7)
    count, ends = int(lengths.sum()), np.zeros(int(lengths.sum()), bool)
    ends[np.cumsum(lengths) - 1] = True
    for carrier in carriers((CODES, OTHERS, SCALES, *late, RESULT), steps):
        sizes = {carrier.stream: count}
        sizes |= {item: count // steps if item.per == "group" else 7 for item in carrier.riders}
        given = {
            item.name: Beats(
                tuple(rng.integers(0, 1 << f.bits, (rows, f.count)) for f in item.fields),
                (None,) * len(item.fields),
                ends if item is carrier.stream else np.zeros(rows, bool),
            )
            for item, rows in sizes.items()
        }
        found = carrier.parted(*carrier.joined(given, ends))
        for name, wanted in given.items():
            for one, other in zip(found[name].values, wanted.values, strict=True):
                assert np.array_equal(one, other)
        assert np.array_equal(found[carrier.stream.name].last, ends & carrier.stream.last)


def test_a_packet_that_ends_before_its_codes_has_nothing():
    weight, _ = carriers((CODES, OTHERS, SCALES, RESULT), 2)
    units = np.arange(16, dtype=np.uint8).reshape(4, 4)
    found = weight.parted(units, np.array([True, False, False, True]))
    assert found["weight"].values[0].tolist() == units[2:].tolist()
    assert found["scale"].values[0].tolist() == [[4, 5]]


def test_sides_become_one_stream_again():
    parts = carriers((CODES, OTHERS, SCALES, RESULT), 2)
    sides = [(item.often, beats([[n, n + 1][: item.often.fields[0].count]] * (2 + n)))
             for n, item in enumerate(parts)]  # fmt: skip
    found = whole(SCALES, sides)
    assert [values.tolist() for values in found.values] == [[[0, 1]] * 2, [[1]] * 2]
