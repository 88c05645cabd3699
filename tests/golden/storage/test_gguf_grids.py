"""GGUF's grid types: their tables against gguf-py's, and what a file of them cannot hold.

That whole blocks decode as in gguf-py is in test_gguf.py.
"""

import numpy as np
import pytest
from gguf import quants
from macsmith.golden import DesignError, lookup, quantize, storage
from macsmith.golden.storage import Field, Map, Sums, Table, grids
from macsmith.golden.storage.gguf_grids import GRIDS

#: The class of gguf-py, our grid, what its levels mean, and gguf-py's unit in ours.
TABLES = [
    (quants.IQ1_S, grids.IQ1, "iq1", 1),
    (quants.IQ1_M, grids.IQ1, "iq1", 1),
    (quants.IQ2_XXS, grids.IQ2_XXS, "iq2", 8),
    (quants.IQ2_XS, grids.IQ2_XS, "iq2", 8),
    (quants.IQ2_S, grids.IQ2_S, "iq2", 8),
    (quants.IQ3_XXS, grids.IQ3_XXS, "iq3_xxs", 4),
    (quants.IQ3_S, grids.IQ3_S, "iq3_s", 1),
]
NAMES = [scheme.name for scheme in GRIDS]
EVEN = ["iq2_xxs", "iq2_xs", "iq3_xxs"]  # seven bits for eight signs


@pytest.mark.parametrize(("his", "mine", "element", "unit"), TABLES, ids=lambda v: str(v)[-16:])
def test_every_entry_is_as_in_gguf(his, mine, element, unit):
    his.init_grid()
    levels = np.array([list(entry) for entry in mine], np.uint8)
    values = lookup(element).decode(levels) - (0.125 if element == "iq1" else 0)
    np.testing.assert_array_equal(values * unit, his.grid.reshape(his.grid_shape))


def test_signs_are_as_in_gguf():
    bits = np.array([list(entry) for entry in grids.EVEN], np.uint8)
    assert np.packbits(bits, axis=1, bitorder="little").tobytes() == quants.IQ2_XXS.ksigns
    assert not (bits.sum(axis=1) % 2).any()


def held(name, rng, rows=2):
    """A matrix of two blocks a row, from random bytes."""
    scheme, shape = storage.lookup(name), (rows, 512)
    return scheme.unpack(rng.integers(0, 256, scheme.size(shape), np.uint8), shape)


@pytest.mark.parametrize("name", NAMES)
def test_levels_off_the_grid_are_refused(name, rng):
    """The second row's second block is the fourth; elements are counted from its start."""
    given, each, levels = held(name, rng), *((4, 8) if name.startswith("iq3") else (8, 3))
    places = storage.lookup(name).parts[0].map.places
    grid = next(set(place.entries) for place in places if isinstance(place, Table))
    off = next(entry for entry in np.ndindex((levels,) * each) if bytes(entry) not in grid)
    start = 256 + 5 * each
    given.codes["code"][1, start : start + each] = off
    with pytest.raises(DesignError) as error:
        storage.pack(name, given)
    assert str(error.value) == (
        f"{name}: block 3: code {5 * each}…{6 * each - 1} are not {each} levels of the grid, "
        f"got {', '.join(map(str, off))}"
    )


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("iq3")])
def test_the_spare_level_is_refused(name, rng):
    """Of two bits three levels are used; of IQ3's three bits all eight."""
    given = held(name, rng)
    given.codes["code"][0, 3] |= 3
    with pytest.raises(
        DesignError, match=f"{name}: block 0: code 0…7 are not 8 levels of the grid"
    ):
        storage.pack(name, given)


@pytest.mark.parametrize("name", EVEN)
def test_an_odd_number_of_signs_is_refused(name, rng):
    given, sign = held(name, rng), 8 if name == "iq3_xxs" else 4
    given.codes["code"][1, 200] ^= sign
    with pytest.raises(
        DesignError, match=f"{name}: block 2: code 200…207 are not eight with an even number"
    ):
        storage.pack(name, given)


@pytest.mark.parametrize("name", ["iq2_s", "iq3_s"])
def test_any_signs_are_held(name, rng):
    given, sign = held(name, rng), 8 if name == "iq3_s" else 4
    given.codes["code"][1, 200] ^= sign
    again = storage.unpack(name, storage.pack(name, given), given.shape)
    np.testing.assert_array_equal(again.codes["code"], given.codes["code"])


def test_what_quantize_gives_has_no_place_in_a_file(rng):
    """Codes next to the values, one by one; a search for grid entries is the file's writer's."""
    scheme = storage.lookup("iq3_s")
    given = quantize(rng.normal(size=(1, 256)), scheme.operand)
    with pytest.raises(DesignError, match="are not 4 levels of the grid"):
        scheme.pack(given)


@pytest.mark.parametrize("name", ["iq1_s", "iq1_m"])
def test_a_selection_shifts_its_elements(name, rng):
    """By a quarter: from an eighth above the grid's to an eighth below."""
    given = held(name, rng)
    span = given.operand.select.span.columns
    before = given.elements(0)
    given.select[1, 2] ^= 1
    moved = given.elements(0) - before
    wanted = np.zeros(given.shape)
    wanted[1, 2 * span : 3 * span] = -0.25 if given.select[1, 2] else 0.25
    np.testing.assert_array_equal(moved, wanted)


def test_tables_are_checked():
    index = (Field("index", 0, 1),)
    for entries in ((b"\0",), (b"\0", b"\0"), (b"\0", b"\1", b"\2")):
        with pytest.raises(DesignError, match="indices of 1 bits need 2 different entries: pairs"):
            Table("code", index, entries, 2, "pairs")
    for entries in ((b"\0", b"\4"), (b"\0", b"\1\1")):
        with pytest.raises(DesignError, match="entries have one length and items of 2 bits: pairs"):
            Table("code", index, entries, 2, "pairs")


def test_a_table_beside_fields():
    """Two indices apart, the low bits of their items elsewhere."""
    table = Table("a", (Field("index", 0, 1, ((2, 6),)),), (b"\1\0", b"\2\3"), 2, "pairs", low=1)
    map_ = Map(1, (Field("a", 1, 1, ((4, 1),)), table))
    data = np.array([[0b01001010], [0b00110101]], np.uint8)
    wanted = [[2 + 1, 0 + 0, 4 + 1, 6 + 0], [4 + 0, 6 + 1, 2 + 0, 0 + 1]]
    assert map_.unpack(data)["a"].tolist() == wanted
    assert (map_.pack({"a": np.array(wanted)}) == data & 0b01011111).all()


def test_q8_k_writes_its_sums_and_does_not_read_them(rng):
    scheme = storage.lookup("q8_k")
    codes = rng.integers(0, 256, (1, 256), np.uint8)
    codes[0, :16], codes[0, 16:32] = 0x80, 0x7F  # the least and the greatest sum
    block = np.concatenate([np.zeros(4, np.uint8), codes[0], np.zeros(32, np.uint8)])
    given = scheme.unpack(block, (1, 256))
    np.testing.assert_array_equal(given.codes["code"], codes)
    sums = np.frombuffer(scheme.pack(given), "<i2")[-16:]
    np.testing.assert_array_equal(sums, codes.view(np.int8).reshape(16, 16).sum(1))
    assert sums[:2].tolist() == [-2048, 2032]
    assert Sums("code", 260, 16, 16).positions.size == 256


def test_two_bits_have_four_levels():
    """-1, 0, 1 and 2, the lowest bits first; one bit has two."""
    two = np.array([0x00, 0x40, *[0b11100100] * 16], np.uint8)
    assert (storage.unpack("q2_0", two, (1, 64)).dequantize() == [[-2, 0, 2, 4] * 16]).all()
    one = np.array([0x00, 0x40, *[0b00000010] * 16], np.uint8)
    assert (storage.unpack("q1_0", one, (1, 128)).dequantize() == [[-2, 2, *[-2] * 6] * 16]).all()
