"""Emitted texts are made once for a design and a source, and never in place of changed code."""

import pytest
from macsmith.golden.description.build import INTERFACES
from macsmith.hw.text import emit as emission
from macsmith.hw.text import kept

from macsmith import Options, design

ENGINE = design("int2xint2", Options(rows=1, cols=1, lanes=2))


@pytest.fixture
def keeping(monkeypatch, tmp_path):
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "KEEPING", True)
    return tmp_path / "emitted"


@pytest.fixture
def made(monkeypatch):
    """How often a component was converted."""
    counts, whole = [], emission.converted
    monkeypatch.setattr(emission, "converted", lambda part: counts.append(1) or whole(part))
    return counts


def test_the_second_time_nothing_is_converted(keeping, made):
    first, second = emission.emit(ENGINE), emission.emit(ENGINE)
    assert len(made) == 1 and first.rtlil == second.rtlil and first.keep == second.keep
    assert first.verilog == second.verilog and len(list(keeping.iterdir())) == 2
    emission.emit(design("int2xint2", Options(rows=1, cols=1, lanes=4)))
    assert len(made) == 2


def test_another_source_is_another_text(keeping, made, monkeypatch):
    emission.emit(ENGINE)
    monkeypatch.setattr(kept, "source", lambda: "changed")
    emission.emit(ENGINE)
    assert len(made) == 2


def test_a_damaged_entry_is_made_anew(keeping, made, capsys):
    whole = emission.emit(ENGINE).rtlil
    for path in keeping.rglob("text"):
        path.write_text(path.read_text()[:100])
    assert emission.emit(ENGINE).rtlil == whole and len(made) == 2
    assert "damaged" in capsys.readouterr().err


def test_code_from_outside_is_never_kept(keeping, made):
    class Mine:
        name = "mine"

    INTERFACES.register("mine", Mine())
    try:
        for _ in range(2):
            emission.emit(ENGINE)
    finally:
        del INTERFACES.things["mine"]
    assert len(made) == 2 and not keeping.exists()


def test_blocks_and_plain_arithmetic_are_apart(keeping, made):
    engine = design("int8xint8", Options(rows=1, cols=1, lanes=2, policy="dsp"))
    emitted = emission.emit(engine)
    assert "DSP48E2" in emitted.fabric and "DSP48E2" not in emitted.rtlil
    again = emission.emit(engine)
    assert again.fabric == emitted.fabric and len(made) == 2
