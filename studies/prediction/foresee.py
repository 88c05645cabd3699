"""What an engine will cost, foreseen from its plan: no synthesis, milliseconds, an error bar."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...boards import Board, Cost, fitted, lookup
from ...boards.cost import demand, fits
from ...golden.description import Engine
from ...golden.errors import DesignError
from ...hw.catalogue import hardware
from ...hw.engine.hardware import EngineHardware
from ...report import Report
from .features import NAMES, Numbers, features
from .table import table
from .trees import Model

Array = npt.NDArray[Any]

#: The models that come with the package, made by docs/predictor.py.
FILE = Path(__file__).parent / "models.npz"

#: Each model, and of what part its amounts are.
PARTS = {"array": "array", "path": "path", "lut": "all", "ff": "all"}


@dataclass(frozen=True)
class Models:
    """Models by name, and what is known of them.

    Parameters
    ----------
    models : as of :data:`PARTS`.
    families : of the FPGAs that engines were counted on, in the order that trees know them by.
    about : ``rows`` that they are made of, ``held_out``: what was held out → figure → ``median``,
        ``within`` (the share of engines within 15 %), ``nine`` (what nine of ten engines' errors
        are at most), and ``engines``.
    """

    models: Mapping[str, Model]
    families: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What figures are, and by what they may be off."""
        held = self.about["held_out"]["pair"]["sites"]
        return (
            f"foreseen, not synthesized, from the plans of {self.about['engines']:,} engines that "
            "were: of engines whose pair of formats was not among them half are within "
            f"{100 * held['median']:.0f} % of yosys's sites, {100 * held['within']:.0f} % within "
            f"15 %, nine of ten within {100 * held['nine']:.0f} %; macsmith synth counts"
        )

    @property
    def nine(self) -> float:
        """Relative error of sites that nine of ten engines do not exceed whose pair of formats
        was not among those that models are made of."""
        return float(self.about["held_out"]["pair"]["sites"]["nine"])


@dataclass(frozen=True)
class Foreseen:
    """An engine's cost as models have it.

    Parameters
    ----------
    sites, lut, ff : of the whole engine.
    scale_sites : those of ``sites`` that the scale path takes.
    dsp : blocks, which the plan knows.
    rate : MACs a cycle, in the first mode.
    error : relative error of ``sites`` that nine of ten engines do not exceed.
    """

    sites: float
    scale_sites: float
    lut: float
    ff: float
    dsp: float
    rate: float
    error: float

    @property
    def per_mac(self) -> float:
        """Sites for each MAC a cycle."""
        return self.sites / self.rate


def save(models: Models, path: Path = FILE) -> None:
    """Keep models as arrays of numbers."""
    arrays: dict[str, Array] = {}
    for name, model in models.models.items():
        arrays |= model.to_arrays(name)
    arrays["names"] = np.array(NAMES)
    arrays["families"] = np.array(models.families)
    arrays["about"] = np.array(json.dumps(dict(models.about), sort_keys=True))
    np.savez_compressed(path, allow_pickle=False, **arrays)


@cache
def load(path: Path = FILE) -> Models:
    """The models of a file. DesignError for one of other features."""
    with np.load(path, allow_pickle=False) as arrays:
        if "families" not in arrays or tuple(arrays["names"]) != NAMES:
            raise DesignError(f"{path.name} is of other features: run docs/predictor.py")
        about = json.loads(str(arrays["about"]))
        found = {name: Model.read(arrays, name) for name in PARTS if f"{name}.roots" in arrays}
        families = tuple(map(str, arrays["families"]))
    return Models(found, families, about)


def figures(
    models: Models, rows: Sequence[Numbers], families: Sequence[str], rates: Sequence[float]
) -> dict[str, Array]:
    """``sites``, ``scale_sites``, ``lut`` and ``ff`` of engines, by their numbers."""
    found: dict[str, Array] = {}
    for name, part in PARTS.items():
        found[name] = np.zeros(len(rows))
        chosen = [n for n, row in enumerate(rows) if part != "path" or row["path_one"]]
        if not chosen or name not in models.models:
            continue
        model = models.models[name]
        made = table(
            [rows[n] for n in chosen],
            [families[n] for n in chosen],
            [rates[n] for n in chosen],
            part,
            models.families,
        )
        base = model.base(made.amounts, made.kinds)
        found[name][chosen] = base * np.exp(model.corrections(made.with_base(base)))
    return {
        "sites": found["array"] + found["path"],
        "scale_sites": found["path"],
        "lut": found["lut"],
        "ff": found["ff"],
    }


def foreseen(
    built: Sequence[EngineHardware], board: Board | str, models: Models | None = None
) -> list[Foreseen]:
    """What engines cost on a board, all at once: a tenth of a millisecond each beside features."""
    chosen = lookup(board) if isinstance(board, str) else board
    models = models or load()
    numbers = [features(item) for item in built]
    rates = [float(next(iter(item.rates.values()))) for item in built]
    counts = figures(models, numbers, [chosen.family] * len(built), rates)
    return [
        Foreseen(
            **{name: float(counts[name][n]) for name in counts},
            dsp=numbers[n]["array_blocks"],
            rate=rates[n],
            error=models.nine,
        )
        for n in range(len(built))
    ]


def report(built: EngineHardware, board: Board) -> Report:
    """What is foreseen, as synthesis reports it; without levels, and what Vivado would count."""
    models = load()
    [found] = foreseen([built], board, models)
    tools = {"foreseen": f"from {models.about['engines']:,} engines"}

    def cost(resources: dict[str, float]) -> Cost:
        policy = built.engine.build.policy
        used = demand(resources)
        shares = {key: used.get(key, 0) / have for key, have in board.resources.items() if have}
        fit = fits(used, board)
        return Cost(built.name, board.name, policy, resources, {}, {}, shares, fit, tools, 0.0)

    whole = {"sites": found.sites, "lut": found.lut, "ff": found.ff, "dsp": found.dsp}
    whole = {name: float(round(value)) for name, value in whole.items()}
    path = {"sites": float(round(found.scale_sites))}
    parts = {"scale path": cost(path)} if built.plan.serial else {}
    return Report(built, board, cost(whole), parts, False, 0.0)


def built_for(engine: Engine, board: Board) -> EngineHardware:
    """An engine's hardware on a board. DesignError for what cannot be built."""
    found = hardware(fitted(engine, board)).alone
    assert isinstance(found, EngineHardware)
    return found
