"""Rows of one's own: added, replaced, and nothing else touched."""

import shutil

import pytest
from macsmith.boards.estimates.rows import PACKAGED, read
from macsmith.boards.estimates.writing import COLUMNS, put
from macsmith.golden.errors import DesignError

CELLS = {"module": "a_int32", "variant": "x", "vivado_lut": "90", "tool": "Vivado 2022.2"} | {
    name: "100" for name in ("yosys_lut", "yosys_lut_packed", "sites", "yosys_ff",
                             "yosys_srl_bits", "vivado_ff")
}  # fmt: skip


def test_a_new_file_has_a_head_and_the_row(tmp_path):
    path = tmp_path / "mine.csv"
    assert put(path, CELLS) is False
    found = read(path)
    assert found.columns == COLUMNS and found.about[0].startswith("Counts of macsmith")
    assert found.rows[0].key == ("a_int32", "x") and found.rows[0].words["tool"] == "Vivado 2022.2"


def test_a_row_is_replaced_in_its_place(tmp_path):
    path = tmp_path / "mine.csv"
    for variant in "xyz":
        put(path, CELLS | {"variant": variant})
    before = path.read_text(encoding="utf-8").splitlines()
    assert put(path, CELLS | {"variant": "y", "vivado_lut": "77"}) is True
    after = path.read_text(encoding="utf-8").splitlines()
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [3]
    assert read(path).rows[1].values["vivado_lut"] == 77


def test_a_file_with_other_columns_keeps_them_and_all_its_lines(tmp_path):
    path = tmp_path / "rows.csv"
    shutil.copy(PACKAGED, path)
    path.chmod(0o644)
    before = path.read_text(encoding="utf-8").splitlines()
    assert put(path, CELLS) is False
    after = path.read_text(encoding="utf-8").splitlines()
    assert after[:-1] == before and after[-1] == "a_int32,x,100,100,100,90,100,100,100,,,,,"
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("content", ["", "something else\n", "a,b\n1,2\n"])
def test_what_is_no_such_file_stays_as_it_is(tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DesignError, match="other.csv:1: "):
        put(path, CELLS)
    assert path.read_text(encoding="utf-8") == content


def test_a_row_that_could_not_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "mine.csv"
    put(path, CELLS)
    before = path.read_bytes()
    with pytest.raises(DesignError, match="mine.csv:2: vivado_lut must be a number"):
        put(path, CELLS | {"vivado_lut": "many"})
    assert path.read_bytes() == before
