"""A run that refutes a user's module: what was sent, what came, and what the golden model says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...hw.outside import NATIVE
from ..pack import unpacked
from ..proof.aiger import Aiger, Draw, read
from .scenario import Scenario

#: Runs that are simulated at a time.
_LANES = 16


@dataclass(frozen=True)
class Counterexample:
    """Operands for which results differ.

    Parameters
    ----------
    sent : of each stream the payloads of its beats.
    wanted : results as the golden model has them, one integer each: the value, flags above it.
    ours, received : what our hardware gives and what the user's does; these may be fewer.
    more : whether another comes behind them.
    unmarked : whether ``last`` stands where it should not, or does not where it should.
    digits : of a result in hex.
    """

    sent: Mapping[str, Sequence[int]]
    wanted: Sequence[int]
    ours: Sequence[int]
    received: Sequence[int]
    more: bool
    unmarked: bool
    digits: int

    @property
    def confirmed(self) -> bool:
        """Whether the golden model gives what ours does, and not what the user's does."""
        return list(self.ours) == list(self.wanted) and (
            list(self.received) != list(self.wanted) or self.more or self.unmarked
        )

    def __str__(self) -> str:
        sent = "; ".join(
            f"{name} {' '.join(f'{beat:#x}' for beat in beats)}"
            for name, beats in self.sent.items()
        )
        return f"{self._difference()}, for {sent}"

    def _difference(self) -> str:
        for number, (wanted, found) in enumerate(zip(self.wanted, self.received, strict=False)):
            if wanted != found:
                shown = [f"0x{value:0{self.digits}x}" for value in (wanted, found)]
                return f"result {number}: expected {shown[0]}, received {shown[1]}"
        if self.more:
            return f"a result comes behind all {len(self.wanted)}"
        if self.unmarked and len(self.received) == len(self.wanted):
            return "last stands at another result than the tile's last one"
        return f"{len(self.received)} of {len(self.wanted)} results come"


def replayed(folder: Path, name: str, scenario: Scenario, cycles: int) -> Counterexample:
    """What abc found of ``NAME.aig``, run again, and ``cycles`` more in which nobody pauses."""
    graph = read(folder / f"{name}.aig")
    names = _Names(folder / f"{name}.map")
    trace = (folder / f"{name}.status").read_text(encoding="utf-8").splitlines()[2]
    frames = [trace[at : at + graph.inputs] for at in range(0, len(trace), graph.inputs)]
    quiet = "".join(
        "1" if names.inputs.get(n, ("", 0))[0].endswith(("_offers", "takes")) else "0"
        for n in range(graph.inputs)
    )
    last = _run(graph, [*frames, *[quiet] * cycles])
    first = {place: frames[0][n] == "1" for n, place in names.inputs.items()}
    sent = {}
    for stream in scenario.sources:
        number = _number(first, f"{stream.name}_beats")
        sent[stream.name] = scenario.payloads(stream, number, _number(first, "which"))

    def register(what: str) -> int:
        bits = {place: bool(last[graph.first_latch + n]) for n, place in names.latches(what)}
        return _number(bits, what)

    beats = {s.name: unpacked(s, NATIVE, sent[s.name]) for s in scenario.sources}
    wanted = scenario.wanted(beats)
    each, total = scenario.each, len(wanted)
    found = {}
    for side in ("mine", "ours"):
        whole, count = register(f"{side}_results"), register(f"{side}_beats")
        results = [whole >> each * n & (1 << each) - 1 for n in range(total)]
        found[side] = results[total - min(count * scenario.values(side), total) :], count
    mine, came = found["mine"]
    more = came * scenario.values("mine") > total
    unmarked = scenario.marked and bool(register("mine_unmarked"))
    return Counterexample(sent, wanted, found["ours"][0], mine, more, unmarked, -(-each // 4))


def _run(graph: Aiger, frames: Sequence[str]) -> list[int]:
    """All variables in the last of these cycles, each of which has a bit for every input."""
    place = [0]

    def input_bit(number: int) -> int:
        return int(frames[place[0]][number])

    def draw(number: int) -> Draw:
        return lambda rng, lanes: input_bit(number)

    draws, last = [draw(number) for number in range(graph.inputs)], list[int]()
    for values in graph.states(draws, 1, len(frames), 0):
        last, place[0] = values, min(place[0] + 1, len(frames) - 1)
    return last


def settled(folder: Path, name: str, scenario: Scenario, most: int) -> int | None:
    """The cycle in which all results have come, whatever is sent; None beyond ``most``."""
    graph, names = read(folder / f"{name}.aig"), _Names(folder / f"{name}.map")
    ones = (1 << _LANES) - 1
    wanted = {
        n: ones * (scenario.beats(side) >> bit & 1)
        for side in ("mine", "ours")
        for n, (_, bit) in names.latches(f"{side}_beats")
    }
    draws: list[Draw] = [lambda rng, lanes: rng.getrandbits(lanes)] * graph.inputs
    for cycle, values in enumerate(graph.states(draws, _LANES, most, 1)):
        if all(values[graph.first_latch + n] == word for n, word in wanted.items()):
            return cycle
    return None


class _Names:
    """Inputs and latches of a graph by the names of the design, with their bits."""

    def __init__(self, path: Path):
        self.inputs: dict[int, tuple[str, int]] = {}
        self._latches: dict[str, list[tuple[int, tuple[str, int]]]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, number, *bit_and_name = line.split()
            if len(bit_and_name) < 2:
                continue
            bit, *name = bit_and_name
            if kind == "input":
                self.inputs[int(number)] = name[0], int(bit)
            elif kind == "latch":
                known = self._latches.setdefault(name[0], [])
                known.append((int(number), (name[0], int(bit))))

    def latches(self, name: str) -> list[tuple[int, tuple[str, int]]]:
        """Number and place of those that hold a register's bits."""
        return self._latches.get(name, [])


def _number(bits: Mapping[tuple[str, int], bool], name: str) -> int:
    """A number whose bits are those of a name; those that are not there are 0."""
    return sum(1 << bit for (known, bit), value in bits.items() if known == name and value)
