"""A design's block diagram: its parts one below the other, their stages, and all streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..golden.streams import Field, Stream
from ..hw.design import Hardware, Piece, StageRow
from .svg import Canvas, width_of, wrapped

#: Sizes in pixels: the room for streams left of a part, a part, the room for what leaves it.
LEFT, PART, RIGHT, MARGIN = 230, 330, 190, 24
#: Of text, and from a line to the next.
NAME, SMALL, STEP = 13, 11, 15
#: Above the stages of a part: its name and what it is.
HEAD = 30
#: About a stage, between stages, and between lines beside them.
PAD, GAP, LANE = 10, 14, 9
#: Between parts.
BETWEEN = 20


@dataclass(frozen=True)
class Arriving:
    """What comes to a stage from the left: a stream, or the results of the part before."""

    name: str
    lines: tuple[str, ...]
    joined: bool

    @property
    def height(self) -> float:
        return STEP * (1 + len(self.lines)) + 8


@dataclass(frozen=True)
class Box:
    """A stage, and what arrives at it."""

    row: StageRow
    what: tuple[str, ...]
    arriving: tuple[Arriving, ...]

    @property
    def height(self) -> float:
        own = STEP * (1 + len(self.what)) + 12
        return max(own, sum(item.height for item in self.arriving) + 4)


@dataclass(frozen=True)
class Column:
    """A part with its stages."""

    piece: Piece
    boxes: tuple[Box, ...]

    @property
    def height(self) -> float:
        return HEAD + sum(box.height + GAP for box in self.boxes)

    @property
    def width(self) -> float:
        return PART + LANE * len(self.detours)

    @property
    def detours(self) -> dict[int, list[int]]:
        """Stages that take the values of others than the one before: which, by number."""
        numbers = {box.row.stage: number for number, box in enumerate(self.boxes)}
        found: dict[int, list[int]] = {}
        for number, box in enumerate(self.boxes):
            taken = [numbers[name] for name in box.row.takes or () if name in numbers]
            if far := [source for source in taken if source != number - 1]:
                found[number] = far
        return found

    def follows(self, number: int) -> bool:
        """Whether a stage takes the values of the one before."""
        takes = self.boxes[number].row.takes
        return number > 0 and (takes is None or self.boxes[number - 1].row.stage in takes)


def draw(hardware: Hardware) -> str:
    """The SVG of a design: engines, units and chains."""
    columns = [Column(piece, tuple(_boxes(piece))) for piece in hardware.pieces]
    width = LEFT + max(column.width for column in columns) + RIGHT + 2 * MARGIN
    head = wrapped(hardware.summary, NAME, width - 2 * MARGIN)
    top: float = MARGIN + 26 + len(head) * STEP + 12
    tall = sum(column.height + BETWEEN for column in columns)
    canvas = Canvas(width, top + tall + 16 + MARGIN, f"{hardware.name}: {hardware.summary}")
    canvas.text(MARGIN, MARGIN + 14, hardware.name, size=17, bold=True)
    canvas.lines(MARGIN, MARGIN + 38, head, size=NAME, kind="muted")
    source = level = 0.0
    for column in columns:
        source, level = _column(canvas, column, MARGIN + LEFT, top, source)
        top += column.height + BETWEEN
    _results(canvas, hardware.pieces[-1], MARGIN + LEFT + PART - PAD, level)
    canvas.text(MARGIN, top + 16, _foot(hardware), size=NAME, kind="muted")
    return canvas.svg()


def _foot(hardware: Hardware) -> str:
    """Latency, rate, and how streams meet the world."""
    rates = "/".join(f"{rate:g}" for rate in hardware.rates.values())
    latency = f"latency {hardware.latency} cycles"
    return f"{latency}; {rates} {hardware.work}s per cycle; interface {hardware.target.interface}"


def _boxes(piece: Piece) -> list[Box]:
    """The stages of a part in order, each with the streams whose values it is the first to take.

    What comes once a reduction acts at its end: on the last stage.
    """
    streams = {stream.name: stream for stream in piece.hardware.streams}
    found: list[tuple[StageRow, list[StageRow]]] = []
    waiting: list[StageRow] = []
    late: list[StageRow] = []
    for row in piece.hardware.rows:
        if row.stream:
            (late if streams[row.stream].per == "reduction" else waiting).append(row)
            continue
        found.append((row, waiting))
        waiting = []
    found[-1][1].extend([*waiting, *late])
    room = PART - 2 * PAD - 16
    return [
        Box(row, tuple(wrapped(row.what, SMALL, room, 3)), tuple(_arriving(piece, rows)))
        for row, rows in found
    ]


def _arriving(piece: Piece, rows: list[StageRow]) -> Iterator[Arriving]:
    """The streams of some rows, with the values that each brings."""
    for name, group in groupby(rows, lambda row: row.stream):
        own = next(stream for stream in piece.hardware.streams if stream.name == name)
        if name == piece.entry:
            yield Arriving(name, tuple(wrapped(piece.join, SMALL, LEFT - 40, 5)), True)
            continue
        values = [line for row in group for line in wrapped(_values(row), SMALL, LEFT - 40, 2)]
        yield Arriving(piece.names.get(name, name), (_width(own), *values), False)


def _values(row: StageRow) -> str:
    """What a stream brings: ``weight code: 16 uint4 a step``."""
    count, _, often = row.what.split(";")[0].partition(" ")
    return f"{row.stage}: {count} {row.format or f'integers of {row.bits} bits'} {often}"


def _width(stream: Stream) -> str:
    bits = stream.payload_bits
    return f"{bits} bits per beat" + (", with last" if stream.last else "")


def _column(
    canvas: Canvas, column: Column, x: float, top: float, source: float
) -> tuple[float, float]:
    """Draw a part; returns how low its results leave to the next part, and to the right.

    ``source`` is where those of the part before leave.
    """
    boxes, hardware = column.boxes, column.piece.hardware
    canvas.box(x, top, column.width, column.height, "group")
    [short] = wrapped(f"{hardware.kind} {hardware.name}", NAME, (PART - 2 * PAD) / 1.12, 1)
    canvas.text(x + PAD, top + 20, short, size=NAME, bold=True, room=PART - 2 * PAD)
    places, y = [], top + HEAD
    for number, box in enumerate(boxes):
        places.append(y)
        _stage(canvas, box, x + PAD, y)
        _entries(canvas, box, x + PAD, y, source)
        if column.follows(number):
            canvas.arrow([(x + PART / 2, y - GAP), (x + PART / 2, y)])
        y += box.height + GAP
    right = x + PART - PAD
    for lane, (target, sources) in enumerate(column.detours.items(), 1):
        middle, beside = places[target] + 12, right + LANE * lane
        for start in sources:
            level = places[start] + boxes[start].height - 12
            canvas.arrow([(right, level), (beside, level), (beside, middle), (right, middle)])
    return places[-1] + boxes[-1].height - 10, places[-1] + 28


def _stage(canvas: Canvas, box: Box, x: float, y: float) -> None:
    """A stage: its name, the width of its values, what it does, and the cycles it takes."""
    room, row = PART - 2 * PAD, box.row
    form = f" {row.format}" if row.format else ""
    told = f"{row.bits} bits{form}"
    if row.cycles:
        told += f", {row.cycles} cycle" + "s" * (row.cycles > 1)
    canvas.box(x, y, room, box.height, _kind(row))
    right = width_of(told, SMALL)
    [name] = wrapped(row.stage, NAME, (room - right - 24) / 1.12, 1)
    y += (box.height - STEP * (1 + len(box.what)) - 12) / 2
    canvas.text(x + 8, y + 18, name, size=NAME, bold=True, room=room - right - 16)
    canvas.text(x + room - 8, y + 18, told, size=SMALL, kind="muted", anchor="end")
    canvas.lines(x + 8, y + 34, box.what, size=SMALL, kind="muted", room=room - 16)


def _kind(row: StageRow) -> str:
    """The colour of a stage: what sums, what scales, what leaves."""
    name = row.stage.split()[0].rstrip(",")
    kinds = {"term": "scaled", "result": "made", "round": "made", "multiply": "scaled"}
    return kinds.get(name, "summed" if name in ("step", "group", "accumulator", "sum") else "box")


def _entries(canvas: Canvas, box: Box, x: float, y: float, source: float) -> None:
    """The streams that arrive at a stage."""
    spare = box.height - sum(item.height for item in box.arriving)
    y += spare / 2
    start = x - PAD - LEFT + 12
    for item in box.arriving:
        level = y + STEP + 3
        if item.joined:  # from the last stage of the part before, along its edge
            beside = x - PAD - 16
            canvas.arrow([(x, source), (beside, source), (beside, level), (x, level)])
        else:
            canvas.arrow([(start, level), (x, level)])
        name = "results from above" if item.joined else item.name
        [name] = wrapped(name, NAME, (LEFT - 44) / 1.12, 1)
        canvas.text(start + 8, level - 5, name, size=NAME, bold=True, room=LEFT - 44)
        canvas.lines(start + 8, level + 13, item.lines, size=SMALL, kind="muted", room=LEFT - 40)
        y += item.height


def _results(canvas: Canvas, piece: Piece, x: float, y: float) -> None:
    """What leaves the last part."""
    [stream] = piece.hardware.results
    end = canvas.width - MARGIN
    canvas.arrow([(x, y), (end, y)])
    left = end - RIGHT + 14
    canvas.text(left, y - 7, piece.names.get(stream.name, stream.name), size=NAME, bold=True)
    told = [
        line
        for field in stream.fields
        for line in wrapped(_held(piece, field), SMALL, RIGHT - 30, 5)
    ]
    lines = [_width(stream), *told]
    canvas.lines(left, y + 15, lines, size=SMALL, kind="muted", room=RIGHT - 20)


def _held(piece: Piece, field: Field) -> str:
    """How many values of what a beat of results holds, in words."""
    form, unit = piece.hardware.format_of(field)
    unsaid = "" if unit is None else f" in units of 2^{unit}"
    what = f"integers of {field.bits} bits{unsaid}" if form == "integer" else form
    flags = f", each with {', '.join(field.flags)}" if field.flags else ""
    return f"{field.count} {what}{flags}"
