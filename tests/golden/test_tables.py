"""A user's own table of entries, from an array, a .npy file, TOML."""

import numpy as np
import pytest
from macsmith.golden.description.serialize import from_toml
from macsmith.golden.formats.files import code_book

from macsmith import DesignError, design, load, lookup, quantize, to_toml

LEVELS = [-1, -0.5, -0.25, 0, 0.125, 0.25, 0.5, 1]

TOML = """
name = "mine"
[[modes]]
[[modes.weight.planes]]
element = { file = "levels.npy"%s }
[[modes.activation.planes]]
element = "int8"
"""


@pytest.fixture
def saved(tmp_path):
    """entries -> the .npy file that holds them."""

    def save(entries, name="levels.npy"):
        np.save(tmp_path / name, np.asarray(entries))
        return tmp_path / name

    return save


def test_entries_are_kept_exactly_with_the_fewest_bits():
    fmt = code_book("mine", LEVELS)
    assert (fmt.bits, fmt.lsb, fmt.low, fmt.high) == (3, -3, -8, 8)
    assert fmt.decode(np.arange(8)).tolist() == LEVELS


@pytest.mark.parametrize("fraction", [2, 8, 15])
def test_entries_round_to_the_fraction_asked_for(fraction):
    entries = np.random.default_rng(1).normal(size=16)
    found = code_book("mine", entries, fraction).decode(np.arange(16))
    assert found.tolist() == [round(e * 2**fraction) / 2**fraction for e in entries]


def test_several_tables_are_selected_at_run_time():
    fmt = code_book("mine", [[-1, -0.5, 0, 1], [1, 2, 3, 4]])
    assert (fmt.bits, fmt.select_width) == (2, 1)
    assert fmt.decode([0, 3], [0, 1]).tolist() == [-1, 4]


def test_a_file_names_an_engine_as_an_element_format_does(saved):
    arithmetic = design(str(saved(LEVELS))).arithmetic
    assert arithmetic.weight.planes[0].element == code_book("levels", LEVELS)
    assert arithmetic.activation.planes[0].element.name == "int8"


def test_toml_names_a_file_beside_it_and_keeps_its_entries(saved):
    path = saved(LEVELS).parent / "mine.toml"
    path.write_text(TOML % "")
    engine = load(path)
    assert engine.arithmetic.weight.planes[0].element == code_book("levels", LEVELS)
    assert from_toml(to_toml(engine)) == engine, "the text is whole without the file"
    saved(np.array(LEVELS) / 3)
    path.write_text(TOML % ", fraction = 6")
    assert load(path).arithmetic.weight.planes[0].element.lsb == -6


@pytest.mark.parametrize(
    "entries, message",
    [
        (np.array(LEVELS) / 3, r"fraction = 8.*; 8 would change them by up to 0\.00"),
        ([1, 2, 3], "power of two of entries"),
        ([[1, 2], [3, 4], [5, 6]], "power of two of tables"),
        ([1, np.inf], "must be finite"),
        ([1, 2.0**24], r"below 2\*\*24"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.zeros(0), "got shape"),
        (np.array(3.0), r"at least two codes .* got shape \(\)"),
        ([7], "at least two codes"),
        (np.array(["a", "b"]), "real numbers, got <U1"),
        (np.array([1j, 2]), "real numbers, got complex128"),
    ],
)
def test_what_is_no_table(saved, entries, message):
    with pytest.raises(DesignError, match=message) as error:
        design(str(saved(entries)))
    assert "\n" not in str(error.value)


def test_what_is_no_file(saved, tmp_path):
    with pytest.raises(DesignError, match=r"cannot read .*none\.npy: No such file"):
        design(str(tmp_path / "none.npy"))
    (tmp_path / "text.npy").write_text("1 2 3")
    with pytest.raises(DesignError, match=r"text\.npy: not a \.npy file of numbers"):
        design(str(tmp_path / "text.npy"))
    (tmp_path / "empty.npy").write_bytes(b"")
    with pytest.raises(DesignError, match=r"empty\.npy: not a \.npy file of numbers"):
        design(str(tmp_path / "empty.npy"))
    np.savez(tmp_path / "two.npz", LEVELS, LEVELS)
    (tmp_path / "two.npz").rename(tmp_path / "two.npy")
    with pytest.raises(DesignError, match="an archive of arrays"):
        design(str(tmp_path / "two.npy"))
    saved(LEVELS)
    for line, message in (
        (", rows = 2", "key beside file"),
        (', fraction = "8"', "fraction an integer"),
        (", fraction = 99", "fraction must lie in 0…24, got 99"),
    ):
        with pytest.raises(DesignError, match=message):
            from_toml(TOML % line, folder=tmp_path)


#: The 4-bit NormalFloat as bitsandbytes prints it (functional.py, get_4bit_type).
NF4 = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
    -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
    0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
]  # fmt: skip


@pytest.mark.parametrize(
    "name, bits, others", [("nf4", 16, ("nf4_16", "NF4")), ("nf4_short", 8, ("nf4_8",))]
)
def test_normal_float_is_the_published_table(name, bits, others):
    """Times 1 - 2**(1 - bits), which the scale takes up, to half a last place of ``bits`` bits."""
    fmt, factor = lookup(name), 1 - 2.0 ** (1 - bits)
    found = fmt.decode(np.arange(16))
    assert np.abs(found - factor * np.array(NF4)).max() <= 2.0**-bits
    assert (max(found), fmt.lsb, fmt.significand_width) == (factor, 1 - bits, bits - 1)
    assert all(lookup(other) is fmt for other in others)
    weight = design(name).arithmetic.weight
    (plane,) = weight.planes
    assert plane.element == fmt and [str(level.span) for level in plane.scales] == ["group 64"]


def test_nf4_blocks_are_those_of_the_published_table():
    """absmax, then the nearest entry: within 16 bits of the block's greatest magnitude."""
    x = np.random.default_rng(4).normal(size=(8, 256))
    largest = np.abs(x).reshape(8, 4, 64).max(axis=2).repeat(64, axis=1)
    nearest = np.abs(x[..., None] / largest[..., None] - NF4).argmin(axis=2)
    found = quantize(x, design("nf4").arithmetic.weight).dequantize()
    assert (np.abs(found - np.array(NF4)[nearest] * largest) / largest).max() < 2.0**-15
    short = quantize(x, design("nf4_short").arithmetic.weight).dequantize()
    assert (np.abs(short - np.array(NF4)[nearest] * largest) / largest).max() > 2.0**-9
