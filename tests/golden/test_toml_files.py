"""TOML within bounds: what Python's reader takes, or fails on, and no file of ours may hold."""

import pytest
from macsmith.golden.description.serialize import from_toml
from macsmith.golden.errors import DesignError
from macsmith.golden.toml_files import MOST_BYTES, MOST_LEVELS, parse, text_of

FAULTS = [
    ("a =", "mine: not valid TOML: "),
    (f"a = {'1' * 5000}", "mine: not valid TOML: an integer has more than 64 bits"),
    (f"a = 0x{'f' * 5000}", "mine: not valid TOML: an integer has more than 64 bits"),
    (f"a = [{{ b = {1 << 63} }}]", "mine: not valid TOML: an integer has more than 64 bits"),
    (f"a = {'[' * 3000}{']' * 3000}", "mine: lists or tables are nested too deep"),
    (f"{'a.' * 3000}b = 1", "mine: lists or tables are nested too deep"),
    (f"a = {'[' * MOST_LEVELS}{']' * MOST_LEVELS}", "mine: lists or tables are nested too deep"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_what_is_refused(text, message):
    with pytest.raises(DesignError, match=message) as error:
        parse(text, "mine")
    assert len(str(error.value)) < 200


def test_the_largest_that_is_taken():
    deep = MOST_LEVELS - 2
    text = f"a = {'[' * deep}{']' * deep}\nb = {(1 << 63) - 1}\nc = {-(1 << 63)}"
    assert parse(text, "mine")["b"] == (1 << 63) - 1


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_mark_of_the_encoding_is_no_text(tmp_path, mark):
    (tmp_path / "a.toml").write_bytes(mark + "name = 'é'".encode())
    assert parse(text_of(tmp_path / "a.toml"), "a") == {"name": "é"}


@pytest.mark.parametrize("coding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings_are_told(tmp_path, coding):
    (tmp_path / "a.toml").write_bytes("name = 'é'".encode(coding))
    with pytest.raises(DesignError, match="a.toml: not a text file in UTF-8"):
        text_of(tmp_path / "a.toml")


def test_a_large_file_is_not_read(tmp_path):
    """It has no blocks on the disk, and would fill the memory."""
    with (tmp_path / "a.toml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DesignError, match=f"{1 << 40} bytes, {MOST_BYTES} are the most"):
        text_of(tmp_path / "a.toml")
    with pytest.raises(DesignError, match="cannot read .*: it is a folder"):
        text_of(tmp_path, "the board ")
    with pytest.raises(DesignError, match="cannot read the board .*none.toml: No such file"):
        text_of(tmp_path / "none.toml", "the board ")


PAIRS = """
name = "pairs"
{build}
[[modes]]
output.format = "fp32"
[[modes.weight.planes]]
element = "int4"
scales = [{{ format = "fp16", span = "group 2" }}]
[[modes.activation.planes]]
element = "int4"
"""


def test_lanes_that_a_file_leaves_out_fit_its_groups():
    """The default of four does not divide groups of two; lanes given later come after reading."""
    assert from_toml(PAIRS.format(build="")).build.lanes == 2
    assert from_toml(PAIRS.format(build="build.lanes = 1")).build.lanes == 1
    with pytest.raises(DesignError, match="lanes must divide the group of 2, got 4"):
        from_toml(PAIRS.format(build="build.lanes = 4"))
