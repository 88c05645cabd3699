"""How the fuzzers run: the same examples every time, few by default, all in the slow tests."""

import contextlib
import io

import pytest
from bounded import Hang, bounded
from hypothesis import HealthCheck, given, settings
from macsmith.golden.errors import MacsmithError

from macsmith import cli


def examples(brief: int, all: int):
    """Cases of a test: how many inputs it tries, by default and when slow tests run."""
    return pytest.mark.parametrize("count", [brief, pytest.param(all, marks=pytest.mark.slow)])


def tried(count, strategy, check):
    """``check`` of so many inputs of ``strategy``; the smallest that fails is shown."""

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(strategy)
    def all(item):
        check(item)

    all()


def refused_or(call):
    """What ``call`` returns, or None where it refuses in one line, as documented.

    Any other error, a warning of NumPy's, too long and too much memory go on.
    """
    with bounded():
        try:
            return call()
        except MacsmithError as error:
            lines = str(error).splitlines()
            assert len(lines) == 1 and len(lines[0]) < 2000, f"not one line: {error!s:.300}"
        except (TypeError, ValueError) as error:
            told = "unexpected keyword" not in str(error) and "argument" not in str(error)
            assert type(error) in (TypeError, ValueError) and told and _ours(error), repr(error)
    return None


def _ours(error):
    """Whether a plain TypeError or ValueError is raised by a statement of macsmith's own."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    import linecache

    code = trace.tb_frame.f_code
    return "raise" in linecache.getline(code.co_filename, trace.tb_lineno)


def called(words):
    """(exit code, stdout, stderr) of a command line; faults go on as errors."""
    out, err = io.StringIO(), io.StringIO()
    with bounded(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(words)
        except SystemExit as ended:  # --help, --version
            code = ended.code
    said = [line for line in err.getvalue().splitlines() if not line.startswith("…")]
    assert code in (0, 1, 2, 3, 4), f"exit code {code}"
    assert (len(said) == 1 and said[0].startswith("macsmith: ")) if code else True, said
    assert not code or len(said[0]) < 2000, f"a line of {len(said[0])} letters: {said[0]:.300}"
    return code, out.getvalue(), err.getvalue()


__all__ = ["Hang", "bounded", "called", "examples", "refused_or", "tried"]
