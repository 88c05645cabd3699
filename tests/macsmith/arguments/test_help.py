"""Help pages: a sentence for each option, names that exist, no line too long."""

import sys
from dataclasses import fields

import pytest
from macsmith.golden.description.build import (
    ADDERS,
    CARRIES,
    DIGIT_SUMS,
    DIGITS,
    FABRICS,
    FLOWS,
    INTERFACES,
    POLICIES,
)
from macsmith.golden.description.output import NANS
from macsmith.golden.formats import ROUNDINGS
from macsmith.golden.products import RULES

from macsmith import Options
from macsmith.arguments.commands import COMMANDS, GROUPS
from macsmith.arguments.design import DESIGN_GROUPS
from macsmith.arguments.help import command_help, main_help
from macsmith.cli import main

OPTIONS = {arg.flags[-1]: arg for group in DESIGN_GROUPS for arg in group.arguments}


def page(name):
    return command_help(name) if name else main_help()


def test_the_command_line_has_every_option_of_a_design():
    assert sorted(OPTIONS) == sorted(f"--{f.name.replace('_', '-')}" for f in fields(Options))


@pytest.mark.parametrize(
    ("flag", "names"),
    [
        ("--product", RULES),
        ("--rounding", ROUNDINGS),
        ("--nan", NANS),
        ("--flow", FLOWS),
        ("--interface", INTERFACES),
        ("--carries", CARRIES),
        ("--digits", DIGITS),
        ("--digit-sums", DIGIT_SUMS),
        ("--policy", POLICIES),
        ("--adders", ADDERS),
        ("--fabric", FABRICS),
    ],
)
def test_a_sentence_names_all_that_an_option_takes(flag, names):
    assert all(name in OPTIONS[flag].help for name in names)


def test_every_command_is_in_one_group():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("name", [None, *COMMANDS])
@pytest.mark.parametrize("columns", [200, 80, 60, 40])
def test_no_line_is_longer_than_the_terminal(monkeypatch, name, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = page(name).splitlines()
    assert max(map(len, lines)) <= min(columns, 80)
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_in_the_page_with_a_sentence(name):
    text = page(name)
    for arg in COMMANDS[name].arguments:
        assert arg.shown in text and arg.help.split()[0] in text
        assert arg.help[0].isupper() and not arg.help.endswith(".")
        # A value's name, a unit among them; a switch has none.
        assert not arg.is_option or (arg.metavar is None) == (arg.how.get("action") == "store_true")
    assert text.count("  -h, --help") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_are_calls_that_work(name):
    """They are parsed; those that say what a design is are explained."""
    from macsmith.arguments.parser import parser

    for example in COMMANDS[name].examples:
        words = example.split(" > ")[0].split()
        found = vars(parser(words[0]).parse_args(words))
        assert found["command"] == name
        if (named := found.get("like") or found.get("design")) is not None:
            assert main(["explain", named]) == 0


def test_help_is_printed_with_plain_letters_where_a_terminal_has_no_others(monkeypatch):
    class Ascii:
        encoding = "ascii"

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stdout", Ascii())
    text = page("synth")
    assert text.isascii() and "rows x cols x lanes" in text


def test_colours_are_those_of_a_terminal_that_has_them(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in page("synth")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "  \x1b[36m--rows\x1b[0m N " in page("synth") and "\x1b[1mShape:\x1b[0m" in page("synth")
    for name, value in {"NO_COLOR": "1", "TERM": "dumb"}.items():
        with monkeypatch.context() as other:
            other.setenv(name, value)
            assert "\x1b" not in page("synth")


def test_the_first_page_tells_nothing_of_the_inside():
    text = main_help()
    assert "Example: macsmith synth" in text and "``" not in text and "list|" not in text
