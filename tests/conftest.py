"""Which tests run first, which may be skipped, and folders for builds.

Folders lie below the repository's build folder, where WebAssembly yosys sees them.
"""

import os
import shutil
import signal
from pathlib import Path

import pytest
from selection import parts

ROOT = Path(__file__).parent.parent
os.environ.setdefault("MACSMITH_CACHE", str(ROOT / "build" / "cache"))


#: Files that take minutes, the longest first: they begin first, so that no core waits for one.
LONG = (
    "test_costs",
    "hw/datapaths/test_datapaths",
    "sim/test_scaled",
    "boards/test_equivalence",
    "hw/array/test_systolic",
    "hw/dsp/test_block",
    "sim/test_blocks",
    "hw/array/test_formats",
    "sim/test_engines",
    "boards/test_cost",
    "hw/arith/test_decoder",
    "docs/test_pages",
    "sim/test_batch",
    "hw/fp/test_multiply",
    "macsmith/test_generate",
)


@pytest.fixture(autouse=True, scope="session")
def _nothing_emitted_is_kept():
    """Tests change code while it runs: what they emit is made anew."""
    from macsmith.hw.text import kept

    kept.KEEPING = False


def pytest_configure():
    """Background jobs of shells ignore Ctrl-C, and so would the programs that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Files in the order of LONG, then the others as they come; in the brief part these last."""
    part, sign = config.getoption("part"), 1
    if part is not None:
        wanted = parts(items)[part]
        kept = [item for item in items if item.nodeid in wanted]
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in wanted])
        items[:] = kept
        sign = -1 if part == "brief" else 1
    ranks = {str(ROOT / "tests" / f"{name}.py"): rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: sign * ranks.get(str(item.path), len(LONG)))


def pytest_addoption(parser):
    parser.addoption(
        "--part",
        choices=("brief", "rest", "seldom"),
        help="a few cases of each test, the others, or those that only test-all runs",
    )
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped test fails the run: all tools are there"
    )


def pytest_sessionfinish(session):
    """Under ``--no-skips`` a run that passed but skipped something has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and session.config.getoption("no_skips") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("no_skips") and (skipped := terminalreporter.stats.get("skipped")):
        terminalreporter.write_line(f"--no-skips: {len(skipped)} tests were skipped", red=True)


@pytest.fixture
def build_folder(request):
    """An empty folder of the test's own, removed unless the test fails."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.nodeid)[-100:]
    folder = ROOT / "build" / "tests" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def indexes(request):
    """Which designs of a module's list this run's tests ask for; the first is always among them."""
    here = [item for item in request.session.items if item.path == request.path]
    asked = {item.callspec.params.get("index", 0) for item in here if hasattr(item, "callspec")}
    return sorted(asked | {0})
