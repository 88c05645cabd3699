"""Integers and matrices on their way into a compiled engine and back."""

import numpy as np
import pytest
from macsmith.hw.ports import Stream
from macsmith.sim import lanes


@pytest.mark.parametrize("bits", [1, 8, 31, 32, 33, 62, 63, 64, 65, 128])
@pytest.mark.parametrize("signed", [False, True])
def test_words_hold_integers_of_any_width(bits, signed):
    low, high = (-1 << (bits - 1), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    values = np.array([[low, high, 0], [high // 2, low // 3, high // 5]], object)
    stream = Stream("result", True, 1, 1, bits, ("nan", "positive", "negative"), signed=signed)
    words = lanes.to_words(values, bits)
    assert words.dtype == np.uint32 and words.shape == (2, 3, -(-bits // 32))
    got = lanes.from_words(stream, words)
    assert got.dtype == (np.int64 if bits <= 62 else object)
    assert (got == values).all()

    marked = lanes.to_words(values & ((1 << bits) - 1) | 5 << bits, bits + 3)
    assert (lanes.from_words(stream, marked) == values).all()
    flags = lanes.flags_of(stream, marked)
    assert [mark.all() for mark in flags.values()] == [True, False, True]
    assert not flags["positive"].any()


def test_blocks_come_together_again():
    matrix = np.arange(7 * 5).reshape(7, 5)
    parts = lanes.spread(matrix, 2, 3)
    assert parts.shape == (4 * 2, 6)
    assert (lanes.join(parts, 2, 3, 2)[:7, :5] == matrix).all()
