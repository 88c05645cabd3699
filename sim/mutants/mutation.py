"""What a verification and an emitted test bench find of a design's mutants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...hw.text.emit import Emitted
from ...tools import work
from ...tools.progress import Step, Told, quiet
from ..harness import Part, harness
from .equivalent import equivalent
from .judged import killed
from .made import Mutant, mutated


@dataclass(frozen=True)
class Mutation:
    """Mutants of a design, and what became of them.

    Parameters
    ----------
    design, seed : what ran.
    mutants : all of them.
    verify, bench : those that a verification, and the emitted test bench's stimuli, kill: number
        -> what was seen.
    equivalent : numbers of those left of which it is proven that they give what the core gives.
    seconds : making, simulating, proving.
    """

    design: str
    seed: int
    mutants: tuple[Mutant, ...]
    verify: dict[int, str]
    bench: dict[int, str]
    equivalent: tuple[int, ...]
    seconds: float

    @property
    def faults(self) -> int:
        """Mutants that are not proven equivalent."""
        return len(self.mutants) - len(self.equivalent)

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Those that one of both lets live, unless they are proven equivalent."""
        return tuple(
            mutant
            for mutant in self.mutants
            if mutant.number not in self.equivalent
            and not (mutant.number in self.verify and mutant.number in self.bench)
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "design": self.design,
            "seed": self.seed,
            "mutants": len(self.mutants),
            "equivalent": len(self.equivalent),
            "killed_by_verify": len(self.verify),
            "killed_by_bench": len(self.bench),
            "survivors": [
                {
                    "mutant": str(mutant),
                    "verify": self.verify.get(mutant.number, ""),
                    "bench": self.bench.get(mutant.number, ""),
                }
                for mutant in self.survivors
            ],
            "seconds": self.seconds,
        }


def mutation(
    emitted: Emitted,
    count: int,
    *,
    seed: int = 1,
    trials: int = 100,
    bench: int = 40,
    progress: Told = quiet,
) -> Mutation:
    """Make ``count`` mutants and see which are killed.

    Parameters
    ----------
    seed : of yosys's choice of mutants, and of stimuli.
    trials, bench : random trials of a verification, and of an emitted test bench in a pass.
    progress : is told each step as it begins.

    Raises DesignError, Mismatch, ToolMissing, ToolFailed.
    """
    begun = time.monotonic()
    with work.folder("mutants") as folder:
        progress(Step(f"making mutants of {emitted.name}", "mutants", len(emitted.rtlil)))
        made = mutated(emitted, count, seed, folder)
        progress(f"{len(made.mutants)} mutants under the stimuli of a verification")
        by_verify = killed(made, sent_by_verify(emitted, trials, seed))
        progress(f"{len(made.mutants)} mutants under the stimuli of the test bench")
        by_bench = killed(made, sent_by_bench(emitted, bench, seed))
        left = [m for m in made.mutants if m.number not in by_verify and m.number not in by_bench]
        if left:
            progress(f"looking for proofs that {len(left)} mutants left are no faults")
        proven = equivalent(made, left)
    seconds = round(time.monotonic() - begun, 2)
    return Mutation(emitted.name, seed, made.mutants, by_verify, by_bench, proven, seconds)


def sent_by_verify(emitted: Emitted, count: int, seed: int) -> Iterator[Part]:
    """What a verification sends, in its order."""
    tried = harness(emitted.hardware)
    stimuli = tried.stimuli(count, seed)
    yield Part(stimuli, stalls=True, resets=True)
    yield Part(stimuli, stalls=True, turns=True)
    yield from tried.bulk(10 * count, seed + 1)


def sent_by_bench(emitted: Emitted, count: int, seed: int) -> Iterator[Part]:
    """What an emitted test bench sends, in its order."""
    chosen = harness(emitted.hardware).chosen(count, seed)
    yield Part(chosen.freely, resets=True)
    yield Part(chosen.stalled, stalls=True)
    yield Part(chosen.held, stalls=True, turns=True)
