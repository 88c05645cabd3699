"""Rows are made once, kept whole, and outlive what kills their makers."""

import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from macsmith.golden.errors import DesignError, ToolMissing
from macsmith.studies.sweeping import running, store, worker
from macsmith.studies.sweeping.executors import executor
from macsmith.studies.sweeping.export import columns, save
from macsmith.studies.sweeping.grid import Point
from macsmith.studies.sweeping.running import measured, sweep
from macsmith.studies.sweeping.store import Store

from macsmith import Options, cost, design

SMALL = (("cols", 1), ("k_max", 16), ("lanes", 2), ("rows", 1))
GOOD = Point("int2xint2", "u280", SMALL)
NONE = Point("int2xint99x", "u280", SMALL)


@pytest.fixture
def made(monkeypatch):
    """Counts no design but makes rows up, and tells of which."""
    asked = []

    def row(point, memory):
        asked.append(point)
        return {"design": point.design, "board": point.board, "status": "counted", "sites": 1.0}

    monkeypatch.setattr(running, "measured", row)
    return asked


def run(points, folder, **how):
    with ThreadPoolExecutor(2) as threads:
        return sweep(points, folder, threads, **how)


def test_a_row_has_what_cost_says(tmp_path):
    """Also of a design that there is not: its row says why."""
    found = run([GOOD, NONE], tmp_path)
    engine = design("int2xint2", Options(**dict(SMALL)))
    report = cost(engine, "u280")
    counted, refused = found.rows
    assert counted["status"] == "counted" and counted["rate"] == 2 and counted["latency"] > 0
    for name, value in report.cost.resources.items():
        assert counted[name] == value
    assert counted["levels"] == report.cost.levels["lut"] and counted["k_max"] == 16
    assert refused["status"] == "refused" and "unknown format 'int99x'" in refused["error"]
    assert found.kept == 0 and found.count("refused") == 1


def test_rows_are_made_once(tmp_path, made):
    points = [Point("int4xint4", "u280", (("lanes", n),)) for n in (1, 2, 4)]
    assert run(points, tmp_path).kept == 0 and len(made) == 3
    again = run(points, tmp_path)
    assert again.kept == 3 and len(made) == 3 and [row["sites"] for row in again.rows] == [1] * 3
    # A damaged row, one of something else, and one that is gone are made again.
    files = sorted((tmp_path / "rows").iterdir())
    files[0].write_text(files[0].read_text(encoding="utf-8")[:20], encoding="utf-8")
    files[1].write_text("[1]", encoding="utf-8")
    files[2].unlink()
    assert run(points, tmp_path).kept == 0 and len(made) == 6
    assert not [path for path in (tmp_path / "rows").iterdir() if path.suffix != ".json"]


def test_what_a_row_depends_on_is_in_its_name(tmp_path, monkeypatch):
    """Our source, yosys, what a name stands for, the board."""
    text = 'name = "d"\n[[modes]]\nweight = "int4"\nactivation = "int8"\n'
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    point = Point(str(tmp_path / "d.toml"), "u280")
    first = Store(tmp_path).name(point)
    assert first == Store(tmp_path).name(point)
    others = [Store(tmp_path).name(Point(point.design, "pynq-z2"))]
    (tmp_path / "d.toml").write_text(text.replace("int8", "int6"), encoding="utf-8")
    others.append(Store(tmp_path).name(point))
    for module, name in ((store, "source"), (store.yosys, "version")):
        with monkeypatch.context() as m:
            m.setattr(module, name, lambda: "another")
            others.append(Store(tmp_path).name(point))
    assert len({first, *others}) == 5


def test_what_failed_is_tried_again_only_when_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "measured", lambda *_: {"design": "a", "status": "failed"})
    assert run([GOOD], tmp_path).count("failed") == 1
    assert run([GOOD], tmp_path).kept == 1
    assert run([GOOD], tmp_path, again=True).kept == 0


def test_an_interrupted_sweep_goes_on(tmp_path, monkeypatch):
    """What was done is there, and equal to what a whole sweep makes."""
    points = [Point("int4xint4", "u280", (("lanes", n),)) for n in (1, 2, 4, 8)]
    seen = []

    def told(step):
        seen.append(step)
        if len(seen) == 2:
            raise KeyboardInterrupt

    def row(point, memory):
        return {"design": point.design, "status": "counted", **dict(point.options)}

    monkeypatch.setattr(running, "measured", row)
    with ThreadPoolExecutor(1) as threads, pytest.raises(KeyboardInterrupt):
        sweep(points, tmp_path / "a", threads, progress=told)
    whole = run(points, tmp_path / "b")
    rest = run(points, tmp_path / "a")
    assert rest.kept == 2 and rest.rows == whole.rows


def test_an_interrupted_sweep_leaves_no_process(tmp_path, monkeypatch):
    commands, original = [], running.started

    def sleeping(command, **how):
        commands.append(command)
        return original(["/bin/sleep", "600"], **how)

    monkeypatch.setattr(running, "started", sleeping)

    def interrupt():
        while not running._LIVE:
            time.sleep(0.05)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt), ThreadPoolExecutor(1) as threads:
        sweep([GOOD, Point("int4xint4", "u280")], tmp_path, threads)
    assert not running._LIVE and commands


def test_a_killed_process_loses_its_row_alone(monkeypatch):
    original = running.started

    def killed(command, **how):
        return original(["/bin/sh", "-c", "echo so far >&2; kill -KILL $$"], **how)

    monkeypatch.setattr(running, "started", killed)
    row = measured(GOOD)
    assert row["status"] == "failed" and row["error"].startswith("its process")
    assert row["lanes"] == 2 and "so far" in row["log"]


def test_a_design_takes_no_more_memory_than_it_may():
    """A gigabyte is not to be had with a fifth of one; the row says what to do."""
    script = "from macsmith.studies.sweeping.worker import limit; limit(0.2); bytearray(1 << 30)"
    done = subprocess.run(
        [running.sys.executable, "-P", "-c", script], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1 and "MemoryError" in done.stderr
    assert running._ended(1, done.stderr, 0.2) == "it takes more than 0.2 GB: raise --memory"


def test_any_error_is_a_row(monkeypatch):
    def broken(point):
        raise ZeroDivisionError("as if")

    monkeypatch.setattr(worker, "_counted", broken)
    row = worker.row(GOOD)
    assert row["status"] == "failed" and row["error"] == "ZeroDivisionError: as if"
    assert "in broken" in row["log"]


def test_tables(tmp_path):
    rows = [
        {"design": "a", "board": "b", "status": "counted", "sites": 2.0, "log": "long"},
        {"design": "c", "board": "b", "status": "failed", "error": 'a "quote", é'},
    ]
    assert columns(rows)[:2] == ["design", "board"] and "log" not in columns(rows)
    save(rows, tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert len(text) == 3 and text[1].startswith("a,b,") and '"a ""quote"", é"' in text[2]
    with pytest.raises(DesignError, match="ends in .csv or .parquet"):
        save(rows, tmp_path / "t.txt")


def test_parquet_and_dask_are_missed_by_name(tmp_path, monkeypatch):
    for module in ("pyarrow", "distributed"):
        monkeypatch.setitem(running.sys.modules, module, None)
    with pytest.raises(ToolMissing, match="pip install 'macsmith\\[sweeps\\]'"):
        save([{"design": "a"}], tmp_path / "t.parquet")
    with pytest.raises(ToolMissing, match="distributed"), executor(1, "tcp://localhost:1"):
        pass


def test_two_sweeps_at_once_harm_nothing(tmp_path):
    """Each writes the same row; it is whole at every moment."""
    kept, rows = (
        Store(tmp_path),
        [{"status": "counted", "sites": n, "x": "y" * 9999} for n in (1, 2)],
    )
    seen, done = set(), threading.Event()

    def write(row):
        for _ in range(60):
            kept.put(GOOD, row)

    def read():
        while not done.is_set():
            found = kept.get(GOOD)
            seen.add(None if found is None else json.dumps(found))

    reader = threading.Thread(target=read)
    kept.put(GOOD, rows[0])
    reader.start()
    writers = [threading.Thread(target=write, args=(row,)) for row in rows]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert seen <= {json.dumps(row) for row in rows} and seen
