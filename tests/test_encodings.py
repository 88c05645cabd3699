"""Files are read and written as UTF-8, whatever the system's encoding: every call says so."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("macsmith", "golden", "hw", "sim", "boards", "models", "studies", "docs", "examples")
FOLDERS += ("tests/bench",)
#: Called so, they read or write text in the system's encoding unless told another.
METHODS = {"read_text", "write_text"}
OTHERS = {"os.open", "tarfile.open"}
PROCESSES = {"run", "Popen", "check_output"}


def calls(text):
    """(line, what is wrong) of each call that leaves the encoding to the system."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if "encoding" in given:
            continue
        modes = [*node.args[isinstance(node.func, ast.Name) :][:1], given.get("mode")]
        binary = any(isinstance(mode, ast.Constant) and "b" in str(mode.value) for mode in modes)
        if name in METHODS or (name in ("open", "fdopen") and not binary and not _of_os(node)):
            yield node.lineno, name
        elif name in PROCESSES and {"text", "universal_newlines", "errors"} & given.keys():
            yield node.lineno, f"{name} with text"
        elif name == "NamedTemporaryFile" and "mode" in given:
            yield node.lineno, name


def _of_os(node):
    """Whether what is opened has no text: file descriptors and archives."""
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in OTHERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_names_its_encoding(folder):
    for path in (ROOT / folder).rglob("*.py"):
        assert [*calls(path.read_text(encoding="utf-8"))] == [], path


@pytest.mark.parametrize(
    "wrong",
    [
        "path.read_text()",
        "path.write_text(text)",
        "open(path)",
        "open(path, 'w')",
        "path.open()",
        "path.open('w')",
        "subprocess.run(words, text=True)",
        "Popen(words, errors='replace')",
    ],
)
def test_it_finds_what_it_looks_for(wrong):
    assert len([*calls(wrong)]) == 1
    assert not [*calls(wrong[:-1] + ("" if wrong.endswith("()") else ", ") + "encoding='utf-8')")]


@pytest.mark.parametrize(
    "right",
    ["path.open('rb')", "open(path, mode='wb')", "os.open(path, os.O_RDONLY)", "run(words)"],
)
def test_it_finds_nothing_else(right):
    assert not [*calls(right)]
