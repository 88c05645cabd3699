"""Which mutants trials tell from the core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ...golden.errors import Mismatch
from ..harness import Harness, Part, harness
from ..sliced import FOUND, MOST, WORD, Sliced
from .made import SELECT, Mutant, Mutated

#: Trials in a run: the first runs are short, for they kill most.
_FIRST, _SHARE = 12, 100

#: Resets in the middle of work, before a part that has some.
RESETS = 4


@dataclass
class _Batch:
    """Copies of one run: mutants by the places where they stand; the first is the core itself."""

    machine: Sliced
    mutants: list[Mutant]
    live: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.machine.restart([0, *(mutant.number for mutant in self.mutants)])
        self.live = np.zeros(self.machine.copies, bool)
        self.live[: len(self.mutants) + 1] = True


def killed(made: Mutated, parts: Iterable[Part], seed: int = 1) -> dict[int, str]:
    """What the trials of ``parts`` show of each mutant that they tell from the core, by number.

    Raises Mismatch if they tell the core itself from its golden answers.
    """
    tried, found = harness(made.emitted.hardware), dict[int, str]()
    left, machines = list(made.mutants), dict[int, Sliced]()
    for number, part in enumerate(_shared(parts)):
        each = WORD * MOST - 1 if len(left) >= 2 * WORD else WORD - 1
        words = (each + 1) // WORD
        if words not in machines:
            machines[words] = Sliced(made.emitted, made.netlist, SELECT, words)
        for begin in range(0, len(left), each):
            batch = _Batch(machines[words], left[begin : begin + each])
            _judge(batch, tried, part, seed + number, found)
        left = [mutant for mutant in left if mutant.number not in found]
        if not left:
            break
    return found


def _judge(batch: _Batch, tried: Harness, part: Part, seed: int, found: dict[int, str]) -> None:
    """Run a part on all copies."""
    emitted, rng = batch.machine.emitted, np.random.default_rng(seed)
    sent = {stream.name: tried.sent(stream, part.trials) for stream in emitted.streams}
    for _ in range(RESETS if part.resets else 0):
        most = int(rng.integers(1, 2 * emitted.hardware.drain))
        batch.machine.run(sent, batch.live, seed if part.stalls else 0, most=most)
        batch.machine.reset()
    judged = batch.machine.run(sent, batch.live, seed if part.stalls else 0, turns=part.turns)
    if judged.wrong[0]:
        name = emitted.name
        raise Mismatch(f"{name}: {FOUND[judged.wrong[0]]} of the core itself, simulated as gates")
    late = judged.cycles != judged.cycles[0]
    late &= not part.stalls and tried.cycles(part.trials) is not None
    for place, mutant in enumerate(batch.mutants, 1):
        if what := FOUND[judged.wrong[place]] or "another number of cycles" * bool(late[place]):
            found[mutant.number] = what


def _shared(parts: Iterable[Part]) -> Iterator[Part]:
    """Parts divided into such as run in a while."""
    first = True
    for part in parts:
        begin = 0
        while begin < len(part.trials):
            end = begin + (_FIRST if first else _SHARE)
            yield replace(part, trials=part.trials[begin:end])
            begin, first = end, False
