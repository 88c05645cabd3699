"""Fits the delays of a model to its rows: a censored regression within bounds, and errors held out.

The tests of the estimates fit anew with it, and compare with what the models have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from macsmith.boards.estimates.path import Delays
from scipy.optimize import minimize
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: A field of Delays → the column that it is multiplied by.
COLUMNS = {
    "fixed": None,
    "lut": "path_lut",
    "run": "path_carry_runs",
    "bit": "path_carry_bits",
    "mux": "path_muxf",
    "net": "path_nets",
    "fan": "path_doublings",
    "block": "path_blocks",
}


def terms(delays: Delays) -> Floats:
    """As numbers, in the order of the fields."""
    return np.array([getattr(delays, each.name) for each in fields(Delays)], float)


@dataclass(frozen=True)
class Sample:
    """Rows to fit to.

    Parameters
    ----------
    lines : a row each, a column for each field of Delays: how often it stands on the path.
    times : the delays in ns.
    met : whether the clock was met, so that the delay may be shorter.
    asked : that clock in MHz.
    least, most : bounds of the delays.
    """

    lines: Floats
    times: Floats
    met: Flags
    asked: float
    least: Delays
    most: Delays

    def fit(self, chosen: Flags | None = None) -> Floats:
        """The most likely delays for some rows, or all, errors being log-normal."""
        chosen = np.full(len(self.times), True) if chosen is None else chosen
        lines, met = self.lines[chosen], self.met[chosen]
        times = np.log(np.where(met, 1000 / self.asked, self.times[chosen]))
        low, high = terms(self.least), terms(self.most)

        def unlikely(words: Floats) -> float:
            z = (times - np.log(lines @ words[:-1])) / words[-1]
            likely = np.where(met, norm.logcdf(z), norm.logpdf(z) - np.log(words[-1]))
            return float(-likely.sum())

        bounds = [*zip(low, high, strict=True), (0.01, 1.0)]
        begun = [*((low + high) / 2), 0.1]
        found = minimize(unlikely, begun, bounds=bounds, method="L-BFGS-B")
        return np.asarray(found.x[:-1], float)

    def held_out(self, groups: Sequence[str]) -> Floats:
        """Shares by which each row's delay is off, fitted without its group."""
        names, errors = np.asarray(groups), np.empty(len(self.times))
        for group in set(groups):
            inside = names == group
            errors[inside] = self.times[inside] / (self.lines[inside] @ self.fit(~inside)) - 1
        return errors


def sample(
    rows: Sequence[Mapping[str, float]], fmax: str, asked: float, least: Delays, most: Delays
) -> Sample:
    """Of rows as column → number; ``fmax`` is that of the frequency, columns that lack are 0."""
    lines = [[row.get(name, 0) if name else 1 for name in COLUMNS.values()] for row in rows]
    reached = np.array([row[fmax] for row in rows], float)
    return Sample(np.array(lines, float), 1000 / reached, reached >= asked, asked, least, most)
