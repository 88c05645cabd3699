"""What a report of ``report_timing_summary`` or ``report_timing`` says of the longest path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .report_text import Text

_SLACK = re.compile(r"Slack(?: \((MET|VIOLATED)\s*\))? *: *(\S+)")
_REQUIREMENT = re.compile(r" +Requirement: +([\d.]+)ns")
_LEVELS = re.compile(r" +Logic Levels: +(\d+ .*|\d+)")
_SETUP = re.compile(r" +Path Type: +Setup ")


@dataclass(frozen=True)
class Timing:
    """The longest path between registers.

    Parameters
    ----------
    text : the report.
    period : of the clock that was asked for, in ns.
    slack : of that path, in ns: negative where it is too long.
    levels : the cells on it, as Vivado writes them; empty where the report does not tell.
    routed : whether its nets are, as far as the report tells.
    """

    text: Text
    period: float
    slack: float
    levels: str
    routed: bool

    @property
    def megahertz(self) -> float:
        """The frequency at which the slack is 0."""
        return 1000 / (self.period - self.slack)

    @property
    def met(self) -> bool:
        """Whether it was reached: then Vivado had no reason to go further."""
        return self.slack >= 0


def timing(text: Text) -> Timing:
    """The longest path of a report; DesignError, with file and line, where it has none."""
    paths = list(_paths(text))
    summary = text.find(r"\s*WNS\(ns\) +TNS\(ns\)")
    if summary is not None:
        slack = _worst(text, summary)
        period = _period(text)
        levels = next((words for s, p, words in paths if s == slack and p == period), "")
    elif paths:
        slack, period, levels = min(paths)
    else:
        last = max(len(text.lines) - 1, 0)
        raise text.wrong(last, "no path with a slack and a requirement up to the end of the report")
    if slack >= period:
        raise text.wrong(0, f"the slack must be less than the period, got {slack} of {period} ns")
    return Timing(text, period, slack, levels, _is_routed(text))


def _paths(text: Text) -> list[tuple[float, float, str]]:
    """Slack, requirement and levels of each path for setup."""
    found = []
    starts = [i for i, line in enumerate(text.lines) if _SLACK.match(line)]
    for start, end in pairwise([*starts, len(text.lines)]):
        body = text.lines[start : min(end, start + 40)]
        slack = _SLACK.match(body[0])
        assert slack is not None
        required = next((m[1] for line in body if (m := _REQUIREMENT.match(line))), None)
        setup = any(_SETUP.match(line) for line in body)
        if slack[2] == "inf" or required is None or not setup:
            continue
        levels = next((m[1] for line in body if (m := _LEVELS.match(line))), "")
        levels = " ".join(levels.split())
        found.append((_nanoseconds(text, start, slack[2]), float(required), levels))
    return found


def _worst(text: Text, titles: int) -> float:
    """The worst negative slack of the summary."""
    row = text.find(r"\s*(-?[\d.]+|NA) ", titles + 1)
    if row is None or row > titles + 4:
        raise text.wrong(titles, "no numbers below WNS(ns)")
    cell = text.lines[row].split()[0]
    if cell == "NA":
        raise text.wrong(row, "no path between registers has a clock: WNS is NA")
    return _nanoseconds(text, row, cell)


def _period(text: Text) -> float:
    """Of the only clock."""
    titles = text.find(r"Clock +Waveform\(ns\) +Period\(ns\)")
    if titles is None:
        raise text.wrong(
            max(len(text.lines) - 1, 0), "no Clock Summary up to the end of the report"
        )
    clocks = []
    for index in range(titles + 2, len(text.lines)):
        found = re.match(r"\s*(\S+) +\{[^}]*\} +([\d.]+) ", text.lines[index])
        if found is None:
            break
        clocks.append((index, found))
    if len(clocks) != 1:
        names = ", ".join(found[1] for _, found in clocks) or "none"
        raise text.wrong(titles, f"one clock must be timed, got {names}")
    return float(clocks[0][1][2])


def _is_routed(text: Text) -> bool:
    """As the head tells it; in older releases as the nets of paths do, if any are there."""
    if text.state:
        return text.state == "Routed"
    nets = [line for line in text.lines if re.match(r" +net \(fo=", line)]
    return not any("estimated)" in line or "unplaced)" in line for line in nets)


def _nanoseconds(text: Text, index: int, word: str) -> float:
    try:
        return float(word.removesuffix("ns"))
    except ValueError:
        raise text.wrong(index, f"a slack must be a number of ns, got {word!r}") from None
