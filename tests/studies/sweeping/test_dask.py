"""Sweeps on a Dask scheduler's workers, and tables as Parquet."""

import os
import signal

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.studies.sweeping.executors import executor
from macsmith.studies.sweeping.export import save
from macsmith.studies.sweeping.grid import Point
from macsmith.studies.sweeping.running import sweep

distributed = pytest.importorskip("distributed")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def cluster():
    """A scheduler with two workers, each a process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def point(lanes):
    return Point("int2xint2", "u280", (("cols", 1), ("k_max", 16), ("lanes", lanes), ("rows", 1)))


def test_rows_are_those_of_this_machine(tmp_path, cluster):
    with executor(1) as threads:
        own = sweep([point(2)], tmp_path / "own", threads)
    with executor(1, cluster.scheduler_address) as workers:
        found = sweep([point(2), point(4)], tmp_path / "dask", workers)
        # The store is the truth: all is there now.
        assert sweep([point(4), point(2)], tmp_path / "dask", workers).kept == 2
    assert found.count("counted") == 2 and found.kept == 0
    differing = {name for name, value in own.rows[0].items() if found.rows[0][name] != value}
    assert differing <= {"seconds"}


def test_a_killed_worker_loses_nothing_that_is_done(tmp_path, cluster):
    """What it worked on is done by another."""
    [first, *_] = cluster.workers.values()
    killed = []

    def told(step):
        if not killed:
            killed.append(first.process.pid)
            os.kill(killed[0], signal.SIGKILL)

    with executor(1, cluster.scheduler_address) as workers:
        found = sweep([point(n) for n in (1, 8, 16)], tmp_path, workers, progress=told)
    assert killed and found.count("counted") == 3


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("macsmith.studies.sweeping.executors.ANSWER", 1)
    with pytest.raises(ToolFailed, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        with executor(1, "tcp://127.0.0.1:9"):
            pass


def test_parquet_has_the_rows(tmp_path):
    rows = [
        {"design": "a", "board": "b", "status": "counted", "sites": 2.0, "relu": True},
        {"design": "c", "board": "b", "status": "failed", "error": "é"},
    ]
    save(rows, tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert [row["design"] for row in table] == ["a", "c"]
    assert table[0]["sites"] == 2.0 and table[1]["sites"] is None and table[1]["error"] == "é"
    assert table[0]["relu"] is True
