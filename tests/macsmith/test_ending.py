"""A command that a signal ends leaves no process, no work folder, and says so in one line."""

import os
import signal
import subprocess
import sys
import time
import uuid

import pytest
from programs import alive

from macsmith import ending
from macsmith.cli import main

VERILOG = """module mac(input clk, input [7:0] a, b, output reg [31:0] s);
always @(posedge clk) s <= s + a * b; endmodule
"""

#: What a session of yosys's looks like: the command, its supervisor, and Python with yosys.
COST, DEEP = ["cost", "mac.v", "--json"], 3


def until(condition, seconds=200):
    for _ in range(seconds * 20):
        if condition():
            return True
        time.sleep(0.05)
    return False


def run(words, folder, deep, numbers, later=0.0):
    """Start a command, send it signals when ``deep`` processes work; its code, its last words."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, "MACSMITH_CACHE": str(folder / "cache"), "MARK": mark}
    with subprocess.Popen(
        [sys.executable, "-m", "macsmith", *words],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert until(lambda: len(alive(mark)) >= deep or process.poll() is not None)
        time.sleep(later)
        for number in numbers:
            process.send_signal(number)
        _, said = process.communicate()
    assert until(lambda: not alive(mark)), "a process is left"
    return process.returncode, [line for line in said.splitlines() if line.startswith("macsmith")]


def works(folder):
    return [path.name for path in folder.glob("cache/work/*")]


@pytest.fixture
def mac(tmp_path):
    (tmp_path / "mac.v").write_text(VERILOG)
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_all_and_leaves_nothing(mac, number):
    code, said = run(COST, mac, DEEP, [number])
    assert code == 128 + number and len(said) == 1 and "half-written" in said[0]
    assert works(mac) == [] and not (mac / "build").exists()


def test_the_second_signal_does_not_break_off_the_clearing_up(mac):
    """GNU timeout sends one to the process and one to its group."""
    code, said = run(COST, mac, DEEP, [signal.SIGTERM, signal.SIGTERM, signal.SIGINT])
    assert code in (128 + signal.SIGTERM, 128 + signal.SIGINT) and len(said) == 1
    assert works(mac) == []


def test_a_killed_command_leaves_no_process_and_the_next_clears_up(mac):
    code, said = run(COST, mac, DEEP, [signal.SIGKILL])
    assert code == -signal.SIGKILL and said == []
    assert works(mac), "what cannot be prevented"
    code, _ = run(COST, mac, DEEP, [signal.SIGTERM])
    assert code == 128 + signal.SIGTERM and works(mac) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(("deep", "later"), [(1, 0.7), (3, 0), (3, 4), (6, 0), (9, 3)])
def test_a_verification_ends_at_any_moment(tmp_path, deep, later, number):
    """While Python imports, yosys works, make and the compilers do, or the simulator runs."""
    words = [
        "verify",
        "int2xint2",
        "--rows",
        "1",
        "--cols",
        "1",
        "--lanes",
        "2",
        "--tiles",
        "20000",
    ]
    code, said = run(words, tmp_path, deep, [number], later)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert len(said) == (number != signal.SIGKILL)
    if number != signal.SIGKILL:
        assert works(tmp_path) == []


def test_what_was_ignored_from_the_start_stays_ignored():
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending.orderly():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    main(["list", "flows"])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n  b\n", "a b"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\tb\u202ec", "a\\tb\\u202ec"),
        ("é", "é"),
    ],
)
def test_a_line_is_one_line(text, line):
    assert ending.one_line(text) == line


def test_a_long_line_keeps_its_ends():
    text = f"{'a' * 10_000} what to do"
    assert len(ending.one_line(text)) < 1010 and ending.one_line(text).endswith("what to do")
    assert ending.one_line("a" * 1000) == "a" * 1000


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["list flows", "list --json", "--help", "", "list --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_takes_nothing(words, unbuffered):
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "macsmith", *words.split()],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "macsmith: cannot write: No space left on device\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a shell")
@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1 2"])
def test_streams_that_are_closed(closed):
    closing = " ".join(f"{number}>&-" for number in closed.split())
    words = [sys.executable, "-m", "macsmith", "list", "flows"]
    done = subprocess.run(["sh", "-c", f'"$@" {closing}', "sh", *words], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("1" in closed) == (done.stdout == b"")


def test_a_terminal_that_is_gone():
    """Nobody reads: still no traceback, and the code of the end."""
    words = [sys.executable, "-m", "macsmith", "list", "nothing"]
    with open("/dev/full", "w") as full:
        assert subprocess.run(words, stdout=full, stderr=full).returncode == 2


def test_an_error_is_marked_on_a_terminal_with_colours(monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    ending.say("wrong")
    assert capsys.readouterr().err == "\x1b[1;31mmacsmith:\x1b[0m wrong\n"
