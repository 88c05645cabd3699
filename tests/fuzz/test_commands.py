"""Words of every command, from what its help tells: an answer or one line, nothing elsewhere."""

import os
import tempfile

import pytest
from fuzzed import called, examples, tried
from hypothesis import strategies as st
from macsmith.golden.errors import ToolFailed
from macsmith.tools import processes
from odd_calls import DESIGNS, NAMES, NUMBERS

from macsmith.arguments.commands import COMMANDS, SHELLS, TOPICS
from macsmith.arguments.values import bounds, megahertz, natural, positive, whole

#: Options of all commands: those of one are strange to another.
FLAGS = sorted({flag for item in COMMANDS.values() for a in item.arguments for flag in a.flags
                if a.is_option})  # fmt: skip
LONG = ("x" * 5000, "1" * 5000, "../" * 2000, "é" * 300, "-" * 300, "x:" * 400, "int4x" * 500)
PATHS = ("out", "a b/c d", "", " ", "mine", "mine/notes.txt", "missing/x.toml", ".",
         "..", "/", "~", "tilde~", "$(id)", "`id`;x", "a\nb", "-x", "é/ü", "new/")  # fmt: skip
_numbers = st.sampled_from(NUMBERS) | st.integers(-(10**20), 10**20).map(str)
_small = st.sampled_from(("1", "2", "4", "16"))
_words = st.sampled_from([*NAMES, *LONG, *PATHS])
_pairs = st.sampled_from(("-6,6", "6,-6", "nan,1", "1", "1,2,3", ",", "inf,-inf", "1e999,1e999"))


def _values(argument):
    """What may stand for an argument: mostly of its kind."""
    kinds = {whole: _small | _numbers, natural: _numbers, positive: _small | _numbers,
             megahertz: _numbers, bounds: _pairs}  # fmt: skip
    kind = kinds.get(argument.read, _words)
    known = {"designs": DESIGNS, "topics": TOPICS, "shells": SHELLS, "boards": ("u280", "pynq-z2"),
             "file": PATHS, "folder": PATHS, "verilog": ("mac.v", *PATHS)}  # fmt: skip
    if argument.names in known:
        kind = st.sampled_from(known[argument.names]) | kind
    return kind | kind | kind | _words | _numbers


@st.composite
def lines(draw):
    """A command, its words, some of its options, and now and then what is not its own."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    words = [name]
    for item in (a for a in COMMANDS[name].arguments if not a.is_option):
        if draw(st.integers(0, 9)):
            words.append(draw(_values(item)))
    options = [a for a in COMMANDS[name].arguments if a.is_option]
    for item in draw(st.lists(st.sampled_from(options), max_size=4)) if options else ():
        flag = draw(st.sampled_from(item.flags))
        if item.metavar is None:
            words.append(flag)
        elif draw(st.booleans()):
            words += [flag, draw(_values(item))]
        else:
            words.append(f"{flag}={draw(_values(item))}")
    if draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(words)))
        words.insert(place, draw(st.sampled_from(FLAGS) | _words | st.just("--help")))
    return [word.replace("\0", "0") for word in words]


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder, with a home and a cache of its own; no program is run, and nothing is built."""

    def none(*_, **__):
        raise ToolFailed("no program is run here")

    for name in ("home", "tmp", "here", "here/mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "here" / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "here" / "mac.v").write_text("module mac(input a, output b); endmodule\n")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(processes, "started", none)
    monkeypatch.setattr("macsmith.library.emit", none)
    monkeypatch.setattr("macsmith.output.emit", none)
    return tmp_path


def written(folder):
    """The files below a folder but the cache's."""
    return {path for path in folder.rglob("*")
            if path.is_file() and "cache" not in path.relative_to(folder).parts[:1]}  # fmt: skip


@examples(60, 1500)
def test_lines(count, world):
    roots = [sorted(os.listdir(path)) for path in ("/", world.parent)]

    def check(words):
        before = written(world)
        code, out, err = called(words)
        made = written(world) - before
        asked = {"--svg", "--svg="} & {word[:6] for word in words}
        assert not made or asked, f"{words} wrote {made}"
        for path in made:
            path.unlink()
        assert (world / "here" / "mine" / "notes.txt").read_text() == "mine"

    tried(count, lines(), check)
    assert [sorted(os.listdir(path)) for path in ("/", world.parent)] == roots
