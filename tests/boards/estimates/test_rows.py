"""The data of the estimates, and files of rows with something wrong."""

import re

import pytest
from macsmith.boards.estimates.rows import COUNTS, packaged, parse
from macsmith.golden.errors import DesignError

HEAD = (
    "module,variant,yosys_lut,yosys_lut_packed,sites,vivado_lut,yosys_ff,yosys_srl_bits,vivado_ff"
)


def test_the_packaged_rows_are_those_of_their_source():
    data = packaged()
    assert "XtraMAC" in data.about[0] and "2022.2" in data.about[0]
    assert len(data.rows) == 34 and len({row.key for row in data.rows}) == 34
    assert {row.accumulator for row in data.rows} == {"bf16", "fp16", "fp32", "fp8", "int32"}
    row = data.rows[0]
    assert row.key == ("bf16_bf16_bf16", "4c")
    assert (row.values["yosys_lut"], row.values["vivado_lut"], row.registers) == (490, 442, 258)
    assert all(row.values["path_dsp"] == 0 for row in data.rows)


def test_a_row_may_leave_out_what_is_no_count():
    found = parse(f"# mine\n{HEAD},part,path_lut\na_int32,x,1,2,3,4,5,6,7,xcku5p,\n", "f")
    (row,) = found.rows
    assert found.about == ("mine",) and row.line == 3
    assert row.words == {"part": "xcku5p"} and set(row.values) == set(COUNTS)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "f.csv:1: a head must name the columns, got none"),
        ("# a\n\n# b\n", "f.csv:1: a head must name the columns, got none"),
        ("module,variant\n", "f.csv:1: the head must have the column yosys_lut, got"),
        (f"#\n{HEAD},sites\n", "f.csv:2: the head must name each column once"),
        (f"{HEAD}\na,b,1\n", "f.csv:2: a row must have 9 cells, got 3"),
        (f"{HEAD}\na,b,1,2,3,x,5,6,7\n", "f.csv:2: vivado_lut must be a number from 0 to 1e12"),
        (f"{HEAD}\na,b,1,2,3,-4,5,6,7\n", "f.csv:2: vivado_lut must be a number from 0 to 1e12"),
        (f"{HEAD}\na,b,1,2,3,nan,5,6,7\n", "f.csv:2: vivado_lut must be a number from 0 to 1e12"),
        (f"{HEAD}\na,b,1,2,3,4,5,6,\n", "f.csv:2: vivado_ff must be a number from 0 to 1e12"),
        (
            f"{HEAD}\na,b,1,2,3,4,5,6,7\n\na,b,1,2,3,4,5,6,7\n",
            "f.csv:4: a row must stand once, a b is in line 2",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, message):
    with pytest.raises(DesignError, match=re.escape(message)):
        parse(text, "f.csv")
