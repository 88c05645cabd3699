"""docs/quality.csv: which designs have rows, and what of a change fails."""

from dataclasses import replace

import pytest
import quality
import quality_table as table
from macsmith.golden.errors import ToolFailed
from macsmith.hw.datapaths import KINDS
from quality_table import Key, Row

from macsmith import DesignError, explain
from macsmith.designs import presets

KEY = Key("w4a8", "lut", (4, 4, 4))
ROW = Row(0, sites=1000, lut=1000, ff=1000, dsp=100, levels=7, carry=31, scale_sites=500)
NOTE = Row(note="lanes must divide the group of 2, got 16")


def compared(before, after):
    return table.compare({KEY: before}, {KEY: after})


@pytest.mark.parametrize("count", ["sites", "lut", "ff", "dsp", "scale_sites"])
def test_growth_by_more_than_three_per_cent_fails(count):
    before = getattr(ROW, count)
    grown = replace(ROW, **{count: before * 104 // 100})
    assert compared(ROW, grown) == (
        [f"w4a8 4x4x4 lut: {count} {before} -> {before * 104 // 100} (+4.0%)"],
        [],
    )
    assert compared(ROW, replace(ROW, **{count: before * 102 // 100})) == ([], [])
    assert compared(ROW, replace(ROW, **{count: before * 103 // 100})) == ([], [])


@pytest.mark.parametrize("count", table.COUNTS)
def test_what_shrinks_is_told(count):
    failures, (hint,) = compared(ROW, replace(ROW, **{count: getattr(ROW, count) * 90 // 100}))
    assert not failures and count in hint


@pytest.mark.parametrize("count", ["levels", "carry"])
def test_a_level_more_fails(count):
    assert len(compared(ROW, replace(ROW, **{count: getattr(ROW, count) + 1}))[0]) == 1


def test_anything_is_more_than_nothing():
    assert compared(replace(ROW, dsp=0), replace(ROW, dsp=1))[0] == ["w4a8 4x4x4 lut: dsp 0 -> 1"]


def test_other_partial_sums_fail():
    assert compared(ROW, replace(ROW, partials=8))[0] == ["w4a8 4x4x4 lut: partials its own -> 8"]


def test_what_can_be_built_no_longer_fails():
    (failure,), hints = compared(ROW, NOTE)
    assert NOTE.note in failure and not hints


def test_what_can_be_built_now_needs_a_row():
    assert len(compared(NOTE, ROW)[0]) == 1


def test_another_reason_is_told():
    assert compared(NOTE, NOTE) == ([], [])
    failures, hints = compared(NOTE, Row(note="it is late"))
    assert not failures and len(hints) == 1


def test_missing_and_stale_rows():
    other = Key("w4a8", "dsp", (4, 4, 4))
    assert table.strays({KEY: ROW}, [KEY]) == []
    assert table.strays({KEY: ROW}, [KEY, other]) == [f"{other}: no row"]
    assert table.strays({KEY: ROW, other: ROW}, [KEY]) == [
        f"{other}: a row of no design in the table's list"
    ]


@pytest.mark.parametrize(
    "found, code", [(ROW, 0), (replace(ROW, lut=1040), 1), (replace(ROW, lut=960), 0)]
)
def test_the_check_fails_with_a_failure(monkeypatch, capsys, found, code):
    monkeypatch.setattr(quality, "every", lambda work, cores, known: [{KEY: found}])
    monkeypatch.setattr(quality, "expected", lambda: [KEY])
    assert quality.check([[KEY]], {KEY: ROW}, 1) == code
    assert ("lut 1000 ->" in capsys.readouterr().out) == (found != ROW)


def test_the_check_fails_without_a_row(monkeypatch):
    monkeypatch.setattr(quality, "expected", lambda: [KEY])
    monkeypatch.setattr(quality, "every", lambda work, cores, known: [{KEY: ROW}])
    assert quality.check([[KEY]], {}, 1) == 1
    stale = Key("none", "lut", (1, 1, 16))
    assert quality.check([[KEY]], {KEY: ROW, stale: ROW}, 1) == 1


def test_a_part_of_the_table_is_checked_alone(monkeypatch):
    monkeypatch.setattr(quality, "expected", lambda: [KEY, Key("w4a8", "dsp", (4, 4, 4))])
    monkeypatch.setattr(quality, "every", lambda work, cores, known: [{KEY: ROW}])
    assert quality.check([[KEY]], {KEY: ROW}, 1) == 0


def test_every_design_has_a_row_and_nothing_else():
    assert table.strays(table.read(), table.expected()) == []
    assert set(table.brief()) <= set(table.expected())


def test_the_list_has_every_preset_and_shape():
    keys = set(table.expected()) | table.FAILING
    assert len(table.FAILING) == 5
    for shape in [(1, 1, 16), (8, 1, 16), (4, 4, 4)]:
        assert {Key(name, "lut", shape) for name in presets()} < keys
        assert {
            Key(pair, policy, shape) for pair in table.PAIRS for policy in ("lut", "dsp")
        } < keys
    assert {Key(name, "dsp", (4, 4, 4)) for name in presets()} < keys
    assert len(set(table.PAIRS)) == 33
    assert set(table.brief()) < keys


def test_every_datapath_has_a_pair():
    found = set()
    for pair in table.PAIRS:
        for policy in ("lut", "dsp"):
            try:
                _, engine = quality.engine(Key(pair, policy, (4, 4, 4)))
            except DesignError:
                continue
            plan = explain(engine).plan
            found |= {plan.dot(pair).name for item in plan.sums for pair in item.pairs}
    assert set(KINDS) <= found


def test_it_is_as_the_script_writes_it(tmp_path):
    rows = table.read()
    table.write(rows, tmp_path / "quality.csv")
    assert (tmp_path / "quality.csv").read_bytes() == table.FILE.read_bytes()
    assert all(bool(row.sites) != bool(row.note) for row in rows.values())


def test_rows_without_counts_cannot_be_built():
    for key, row in table.read().items():
        if row.note:
            with pytest.raises(DesignError) as error:
                quality.engine(key)
            assert str(error.value).splitlines()[0] == row.note


def test_a_shape_says_how_many_partial_sums_it_needs():
    assert quality.engine(Key("mxfp4", "lut", (1, 1, 16)))[0] == 4
    assert quality.engine(Key("mxfp4", "lut", (4, 4, 4)))[0] == 0


def test_a_run_has_one_policy_and_shape():
    keys = table.expected()
    runs = quality.batches(keys)
    assert sorted(key for run in runs for key in run) == keys
    assert all(len({key[1:] for key in run}) == 1 for run in runs)


def test_a_design_at_which_yosys_fails_costs_no_other_its_row(monkeypatch):
    def synthesized(built):
        if any("nf4" in key.design for key in built):
            raise ToolFailed("an assertion")
        return dict.fromkeys(built, ROW)

    monkeypatch.setattr(quality, "synthesized", synthesized)
    keys = [Key(name, "lut", (1, 1, 4)) for name in ("int8xint8", "nf4_shortxint8", "int4xint4")]
    found = []
    with pytest.raises(ToolFailed, match="nf4_shortxint8 1x1x4 lut: an assertion"):
        found += quality.every([keys], 1, {})
    rows = next(quality.every([keys], 1, {}))
    assert set(rows) == {keys[0], keys[2]}


def counted_again(monkeypatch, known):
    """The rows of two designs, and those of them that yosys was asked for."""
    asked = []

    def synthesized(built):
        asked.extend(key.design for key in built)
        return {key: replace(ROW, digest=item.digest) for key, item in built.items()}

    monkeypatch.setattr(quality, "synthesized", synthesized)
    keys = [Key(name, "lut", (1, 1, 4)) for name in ("int4xint4", "int8xint8")]
    rows, failed = quality.measured(keys, known)
    assert set(rows) == set(keys) and not failed
    return rows, asked


def test_hardware_that_is_still_the_same_is_not_counted_again(monkeypatch):
    rows, asked = counted_again(monkeypatch, {})
    assert asked == ["int4xint4", "int8xint8"]
    first, second = rows
    known = {first: replace(rows[first], lut=999), second: replace(rows[second], digest="0" * 12)}
    rows, asked = counted_again(monkeypatch, known)
    assert asked == ["int8xint8"]
    assert rows == {first: known[first], second: replace(ROW, digest=rows[second].digest)}


@pytest.mark.parametrize("changed", ["recipe", "verilog"])
def test_what_counts_depend_on_is_in_the_digest(monkeypatch, changed):
    _, engine = quality.engine(Key("int4xint4", "lut", (1, 1, 4)))
    emitted = quality.emit(engine)
    before = quality.Built(emitted, 0).digest
    assert quality.Built(quality.emit(engine), 0).digest == before
    if changed == "recipe":
        monkeypatch.setattr(quality, "recipe", lambda: "another yosys")
    else:
        emitted = replace(emitted, rtlil=emitted.rtlil.replace("cell $sub", "cell $add", 1))
        assert quality.emit(engine).rtlil != emitted.rtlil
    assert quality.Built(emitted, 0).digest != before
