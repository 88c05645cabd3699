"""List the formats, presets, units, chains, boards, parts, datapaths, flows and interfaces."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from .. import boards
from ..arguments.commands import TOPICS
from ..designs import chain_presets, design, presets, unit_presets
from ..golden import formats
from ..golden.bounds import MAX_EXACT, Range, of_format
from ..golden.description import Engine, Operand
from ..golden.description.build import DATAPATHS, FLOWS, INTERFACES
from ..golden.description.unit import UNITS, Unit
from ..golden.errors import DesignError, UnknownName
from ..golden.formats import ROUNDINGS, Format
from ..golden.formats.oracles import oracles
from ..hw import datapaths
from ..hw.engine.planner import plan
from ..units import parameters
from .common import print_json, table

COSTS = Path(__file__).parent.parent / "format_costs.toml"
#: Block memories as their makers call them, by the resource's name in a board's file.
MEMORIES = {
    "bram36": "36 kbit",
    "uram": "URAM 288 kbit",
    "ebr18": "18 kbit",
    "ebr4": "4 kbit",
    "bsram": "18 kbit",
    "spram": "SPRAM 256 kbit",
    "lram": "LRAM 512 kbit",
}

#: Columns that JSON alone has.
_TOO_LONG = ("source",)


def run(arguments: argparse.Namespace) -> int:
    topic = arguments.topic
    if topic is not None and topic not in TOPICS:
        raise UnknownName("topic", topic, TOPICS)
    found = {name: _rows(name) for name in ([topic] if topic else TOPICS)}
    if arguments.json:
        print_json(found[topic] if topic else found)
        return 0
    for number, (name, rows) in enumerate(found.items()):
        if number:
            print()
        if not topic:
            print(f"{name}:")
        header = [column for column in rows[0] if column not in _TOO_LONG]
        print(table([[_short(row[column]) for column in header] for row in rows], header))
        if name == "formats":
            print("\n" + _conditions())
    return 0


def _short(cell: Any) -> str:
    """A cell of a table; of a large number three digits, JSON has them all."""
    return re.sub(r"(\d\.\d\d)\d+(?=e[+-])", r"\1", str(cell))


def _rows(topic: str) -> list[dict[str, Any]]:
    if topic == "formats":
        return [_format(formats.lookup(name)) for name in formats.names()]
    if topic == "presets":
        return [_preset(name) for name in presets()]
    if topic == "units":
        return [*map(_kind, UNITS), *map(_unit, unit_presets())]
    if topic == "chains":
        return [_chain(name) for name in chain_presets()]
    if topic == "boards":
        return [_board(name) for name in boards.names()]
    if topic == "parts":
        known = map(boards.part, boards.devices())
        return [{**_device(device), "source": device.source} for device in known]
    if topic == "datapaths":
        scopes = {"auto": "the cheapest that serves the pair"}
        scopes |= {kind.name: kind.scope for kind in datapaths.KINDS.values()}
        return [{"name": name, "serves": scopes[name]} for name in DATAPATHS]
    if topic == "flows":
        return [{"name": name, "serves": FLOWS[name].scope} for name in FLOWS]
    if topic == "interfaces":
        return [{"name": name, "what": " ".join(INTERFACES[name].about)} for name in INTERFACES]
    return [{"name": name} for name in ROUNDINGS]


def _conditions() -> str:
    found = _measured()["conditions"]
    shape = " × ".join(str(found[side]) for side in ("rows", "cols", "lanes"))
    return (
        "exact sum: bits of the accumulator for the format with itself at K = 4096. sites/MAC: of "
        f"a raw\nengine of the format with itself, and with int8, on the {found['board']} at "
        f"{shape} (policy {found['policy']}, datapath {found['datapath']}).\noracle: who else "
        "decodes every code in the tests; a definition is a second model in rational arithmetic."
    )


def _format(item: Format) -> dict[str, Any]:
    product = of_format(item) * of_format(item)
    width = Range(product.lsb, product.low, product.high).times(4096).width
    specials = [name for name, has in (("NaN", item.has_nan), ("Inf", item.has_inf)) if has]
    return {
        "name": item.name,
        "bits": item.bits,
        "min": f"{float(item.minimum):g}",
        "max": f"{float(item.maximum):g}",
        "step": f"2^{item.lsb}",
        "specials": " ".join(specials) or "–",
        "exact sum": f"{width}" if width <= MAX_EXACT else f"{width} (aligned)",
        "sites/MAC": _cost(item, "itself"),
        "× int8": _cost(item, "int8"),
        "oracle": ", ".join(oracles(item)),
    }


def _cost(item: Format, partner: str) -> str:
    """Sites per MAC, as measured; a dash for what no plain engine multiplies."""
    return str(_measured()["sites"].get(item.name, {}).get(partner, "–"))


@cache
def _measured() -> dict[str, Any]:
    """What docs/format_costs.py wrote."""
    return tomllib.loads(COSTS.read_text(encoding="utf-8"))


def _preset(name: str) -> dict[str, Any]:
    engine = design(name)
    mode = engine.modes[0]
    sides = mode.weight, mode.activation
    elements = [" + ".join(p.element.name for p in s.planes if not p.constant) for s in sides]
    return {
        "name": name,
        "weight": elements[0],
        "weight scales": _scales(mode.weight),
        "activation": elements[1],
        "activation scales": _scales(mode.activation),
        "result": mode.output.format.name if mode.output.format else "raw",
        "modes": len(engine.modes),
        "hardware": "yes" if _buildable(engine) else "no, golden model only",
    }


def _scales(operand: Operand) -> str:
    """What the operand's levels are, each with the elements that share one."""
    return ", ".join(f"{lv.format.name} per {lv.span}" for lv in operand.levels) or "–"


def _buildable(engine: Engine) -> bool:
    try:
        plan(engine)
    except DesignError:
        return False
    return True


def _kind(name: str) -> dict[str, Any]:
    """A kind of unit, with the defaults of its parameters, as ``--set`` takes them."""
    unit = UNITS[name](name=name)
    what = (type(unit).__doc__ or "").split("\n")[0].replace("``", "")
    return {"name": name, "kind": "–", "parameters": _told(unit, parameters(unit)), "what": what}


def _unit(name: str) -> dict[str, Any]:
    """A unit's preset, with the parameters that differ from the defaults of its kind."""
    unit = design(name)
    default = UNITS[unit.kind](name=name)
    changed = [key for key in parameters(unit) if getattr(unit, key) != getattr(default, key)]
    what = _comment(unit_presets()[name])
    return {"name": name, "kind": unit.kind, "parameters": _told(unit, changed), "what": what}


def _chain(name: str) -> dict[str, Any]:
    """A chain's preset, with its parts in order."""
    chain = design(name)
    parts = [f"{part.kind} {part.name}" if isinstance(part, Unit) else part.name
             for part in chain.parts]  # fmt: skip
    return {"name": name, "parts": " → ".join(parts), "what": _comment(chain_presets()[name])}


def _comment(path: Path) -> str:
    """What a preset's first lines say, up to its source."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = " ".join(line[2:] for line in takewhile(lambda line: line.startswith("# "), lines))
    return comment.partition(" Source:")[0]


def _told(unit: Unit, names: Sequence[str]) -> str:
    return " ".join(f"{name}={_shown(getattr(unit, name))}" for name in names)


def _shown(value: Any) -> str:
    """A parameter's value as ``--set`` takes it."""
    if isinstance(value, tuple):
        return ",".join(map(_shown, value)) or "none"
    if value is None:
        return "none"
    return value.name if isinstance(value, formats.Format) else str(value)


def _board(name: str) -> dict[str, Any]:
    board = boards.lookup(name)
    clock = board.clock
    return {
        "name": board.name,
        "part": board.part,
        **_device(board),
        "clock": f"{clock.frequency:g} MHz, {clock.pin}" if clock else "–",
        "source": f"{board.source}; clock: {clock.source}" if clock else board.source,
    }


def _device(board: boards.Board) -> dict[str, Any]:
    """What an FPGA has; of a part without a board, its name is what parts' names begin with."""
    held = {key: count for key, count in board.resources.items() if key in MEMORIES and count}
    return {
        "name": board.name,
        "family": board.family,
        **{key: board.resources.get(key, 0) for key in ("lut", "ff", "dsp")},
        "BRAM": ", ".join(f"{count:g} × {MEMORIES[key]}" for key, count in held.items()),
    }
