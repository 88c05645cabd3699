"""That the sums of an engine are what golden's tables of its formats say."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ...golden.errors import ToolFailed
from ...hw.text.emit import Emitted
from ...tools import solvers, yosys
from ...tools.progress import Step, Told, quiet
from . import scripts
from .claims import OPEN, PROVEN, REFUTED, Claim
from .reference import TOP, values
from .sums import Sums, sums_of

METHOD = "SAT over all codes, from any state (abc iprove)"

#: What vectors such a part of a design gets where nothing is proven.
INSTEAD = (
    "verify's: random tiles, every code of up to 6 bits in every lane and the ends of wider ones, "
    "each exact sum at both of its bounds, every port stopped in every cycle"
)

#: The claims, and what each says.
CLAIMS = {
    "products": "each lane's product is that of the values which golden's tables give its codes",
    "sums": "what a step adds in each row and column is the exact sum of its lanes' products, and "
    "nothing moves while the array waits",
    "accumulators": "a step is added to the sum before it, or begins a new one, without overflow "
    "up to the declared K; else the sum stays",
}

#: What is cut out of the core: what tells sums to move, to take a step, and to begin with it.
CONTROLS = ("enable", "accumulate", "first")

#: The flat core, whose nets are looked up by name.
FLAT = "values_flat"

#: Whether all registers behind a step's sum move with the array's enable alone.
STANDING = [
    *("opt", "opt_dff", "opt_clean", "select -assert-any t:*dff*"),
    "select -assert-none t:*dff* i:enable %x1:+[EN] %d",
]


class Proven(NamedTuple):
    """Claims about values, and the files that prove them again.

    Parameters
    ----------
    claims : what became of each.
    scripts, monitors : of yosys, and the Verilog that they read, by name.
    checks : for each claim that is proven the names of its scripts.
    """

    claims: list[Claim]
    scripts: dict[str, list[str]]
    monitors: dict[str, str]
    checks: dict[str, list[str]]


def prove_values(
    emitted: Emitted,
    folder: Path,
    *,
    cells: bool,
    seconds: int,
    only: Collection[str] = tuple(CLAIMS),
    progress: Told = quiet,
) -> Proven:
    """The claims about values.

    Parameters
    ----------
    folder : where the core's Verilog lies; the monitors come beside it.
    cells : whether the maker's cells that it instantiates lie there, too.
    seconds : that one question may take.
    only : names of claims.
    """
    kinds, lack = sums_of(emitted.hardware)
    if not kinds:
        lacking = [_open(n, f"{CLAIMS[n]}; not tried: {lack}") for n in CLAIMS if n in only]
        return Proven(lacking, {}, {}, {})
    work = _Work(emitted, folder, cells, seconds, progress)
    work.nets()
    for sums in kinds:
        work.write(sums)
    claims, checks = [], dict[str, list[str]]()
    for name in CLAIMS:
        if name in only:
            begun = time.monotonic()
            used = checks.setdefault(name, [])
            states = {sums.name: work.state(name, sums, used) for sums in kinds}
            claims.append(_claim(name, states, kinds, time.monotonic() - begun))
            if claims[-1].state != PROVEN:
                del checks[name]
    needed = {script for names in checks.values() for script in names}
    again = {name: text for name, text in work.scripts.items() if name in needed}
    return Proven(claims, again, work.monitors if needed else {}, checks)


@dataclass
class _Work:
    """One design in one folder."""

    emitted: Emitted
    folder: Path
    cells: bool
    seconds: int
    progress: Told
    scripts: dict[str, list[str]] = field(default_factory=dict)
    monitors: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    def write(self, sums: Sums) -> None:
        """The monitor of a kind of sums."""
        named = {f.stream for p in sums.products for f in (p.weight, p.activation)}
        streams = {s.name: s.payload_bits for s in self.emitted.streams if s.name in named}
        text = values(self.emitted.core, streams, sums, self._wires(sums))
        self.monitors[f"{TOP}_{sums.number}.v"] = text
        (self.folder / f"{TOP}_{sums.number}.v").write_text(text, encoding="utf-8")

    def state(self, name: str, sums: Sums, used: list[str]) -> str:
        """What becomes of a claim for a kind of sums; the scripts that say so are ``used``."""
        if name == "accumulators":
            return self._asked(sums, "ADDED", used)
        whole: list[str] = []
        states = [self._asked(sums, "STEP", whole)]
        if name == "products" and states != [PROVEN]:
            lanes = range(sums.lanes)
            return _worst([self._asked(sums, f"LANE={lane}", used) for lane in lanes])
        # Sums of steps that are right with all codes in all lanes are so with zeros in others.
        used += whole
        if name == "sums":
            if len(sums.places) > 1:
                states.append(self._asked(sums, "ALIKE", used))
            states.append(self._asked(sums, "STILL", used))
        return _worst(states)

    def nets(self) -> None:
        """What control is called in the flat core, where a net has many names."""
        flat = [*self._flat(), f"write_rtlil {FLAT}.il"]
        yosys.run(flat, self.folder, log=f"{FLAT}.log")
        text = (self.folder / f"{FLAT}.il").read_text(encoding="utf-8")
        self.named = dict(re.findall(r"^  connect \\(\S+) \\(\S+)$", text, re.MULTILINE))

    def _wires(self, sums: Sums) -> list[str]:
        """The modules of sums in the flat core."""
        core = self.emitted.core
        inside = "array." if f"module {core}_array (" in self.emitted.verilog else ""
        return [f"{inside}{sums.name}_{sums.number}_{row}_{col}" for row, col in sums.places]

    def _asked(self, sums: Sums, macro: str, used: list[str]) -> str:
        """What becomes of a question, which is asked once."""
        name = f"{TOP}_{sums.number}_{macro.lower().replace('=', '_')}"
        used.append(name)
        if name not in self.found:
            step = f"proving {macro.lower()} of {sums.name}"
            self.progress(Step(step, "prove", len(self.emitted.rtlil)))
            cycles = 1 if macro == "ADDED" else sums.latency
            whole = macro.startswith("LANE")
            asked = STANDING if macro == "STILL" else _question(name, cycles, whole=whole)
            self.scripts[name] = [*self._graph(sums, macro), *asked]
            self.found[name] = self._answered(name, macro == "STILL")
        return self.found[name]

    def _answered(self, name: str, asserts: bool) -> str:
        """The answer to a script, which asserts something itself or lets abc answer."""
        status = self.folder / f"{name}.status"
        status.unlink(missing_ok=True)
        try:
            yosys.run(self.scripts[name], self.folder, log=f"{name}.log", seconds=self.seconds)
            answer = solvers.Answer(True, False, 0) if asserts else solvers.answer(status)
        except ToolFailed as error:  # no time left, or names that the core does not have
            return REFUTED if asserts and "Assertion failed" in str(error) else OPEN
        return PROVEN if answer.proven else REFUTED if answer.refuted else OPEN

    def _graph(self, sums: Sums, macro: str) -> list[str]:
        """The core with its control cut out, under the monitor, in gates."""
        core, wires = self.emitted.core, self._wires(sums)
        shown = " ".join(f"w:{wire}.{end}" for wire in wires for end in ("o", "accumulator.i"))
        lanes = " -DSTEP" if macro.startswith("LANE") else ""
        nets = [
            self.named.get(f"{wires[0]}.{control}", f"{wires[0]}.{control}") for control in CONTROLS
        ]
        return [
            *(*self._flat(), f"cd {core}"),
            *(f"add -input free_{control} 1" for control in CONTROLS),
            *(f"connect -nomap -set {n} free_{c}" for n, c in zip(nets, CONTROLS, strict=True)),
            *("cd ..", f"expose {shown}"),
            *("setundef -undriven -anyseq", "opt_clean"),
            f"read_verilog -D{macro}{lanes} {TOP}_{sums.number}.v",
            *(f"hierarchy -top {TOP}", "proc -norom", "flatten", "memory -nomap"),
            *("cutpoint t:$mem_v2", "cutpoint -blackbox", "opt_clean"),
            *(
                "setundef -undriven -anyseq",
                "setattr -unset init w:*",
                "opt_clean",
                "check -assert",
            ),
        ]

    def _flat(self) -> list[str]:
        core = self.emitted.core
        return [
            *([f"read_verilog -lib {scripts.CELLS}"] if self.cells else []),
            *(f"read_verilog {scripts.CORE}", f"hierarchy -top {core}", "proc -norom", "flatten"),
            "opt_clean",
        ]


def _question(name: str, cycles: int, *, whole: bool) -> list[str]:
    """Whether the output is 0 so many cycles after any state; ``whole``: by its decision diagram,
    for few inputs, which holds all cases."""
    all_cases = ";collapse,-B,100000000;strash" if whole else ""
    asked = f"frames,-i,-F,{cycles + 1};cone,-O,{cycles};strash{all_cases};iprove"
    return [
        *(*scripts.GATES, "setundef -undriven -anyseq", "aigmap", "opt_clean"),
        *(f"write_aiger {name}.aig", *solvers.asking(name, asked)),
    ]


def _worst(states: list[str]) -> str:
    return next((state for state in (REFUTED, OPEN) if state in states), PROVEN)


def _claim(name: str, states: dict[str, str], kinds: list[Sums], seconds: float) -> Claim:
    what = CLAIMS[name]
    if name == "accumulators":
        what = what.replace("the declared K", f"K = {min(sums.count for sums in kinds)}")
    state = _worst(list(states.values()))
    if state == OPEN:
        which = ", ".join(kind for kind, each in states.items() if each == OPEN)
        return _open(name, f"{what}; not of {which}", seconds)
    return Claim(name, what, state, METHOD, 0, round(seconds, 1))


def _open(name: str, what: str, seconds: float = 0.0) -> Claim:
    return Claim(name, what, OPEN, METHOD, 0, round(seconds, 1), INSTEAD)
