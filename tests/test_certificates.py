"""docs/certificates.csv: which designs have rows, what a run measures, what the page says of it."""

import json
from dataclasses import replace

import certificates
import pytest
from certificates import BEGIN, CLAIMS, END, FILE, PAGE, Row, expected, page, read, write

from macsmith.designs import presets

ROW = Row(
    "2x2x4",
    60,
    found=40.5,
    checked=20.25,
    digest="abc",
    claims={"valid": "proven", "last": "bounded, 59 cycles", "order": "not decided"},
)


def test_the_page_is_written_from_the_table():
    written = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert written == page(read(FILE))


def test_rows_are_of_designs_and_claims_that_there_are():
    assert set(read(FILE)) <= set(expected()) and set(presets()) <= set(expected())
    assert {claim for row in read(FILE).values() for claim in row.claims} <= set(CLAIMS)


def test_what_check_proves_again_fails_for_no_row():
    assert [name for name, row in read(FILE).items() if row.note.startswith("check.sh")] == []


def test_a_table_is_read_as_it_was_written(tmp_path):
    table = {"w4a8": ROW, "mxfp4": Row("2x2x4", 60, note='no, "none"'), "a b=c": replace(ROW)}
    write(table, tmp_path / "table.csv")
    assert read(tmp_path / "table.csv") == table
    assert read(tmp_path / "nothing.csv") == {}


def test_a_line_says_what_is_proven_to_which_depth_and_what_is_not():
    told = page({"w4a8": ROW, "nvfp4": replace(ROW, claims={"valid": "proven"}, checked=99)})
    summary, *_, first, second = told.splitlines()
    assert first == "| `w4a8` | 2x2x4 | 1 of 3 | `last` (59) | `order` | 40 | 20 |"
    assert second == "| `nvfp4` | 2x2x4 | 1 of 1 |  |  | 40 | 99 |"
    assert "2 of 4 claims about 2 engines are proven; all claims of 1" in summary
    assert "at most a minute for 1 of them" in summary


def test_a_run_goes_on_where_it_was_interrupted(tmp_path, monkeypatch):
    """Rows of the same core stand; a changed core, and what was not reached, is proven."""
    done, stopping, cores = [], ["mxfp4"], {"w4a8": "abc", "nvfp4": "new", "mxfp4": "abc"}

    def measured(name, seconds):
        if name in stopping:
            raise KeyboardInterrupt
        done.append(name)
        return replace(ROW, digest=cores[name])

    monkeypatch.setattr(certificates, "FILE", tmp_path / "table.csv")
    monkeypatch.setattr(certificates, "PAGE", tmp_path / "page.md")
    (tmp_path / "page.md").write_text(f"before\n{BEGIN}\n{END}\nbehind\n", encoding="utf-8")
    monkeypatch.setattr(certificates, "digest", cores.get)
    monkeypatch.setattr(certificates, "measured", measured)
    certificates.put({"w4a8": ROW, "nvfp4": replace(ROW, digest="old")})
    with pytest.raises(KeyboardInterrupt):
        certificates.run(cores, anew=False, seconds=60)
    assert done == ["nvfp4"]
    stopping.clear()
    certificates.run(cores, anew=False, seconds=60)
    assert done == ["nvfp4", "mxfp4"]
    certificates.run(["w4a8"], anew=True, seconds=60)
    assert done[2:] == ["w4a8"]
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("behind\n") and "| `mxfp4` |" in text


def test_what_fails_is_noted_by_its_last_line(monkeypatch):
    claims = {"claims": [{"name": "valid", "state": "bounded", "cycles": 7}]}
    answers = [(3.0, 4, "…\nint4xint4: refuted in cycle 3\n")]
    monkeypatch.setattr(certificates, "digest", lambda name: "abc")
    monkeypatch.setattr(certificates, "_ran", lambda command: answers.pop(0))
    assert certificates.measured("w4a8", 9) == Row(
        "2x2x4", 9, 3.0, digest="abc", note="int4xint4: refuted in cycle 3"
    )
    answers += [(3.0, 0, json.dumps(claims)), (1.0, 4, "count: NOT PROVEN\n")]
    found = certificates.measured("w4a8", 9)
    assert found.note == "check.sh ends with 4: count: NOT PROVEN"
    assert found.claims == {"valid": "bounded, 7 cycles"}


def test_lanes_are_fewer_where_a_group_is_short():
    assert certificates.options("dfp16") == {"rows": 2, "cols": 2, "lanes": 2}
    assert certificates.options("int8xint8 flow=systolic_os")["flow"] == "systolic_os"


@pytest.mark.slow
def test_a_small_engine_is_proven_and_checked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "SHAPE", (1, 1, 2))
    monkeypatch.setattr(certificates, "FOLDER", tmp_path)
    row = certificates.measured("int2xint2", 60)
    assert (row.shape, row.note, row.of("proven")) == (
        "1x1x2",
        "",
        [c for c in CLAIMS if c != "last"],
    )
    assert 0 < row.checked < row.found
