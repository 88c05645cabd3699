"""Records and packets: what beats are as bytes, written by hand and by the rule."""

import random

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.packets import Record, port, received, sent
from macsmith.golden.streams import Beats, Field, Stream

CODES = Stream("weight", False, "step", (Field("w", "codes", 0, "w", 2, 2, 5),))
SUMS = Stream(
    "result", True, "result",
    (Field("v", "value", None, "v", 1, 2, 11, signed=True, flags=("nan", "positive")),), last=True,
)  # fmt: skip
WIDE = Stream("sum", True, "reduction", (Field("v", "value", None, "v", 1, 1, 70, signed=True),))


def beats(stream, values, flags=None, last=None):
    last = np.zeros(len(values), bool) if last is None else np.array(last)
    marks = None if flags is None else np.array(flags)
    return Beats((np.array(values, object),), (marks,), last)


def test_codes_are_dense_from_the_low_bit():
    data = Record(CODES).bytes_of(beats(CODES, [[1, 2, 3, 31], [-1, 0, 0, 0]]))
    words = [1 | 2 << 5 | 3 << 10 | 31 << 15, 31]
    assert data.tobytes() == b"".join(word.to_bytes(3, "little") for word in words)


def test_results_take_whole_bytes_and_flags_follow_all_of_them():
    record = Record(SUMS)
    data = record.bytes_of(beats(SUMS, [[-3, 1000]], [[2, 1]]))
    assert record.size == 5
    assert data.tobytes() == np.array([-3, 1000], "<i2").tobytes() + bytes([2 | 1 << 2])


def test_wide_values_keep_their_sign():
    data = Record(WIDE).bytes_of(beats(WIDE, [[-(1 << 69)], [(1 << 69) - 1]]))
    wanted = [(v).to_bytes(9, "little", signed=True) for v in (-(1 << 69), (1 << 69) - 1)]
    assert data.tobytes() == b"".join(wanted)


@pytest.mark.parametrize("stream", [CODES, SUMS, WIDE], ids=lambda stream: stream.name)
def test_records_are_read_back(stream):
    rng = random.Random(stream.name)
    [field] = stream.fields
    low = -(1 << field.bits - 1) if field.signed else 0
    values = [[rng.randrange(low, low + (1 << field.bits)) for _ in range(field.count)]
              for _ in range(20)]  # fmt: skip
    flags = [[rng.randrange(4) for _ in range(field.count)] for _ in range(20)]
    last = [rng.random() < 0.3 for _ in range(20)]
    given = beats(stream, values, flags if field.flags else None, last)
    record = Record(stream)
    again = record.beats_of(record.bytes_of(given), given.last)
    assert again.values[0].tolist() == values and again.last.tolist() == last
    if field.flags:
        assert again.flags[0].tolist() == flags


def test_a_packet_is_all_its_bytes_and_only_its_last_beat_is_short():
    data = np.arange(1, 31, dtype=np.uint8).reshape(10, 3)
    ends = np.isin(np.arange(10), [0, 3, 9])
    found = sent(data, ends, 4)
    bytes_, keep = (values.tolist() for values in found.values)
    assert bytes_[:4] == [[1, 2, 3, 0], [4, 5, 6, 7], [8, 9, 10, 11], [12, 0, 0, 0]]
    assert keep[:4] == [[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]]
    assert found.last.tolist() == [True, False, False, True, *[False] * 4, True]
    again, marks = received(found, 3)
    assert again.tobytes() == data.tobytes()
    assert marks.tolist() == [n in (0, 3, 9) for n in range(10)]


def test_bytes_of_a_packet_that_has_not_ended_wait_for_more():
    data = np.arange(12, dtype=np.uint8).reshape(4, 3)
    found = sent(data, np.arange(4) == 1, 4)
    assert found.values[0].tolist() == [[0, 1, 2, 3], [4, 5, 0, 0], [6, 7, 8, 9]]
    assert found.last.tolist() == [False, True, False]
    assert len(sent(data[:1], np.array([False]), 4)) == 0


def test_a_packet_holds_whole_records():
    rows = np.arange(16, dtype=np.uint8).reshape(4, 4)
    keep = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]])
    last = np.array([0, 1, 0, 0], bool)
    found, ends = received(Beats((rows, keep), (None, None), last), 5)
    assert found.tolist() == [[0, 1, 2, 3, 4], [8, 9, 10, 11, 12]]
    assert ends.tolist() == [True, False]  # the second packet has not ended
    keep[1] = [1, 1, 0, 0]
    with pytest.raises(DesignError, match="holds whole beats of 5 bytes, got 6 bytes"):
        received(Beats((rows, keep), (None, None), last), 5)


def test_a_port_has_bytes_and_marks():
    stream = port(CODES, 8)
    assert [(field.name, field.data_bits) for field in stream.fields] == [
        ("bytes", 64),
        ("keep", 8),
    ]
    assert stream.last and not stream.output
