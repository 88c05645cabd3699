"""Integers on their way into a compiled engine and back."""

import numpy as np
import pytest
from macsmith.golden.streams import Field
from macsmith.sim import lanes


def field(bits, signed=False, flags=()):
    return Field("f", "value", None, "f", 1, 1, bits, signed, flags)


@pytest.mark.parametrize("bits", [1, 8, 31, 32, 33, 62, 63, 64, 65, 128])
@pytest.mark.parametrize("signed", [False, True])
def test_words_hold_integers_of_any_width(bits, signed):
    low, high = (-1 << (bits - 1), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    values = np.array([[low, high, 0], [high // 2, low // 3, high // 5]], object)
    held = field(bits, signed, ("nan", "positive", "negative"))
    words = lanes.to_words(values, bits)
    assert words.dtype == np.uint32 and words.shape == (2, 3, -(-bits // 32))
    got = lanes.from_words(held, words)
    assert got.dtype == (np.int64 if bits <= 62 else object)
    assert (got == values).all()
    assert (lanes.patterns(held, words) == lanes.pattern_of(held, values)).all()

    marked = lanes.to_words(values & ((1 << bits) - 1) | 5 << bits, bits + 3)
    assert (lanes.from_words(held, marked) == values).all()
    marks = lanes.flags_of(held, marked)
    assert (marks == 5).all()
    flags = lanes.flag_arrays(held, marks)
    assert [mark.all() for mark in flags.values()] == [True, False, True]
    assert not flags["positive"].any()


@pytest.mark.parametrize(
    "bits, kind", [(1, np.uint8), (8, np.uint8), (9, np.uint16), (17, np.uint32), (40, np.uint32)]
)
def test_codes_and_integers_travel_in_the_smallest_type(bits, kind):
    codes = np.array([[0, (1 << bits) - 1]], np.uint64)
    for values in (codes, codes.astype(np.int64), -codes.astype(np.int64)):
        found = lanes.carried(values, bits)
        assert found.dtype == kind and found.shape == ((1, 2, 2) if bits > 32 else (1, 2))
        words = found if bits > 32 else found[..., None]
        assert (lanes.patterns(field(bits), words) == lanes.pattern_of(field(bits), values)).all()
