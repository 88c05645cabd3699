"""Progress on a terminal: steps with their time and what is left; nothing left when broken off."""

import io
import json
import signal

import pytest
import terminals
from macsmith.sim import verify
from macsmith.tools.progress import Step

from macsmith import Options, design, durations, library, screen
from macsmith.durations import MEASURED, Durations
from macsmith.screen import Steps, clock, remaining

VERILOG = """module mac(input clk, input [7:0] a, b, output reg [31:0] s);
always @(posedge clk) s <= s + a * b; endmodule
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a module, and a cache of its own: all work is done anew."""
    (tmp_path / "mac.v").write_text(VERILOG)
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A folder with a module whose netlist is in the cache."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "mac.v").write_text(VERILOG)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MACSMITH_CACHE", str(folder / "cache"))
        assert terminals.seen(["cost", "mac.v"], cwd=folder).code == 0
        yield folder


@pytest.fixture
def now(monkeypatch):
    """A clock that stands until it is set."""
    held = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: held[0])
    return held


def shown(steps):
    """The lines of ``steps``, on a wide terminal."""
    view = screen.console(io.StringIO())
    view.width = 100
    with view.capture() as caught:
        view.print(steps.rows())
    return [" ".join(line.split()) for line in caught.get().splitlines()]


def test_steps_tell_their_time_and_what_is_left(here, now):
    steps = Steps()
    steps.begin(Step("emitting x", "emit"))
    now[0] += 1.5
    steps.begin(Step("building x", "build", 10**6, ("stalls",)))
    now[0] += 5
    whole = sum(map(sum, (MEASURED["build"], MEASURED["stalls"])))
    done, under_way = shown(steps)
    assert done == "✓ emitting x 1.5 s"
    assert under_way.endswith(f"building x 5.0 s {remaining(whole - 5)}")
    now[0] += 1000  # much longer than was expected
    assert steps.left == sum(MEASURED["stalls"])
    steps.end()
    assert steps.left is None and shown(steps)[1] == "✓ building x 16 min 45 s"


def test_of_two_designs_the_second_is_counted_too(here, now):
    steps = Steps(rounds=2)
    expected = sum(MEASURED["synth"])
    lefts = []
    for _ in range(2):
        steps.begin(Step("emitting", "emit"))
        steps.begin(Step("synthesizing", "synth", 10**6))
        lefts.append(steps.left)
    assert lefts == [2 * expected, expected]


def test_a_step_of_an_unknown_kind_tells_nothing_of_what_is_left(here, now):
    steps = Steps()
    steps.begin("training")
    now[0] += 3
    assert steps.left is None and shown(steps)[0].endswith("training 3.0 s")


def test_what_is_shown_first_is_nothing(here, now):
    steps = Steps()
    steps.begin("a moment's work")
    now[0] += 0.3
    assert steps.seen() == ""


def test_durations_are_learned_and_kept(here):
    step = Step("synthesizing", "synth", 10**6)
    known = Durations()
    first = known.expected("synth", step.size)
    for _ in range(12):
        known.learn(step, 3 * first)
    known.save()
    assert Durations().expected("synth", step.size) == pytest.approx(3 * first, rel=0.01)
    assert Durations().expected("build", step.size) == sum(MEASURED["build"])
    assert [path.name for path in durations.path().parent.iterdir()] == ["factors.kept"]


def test_what_was_found_in_the_cache_teaches_nothing(here):
    known = Durations()
    known.learn(Step("synthesizing", "synth", 10**6), 0.2)
    known.save()
    assert not durations.path().exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"synth": "x"}', '{"synth": -1}', "\xff"])
def test_damaged_durations_are_those_that_were_measured(here, text):
    durations.path().parent.mkdir(parents=True)
    durations.path().write_text(text, encoding="latin-1")
    assert Durations().expected("synth", 10**6) == sum(MEASURED["synth"])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.2, ""), (0.7, "about 1 s left"), (9.4, "about 9 s left"),
     (33, "about 35 s left"), (58, "about 1 min left"), (400, "about 7 min left")],
)  # fmt: skip
def test_what_is_left_is_told_no_finer_than_it_is_known(seconds, words):
    assert remaining(seconds) == words


def test_a_clock():
    assert [clock(s) for s in (0.04, 59.9, 59.96, 75)] == ["0.0 s", "59.9 s", "1 min 0 s",
                                                           "1 min 15 s"]  # fmt: skip


def test_the_library_tells_its_steps(monkeypatch):
    """Without the work itself."""

    class Reached(Exception):
        """The last step."""

    def synthesized(*_, **__):
        raise Reached

    monkeypatch.setattr(verify.runner, "run", lambda *_, built, **__: [built()])
    monkeypatch.setattr(verify, "check", lambda *_: None)
    monkeypatch.setattr(verify, "_in_bulk", lambda *_: [])
    monkeypatch.setattr(library, "_synthesized", synthesized)
    told = []
    small = design("int2xint2", Options(rows=1, cols=1, lanes=1))
    with pytest.raises(Reached):
        library.cost(small, "u280", verified=True, progress=told.append)
    kinds = [step.kind for step in told]
    assert kinds == ["emit", "build", "stalls", "bulk", "synth"]
    for number, step in enumerate(told[1:], 2):
        assert step.then == tuple(kinds[number:]) and step.size > 1000 and step.kind in MEASURED


def test_a_command_shows_its_steps_and_then_its_answer(here):
    done = terminals.seen(["cost", "mac.v"], cwd=here)
    lines = done.screen
    assert done.code == 0 and done.cursor_is_shown and "left" in done.sent
    assert lines[0].startswith("✓ reading Verilog")
    assert lines[1].startswith("✓ synthesizing mac for u280") and lines[1].endswith(" s")
    assert lines[2] == "" and lines[3].startswith("mac on ") and max(map(len, lines)) <= 80
    again = terminals.seen(["cost", "mac.v"], cwd=here)
    assert again.screen[-1].startswith("files: ")


def test_json_is_pure_while_progress_is_shown(here):
    done = terminals.seen(["cost", "mac.v", "--json"], cwd=here, pipe=True)
    assert done.code == 0 and json.loads(done.piped)["top"] == "mac"
    assert "synthesizing mac" in done.sent and "{" not in done.sent


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_broken_off_leaves_one_line(here, number):
    done = terminals.seen(["cost", "mac.v"], cwd=here, when="synthesizing mac", number=number)
    said = "interrupted" if number == signal.SIGINT else "ended by SIGTERM"
    assert done.code == 128 + number and done.cursor_is_shown
    assert done.screen == [f"macsmith: {said}; no result was left half-written"]


def test_an_error_leaves_one_line(here):
    (here / "mac.v").write_text("module mac(")
    done = terminals.seen(["cost", "mac.v"], cwd=here)
    assert done.code != 0 and done.screen[0].startswith("macsmith: ") and done.cursor_is_shown


def test_a_dumb_terminal_gets_line_after_line(warm):
    done = terminals.seen(["cost", "mac.v"], cwd=warm, TERM="dumb")
    assert done.code == 0 and "\x1b" not in done.sent
    assert done.screen[:2] == ["… reading Verilog", "… synthesizing mac for u280"]


def test_no_colour_where_none_is_wanted(warm):
    done = terminals.seen(["cost", "mac.v"], cwd=warm, NO_COLOR="1", columns=60)
    assert done.code == 0 and max(map(len, done.screen)) <= 60
    assert not any(f"\x1b[{code}m" in done.sent for code in range(1, 50))


def test_an_ascii_terminal(here):
    done = terminals.seen(["cost", "mac.v"], cwd=here, PYTHONIOENCODING="ascii")
    assert done.code == 0 and done.sent.isascii() and "synthesizing mac" in done.sent
    assert "\\u" not in done.sent
