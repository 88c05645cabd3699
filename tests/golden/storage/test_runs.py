"""Blocks are read and written as their fields say, bit for bit, in few steps.

What a field says is in ``positions``: a model reads and writes one bit after the other.
"""

import numpy as np
import pytest
from macsmith.golden import storage
from macsmith.golden.storage import Field, Map, Mapped

BLOCKS = 7


def random_map(rng):
    """A field of any width, strides and order, in a block with spare bits; and perhaps another
    that gives the same items more bits."""
    width, more = int(rng.choice([1, 1, 2, 2, 3, 4, 4, 5, 7, 8, 9, 16])), int(rng.integers(0, 3))
    counts = [int(c) for c in rng.choice([1, 2, 3, 4, 5, 8, 16], rng.integers(0, 4))]
    strides, extent = [0] * len(counts), width
    for axis in rng.permutation(len(counts)):  # the axis that was placed last is the widest
        if rng.random() < 0.5:
            extent = -(-extent // 8) * 8
        strides[axis] = extent
        extent = extent * (counts[axis] - 1) + extent
    bit = start = int(rng.choice([0, 0, 1, 2, 4, 7, 8, 9]))
    for axis in range(len(counts)):
        if rng.random() < 0.2:
            bit += strides[axis] * (counts[axis] - 1)
            strides[axis] = -strides[axis]
    first, low = int(rng.integers(0, 3)), int(rng.choice([0, 0, 1, 2]))
    axes = tuple(zip(counts, strides, strict=True))
    places = [Field("a", bit, width, axes, first, low)]
    end = start + extent
    if more:
        places.append(Field("a", end, more, ((places[0].items, more),), first, low + width))
        end += more * places[0].items
    return Map(-(-end // 8) + int(rng.integers(0, 2)), tuple(places))


def bit_by_bit(map_, data):
    """The items of ``a`` in every block of ``data``."""
    bits = np.unpackbits(data, axis=1, bitorder="little").astype(np.int64)
    items = np.zeros((len(data), map_.arrays["a"][0]), np.int64)
    for place in map_.places:
        for number, positions in enumerate(place.positions):
            for weight, position in enumerate(positions):
                items[:, place.first + number] |= bits[:, position] << (place.low + weight)
    return items


#: Fields that are nearly regular: what is so for the first of their items is not for all.
ODD = [
    [Field("a", 0, 1, ((2, 4), (4, 1)))],  # the second four begin within the byte
    [Field("a", 0, 8, ((3, 9),))],  # whole bytes, but for the first not aligned
    [Field("a", 0, 16, ((3, 17),))],
    [Field("a", 1, 8, ((5, 8),))],  # each runs across two bytes
    [Field("a", 10, 2, ((2, -4),))],  # downwards, into the byte before
    [Field("a", 14, 2, ((4, -4),))],
    [Field("a", 4, 4, ((6, 4),))],  # the first byte has one
    [Field("a", 0, 2, ((6, 2),))],  # the last byte has two
    [Field("a", 0, 4, ((2, 4),)), Field("a", 8, 8, ((2, 8),), low=4)],  # parts of wider items
]


@pytest.mark.parametrize("places", ODD, ids=str)
def test_odd_fields_are_read_and_written_bit_by_bit(places, rng):
    check(rng, Map(1 + max(int(place.positions.max()) for place in places) // 8, tuple(places)))


@pytest.mark.parametrize("seed", range(300))
def test_any_field_is_read_and_written_bit_by_bit(seed):
    rng = np.random.default_rng(seed)
    check(rng, random_map(rng))


def check(rng, map_):
    data = rng.integers(0, 256, (BLOCKS, map_.size), np.uint8)
    found = map_.unpack(data)["a"]
    np.testing.assert_array_equal(found, bit_by_bit(map_, data))
    assert found.dtype == np.min_scalar_type((1 << map_.arrays["a"][1]) - 1)
    spare = np.frombuffer(map_.spare, np.uint8)
    np.testing.assert_array_equal(map_.pack({"a": found}), data & ~spare)


def test_items_without_bits_are_zero():
    """The first items of a field that begins later; bits that another map has are left alone."""
    map_ = Map(1, (Field("a", 2, 3, ((2, 3),), first=2, low=1),))
    assert map_.unpack(np.array([[0xFF]], np.uint8))["a"].tolist() == [[0, 0, 14, 14]]
    assert map_.pack({"a": np.array([[15, 15, 15, 1]])}).tolist() == [[7 << 2]]


def test_many_blocks_are_read_in_pieces():
    """More than are read at a time, with a last piece that is shorter."""
    map_ = storage.lookup("q4_0").parts[0].map
    data = np.random.default_rng(1).integers(0, 256, (40_000, map_.size), np.uint8)
    found = map_.unpack(data)
    assert (found["d"][:, 0] == data[:, 0] + 256 * data[:, 1].astype(int)).all()
    wanted = np.concatenate([data[:, 2:] & 15, data[:, 2:] >> 4], axis=1) ^ 8
    np.testing.assert_array_equal(found["code"], wanted)


#: Steps to read a block, of the schemes of which whole models are made.
STEPS = {"q8_0": 2, "q4_0": 3, "q4_1": 4, "q5_0": 4, "q4_k": 18, "q6_k": 14, "gptq4_g128": 1}


@pytest.mark.parametrize("name", STEPS)
def test_blocks_are_read_in_few_steps(name):
    """A step is a few calls of NumPy: this is what is fast about it, seen without a clock."""
    scheme = storage.lookup(name)
    assert isinstance(scheme, Mapped)
    assert len(scheme.parts[0].map.reading) <= STEPS[name]


@pytest.mark.parametrize("name", ["q8_0", "dense_uint8", "dense_fp16"])
def test_what_was_read_does_not_share_memory_with_the_data(name):
    scheme = storage.lookup(name)
    data = np.zeros(scheme.size((2, 32)), np.uint8)
    held = scheme.unpack(data, (2, 32))
    data[:] = 255
    assert not held.codes["code"].any()
