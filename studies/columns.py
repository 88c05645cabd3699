"""The columns of a comparison: what stands in each, and the command that makes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..boards.estimates.figure import Figure, rounded
from ..boards.routing import Routed
from .entries import Asked, Comparison, Entry, Point

#: What a cell may hold.
Value = str | int | float | None

#: What makes a number: the command of a cost, that of all that needs no synthesis.
COST, DESIGN = "cost", "design"


@dataclass(frozen=True)
class Column:
    """A column.

    Parameters
    ----------
    key : its name in JSON and CSV.
    title : its heading, with the unit.
    value : what it has for an entry.
    digits : behind the point, where people read it.
    made : which of an entry's commands makes it; empty for names.
    about : a sentence.
    shown : how people read it, if not as a number.
    """

    key: str
    title: str
    value: Callable[[Entry], Value]
    digits: int = 0
    made: str = COST
    about: str = ""
    shown: Callable[[Entry], str] | None = None

    def text(self, entry: Entry) -> str:
        """As people read it."""
        return self.shown(entry) if self.shown else spelled(self.value(entry), self.digits)


def spelled(value: Value, digits: int) -> str:
    """A number with so many digits behind the point, or a word."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,.{digits}f}"


def columns(found: Comparison) -> list[Column]:
    """All of them, in order: names, cost, what is moved, what is lost."""
    asked = found.asked
    return [
        Column("design", "design", lambda e: e.name, made=""),
        Column("policy", "policy", lambda e: e.policy, made=""),
        *(_costs(asked.exchange) if asked.costs else ()),
        *(_routed() if asked.routes else ()),
        *_moved(found),
        *_lost(found),
        Column("front", "on the front of", lambda e: ", ".join(found.fronts(e)) or None, made="",
               about="data on which no other design is as cheap and loses as little"),
    ]  # fmt: skip


def _costs(exchange: float) -> list[Column]:
    def used(resource: str, part: str = "all") -> Callable[[Entry], Value]:
        return lambda entry: whole(entry.used(resource, part))

    def level(name: str) -> Callable[[Entry], Value]:
        return lambda entry: entry.report.cost.levels.get(name) if entry.report else None

    def per_mac(entry: Entry) -> Value:
        return None if entry.cost is None else round(entry.cost / float(entry.candidate.rate), 3)

    return [
        Column("cost", "cost", lambda e: whole(e.cost), about=f"sites + {exchange:g} × DSP"),
        Column("cost_per_mac", "per MAC", per_mac, 1, about="cost for each MAC a cycle"),
        Column("sites", "sites", used("sites"), about="LUT sites of the device"),
        Column("array_sites", "array", used("sites", "array"), about="all other sites"),
        Column("scale_path_sites", "scale path", used("sites", "path"),
               about="sites of all behind the array's sums"),
        Column("lut", "LUT", used("lut"), about="LUT cells"),
        Column("scale_path_lut", "its LUT", used("lut", "path"), about="LUT cells of that path"),
        *_vivado(),
        Column("ff", "FF", used("ff"), about="flip-flops"),
        Column("dsp", "DSP", used("dsp"), about="DSP blocks"),
        Column("scale_path_dsp", "its DSP", used("dsp", "path"),
               about="DSP blocks of the scale path"),
        Column("lut_levels", "levels", level("lut"), about="LUTs in series between two registers"),
        Column("carry_bits", "carry", level("carry"),
               about="bits of the longest carry run between two registers"),
        *_estimated("fmax_mhz", "Fmax MHz", lambda e: e.fmax.figure if e.fmax else None,
                    "MHz after routing by Vivado or nextpnr, an estimate"),
    ]  # fmt: skip


def _vivado() -> list[Column]:
    """Vivado's LUTs, estimated."""
    about = "CLB LUTs of Vivado after synthesis, an estimate"
    return _estimated("vivado_lut", "Vivado LUT", lambda entry: entry.vivado_lut, about)


def _estimated(
    key: str, title: str, of: Callable[[Entry], Figure | None], about: str
) -> list[Column]:
    """A number and its bars, which people see as bars."""

    def number(name: str) -> Callable[[Entry], Value]:
        def value(entry: Entry) -> Value:
            found = of(entry)
            return None if found is None else round(float(getattr(found, name)), 1)

        return value

    def bars(entry: Entry) -> str:
        found = of(entry)
        return f"{rounded(found.least):,g}…{rounded(found.most):,g}" if found else "–"

    return [
        Column(key, title, number("value"), about=about, shown=bars),
        Column(f"{key}_from", "from", number("least"), about=f"{about}: the bar's lower end"),
        Column(f"{key}_to", "to", number("most"), about=f"{about}: the bar's upper end"),
    ]


def _routed() -> list[Column]:
    """The frequency that a router reaches, of which people see the median."""

    def number(of: Callable[[Routed], float]) -> Callable[[Entry], Value]:
        return lambda entry: None if entry.routed is None else round(of(entry.routed), 2)

    about = "MHz after placement and routing"
    return [
        Column("routed_mhz", "routed MHz", number(lambda r: r.fmax), 1,
               about=f"{about}, the median over seeds"),
        Column("routed_slowest_mhz", "slowest", number(lambda r: r.spread[0]), 1,
               about=f"{about}, of the slowest seed"),
        Column("routed_fastest_mhz", "fastest", number(lambda r: r.spread[1]), 1,
               about=f"{about}, of the fastest seed"),
    ]  # fmt: skip


def _moved(found: Comparison) -> list[Column]:
    def stream(*names: str) -> Callable[[Entry], Value]:
        def value(entry: Entry) -> Value:
            moved = entry.bytes_a_cycle
            return None if moved is None else round(sum(moved.get(n, 0) for n in names), 4)

        return value

    def total(entry: Entry) -> Value:
        moved = entry.bytes_a_cycle
        return None if moved is None else round(sum(moved.values()), 4)

    def bits(side: int) -> Callable[[Entry], Value]:
        return lambda entry: entry.operand_bits[side]

    return [
        Column("shape", "shape", lambda e: "x".join(map(str, e.candidate.shape)), made=DESIGN,
               about="rows × columns × lanes"),
        Column("macs_per_cycle", "MACs", lambda e: whole(float(e.candidate.rate)), made=DESIGN,
               about="MACs a cycle"),
        Column("latency", "latency", lambda e: e.candidate.hardware.latency, made=DESIGN,
               about="cycles from the last input to the first result"),
        Column("weight_element_bits", "w", bits(0), made=DESIGN,
               about="bits of a weight's element, without scales"),
        Column("activation_element_bits", "a", bits(1), made=DESIGN,
               about="bits of an activation's element, without scales"),
        Column("bits_per_weight", "bits/weight", lambda e: round(e.weight_bits, 4), 2, DESIGN,
               f"with scales, of a {found.asked.k} × {found.asked.k} matrix"),
        Column("weight_bytes", "weight B", stream("weight"), 2, DESIGN, "bytes a cycle at rate"),
        Column("activation_bytes", "activation B", stream("activation"), 2, DESIGN,
               "bytes a cycle at rate"),
        Column("scale_bytes", "scale B", stream("scale", "end_scale", "initial"), 2, DESIGN,
               "bytes a cycle at rate: of scales, zero points and biases"),
        Column("result_bytes", "result B", stream("result"), 3, DESIGN, "bytes a cycle at rate"),
        Column("bytes_per_cycle", "all B", total, 2, DESIGN, "bytes a cycle at rate, all streams"),
    ]  # fmt: skip


def _lost(found: Comparison) -> list[Column]:
    """SQNR of results on each data, and of the operands alone."""
    made = []
    for data in found.data:
        for what, title in (
            ("product", f"{data.name} dB"),
            ("weight", f"{data.name} weight dB"),
            ("activation", f"{data.name} activation dB"),
        ):
            key = f"sqnr_{data.name}" + ("" if what == "product" else f"_{what}")
            told = {"product": "results", "weight": "weights", "activation": "activations"}[what]
            about = f"signal to quantization noise of {told}: {data.title}"
            made.append(Column(key, title, _decibels(data.name, what), 1, DESIGN, about))
    return made


def _decibels(data: str, what: str) -> Callable[[Entry], Value]:
    def value(entry: Entry) -> Value:
        lost = entry.lost[data]
        found = None if lost is None else round(float(getattr(lost, what)), 3)
        return None if found == float("inf") else found

    return value


def whole(number: float | None) -> Value:
    """An integer where it is one."""
    if number is None:
        return None
    return int(number) if float(number).is_integer() else round(number, 2)


def commands(found: Comparison, entry: Entry) -> dict[str, str]:
    """What makes an entry's numbers, by kind."""
    asked, words = found.asked, entry.candidate.words
    board = shlex.quote(asked.board.name)
    rows, cols, lanes = entry.candidate.base
    alone = f"--macs {asked.macs} --k {asked.k} --rows {rows} --cols {cols} --lanes {lanes}"
    seed = "" if asked.seed == 1 else f" --seed {asked.seed}"
    mine = next((data.words for data in found.data if data.words), "")
    told = {
        DESIGN: f"macsmith compare {shlex.quote(entry.name)} {alone}{seed}"
        f"{mine} --board {board} --no-cost --json"
    }
    if asked.costs:
        told[COST] = _costed(asked, words, f" {_route(asked.seeds)}" if entry.routed else "")
    return told


def _route(seeds: Sequence[int]) -> str:
    """The options that route with these seeds: ``--seeds 7`` has all from 1 to 7."""
    if tuple(seeds) == tuple(range(1, len(seeds) + 1)):
        return f"--route --seeds {len(seeds)}"
    return "--route --seeds " + ",".join(map(str, seeds if len(seeds) > 1 else [*seeds, *seeds]))


def _costed(asked: Asked, words: str, route: str = "") -> str:
    """What makes the cost of a design."""
    board = shlex.quote(asked.board.name)
    if asked.fast:
        return f"macsmith predict {words} --board {board} --json"
    return f"macsmith synth {words} --board {board} --no-verify{route} --json"


def point_command(found: Comparison, point: Point) -> str:
    """What makes a point of the curve."""
    return _costed(found.asked, point.candidate.words)
