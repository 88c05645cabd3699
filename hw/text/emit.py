"""From a Design to text: RTLIL with each distinct module once, Verilog of it and its wrapper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jinja2

from ...golden.bounds import Range
from ...golden.description import Engine
from ...tools import work
from ..array.flows import array
from ..dsp.block import instances
from ..dsp.kinds import KINDS
from ..engine.component import ScaledEngine
from ..engine.planner import plan
from ..leaves import LEAVES, instantiated
from ..plan.array_plan import ArrayPlan
from ..plan.modes import ModalPlan
from ..plan.plan import Plan
from ..plan.streams import Field, Stream, streams
from .conversion import converted
from .merge import merge
from .verilog.comments import commented
from .verilog.writer import verilog

#: Modules that stay apart in synthesis: repeated ones, registered at their edge.
KEPT = ("pe", "tile", "row_sum", "column_sum", "unit", "path")


@dataclass(frozen=True)
class Emitted:
    """The hardware of an engine.

    Parameters
    ----------
    engine, plan, streams : what was built.
    core : name of the core module, with the port names of Amaranth.
    rtlil : the core and its modules, without instances of a maker's cells.
    keep : modules that are synthesized once and counted as often as they occur.
    wrapper : Verilog of the module called after the engine.
    """

    engine: Engine
    plan: ArrayPlan
    streams: tuple[Stream, ...]
    core: str
    rtlil: str
    keep: tuple[str, ...]
    wrapper: str

    @cached_property
    def fabric(self) -> str:
        """As ``rtlil``, with DSP blocks and the leaves that the build asks for."""
        build, text = self.engine.build, self.rtlil
        if build.policy == "dsp" and build.blocks != "inferred":
            with instances():
                text = _text(self.plan, self.core)
        if build.adders not in LEAVES:
            return text
        with work.folder("leaves") as folder:
            return instantiated(text, build.adders, folder)

    @cached_property
    def verilog(self) -> str:
        """The core as Verilog, with its modules and instances."""
        return verilog(self.fabric)

    @property
    def cells(self) -> tuple[str, ...]:
        """The maker's cells that ``fabric`` instantiates."""
        known = (*LEAVES.values(), *(kind.cell for kind in KINDS.values()))
        return tuple(name for name in known if f"cell \\{name} " in self.fabric)

    @property
    def scale_path(self) -> str | None:
        """The module between the array's sums and the results, which is costed apart."""
        name = f"{self.core}_path"
        return name if name in self.keep else None


def emit(engine: Engine) -> Emitted:
    """The hardware of ``engine``: same text for the same design."""
    planned = plan(engine)
    core = f"{engine.name}_core"
    text = _text(planned, core)
    kept = rf"^module \\({core}_(?:{'|'.join(KEPT)})(?:_\d+)?)$"
    keep = tuple(re.findall(kept, text, re.MULTILINE))
    ports = streams(planned)
    return Emitted(engine, planned, ports, core, text, keep, _wrapper(engine, planned, ports))


def _text(planned: ArrayPlan, core: str) -> str:
    """RTLIL of a plan, its modules merged and commented."""
    text, components = converted(component(planned))
    return commented(merge(text, core), components)


def component(planned: ArrayPlan):
    """The component of a plan: the array alone where its sums are the results."""
    if isinstance(planned, Plan) and planned.serial:
        return ScaledEngine(planned)
    return array(planned)


def summary(engine: Engine, planned: ArrayPlan) -> str:
    """One line that says what the engine is."""
    what = " or ".join(mode.label for mode in planned.modes)
    lanes = "/".join(str(mode.lanes) for mode in planned.modes)
    shape = f"{planned.rows} rows × {planned.cols} columns × {lanes} lanes"
    most = "/".join(str(k) for k in dict.fromkeys(item.k_max for item in engine.modes))
    return f"{what}, {shape}, K up to {most}, latency {planned.latency} cycles"


def format_of(planned: ArrayPlan, field: Field) -> tuple[str, int | None]:
    """The format of a field's values, or ``integer`` and the exponent of its unit.

    Where modes differ, all of theirs, and no unit.
    """
    if field.kind == "mode":
        return "mode", None
    found = [_format_of(mode, field) for mode in planned.modes]
    name = "/".join(dict.fromkeys(name for name, _ in found))
    units = {unit for _, unit in found}
    return name, units.pop() if len(units) == 1 else None


def _format_of(planned: Plan, field: Field) -> tuple[str, int | None]:
    if field.kind == "words":
        return planned.sums[0].pairs[0].formats[field.side or 0].name, None
    arithmetic = planned.arithmetic
    operand = arithmetic.activation if field.side else arithmetic.weight
    if field.kind == "codes":
        return operand.codes[field.array].name, None
    if field.kind == "scales":
        return next(lv.format.name for lv in operand.levels if lv.name == field.array), None
    if field.kind in ("select", "index"):
        return {"select": "table", "index": "place"}[field.kind], None
    if field.kind == "bias":
        return arithmetic.output.bias.name, None
    values = planned.initial if field.kind == "initial" else planned.result
    return ("integer", values.lsb) if isinstance(values, Range) else (values.name, None)


def notes(planned: ArrayPlan, interface: str = "native") -> dict[str, str]:
    """What each stream carries, in one line."""
    return {stream.name: _note(planned, stream, interface) for stream in streams(planned)}


def _note(planned: ArrayPlan, stream: Stream, interface: str) -> str:
    group = (planned.group_steps or 0) * planned.modes[0].step
    often = {"step": "every step", "group": f"every group of {group}"}
    often["set"] = "once for all steps that use it"
    if planned.group_steps is None:
        often["group"] = "every reduction"
    head = often.get(stream.per, "every reduction")
    if stream.per == "result":
        head = "one result a beat, row by row, column by column"
    fields = [_field_note(planned, field) for field in stream.fields]
    ends = "tile" if stream.per == "result" else "reduction"
    if planned.stationary:
        ends = "use of the weights; every step is a reduction"
    last = f"; last ends the {ends}" if stream.last else ""
    names = stream.fields[0].flags
    where = "in TUSER" if interface == "axis" else "above each value"
    told = ", ".join({"positive": "positive (+infinity)", "negative": "negative (-infinity)"}
                     .get(name, name) for name in names)  # fmt: skip
    flags = f"; flags {where}, low bit first: {told}" if names else ""
    return f"{head}, from the low bits: {', '.join(fields)}{flags}{last}"


def _field_note(planned: ArrayPlan, field: Field) -> str:
    """A field's name, its format, and the order of its values."""
    form, unit = format_of(planned, field)
    form = form if unit is None else f"integers in units of 2^{unit}"
    whose = ("row", "column")[field.side or 0]
    if field.kind == "mode":
        which = ", ".join(f"{n}: {mode.label}" for n, mode in enumerate(planned.modes))
        return f"mode ({which}; the same for all steps of a reduction)"
    if field.kind == "words" and isinstance(planned, ModalPlan):
        names = [_format_of(mode, field)[0] for mode in planned.modes]
        held = ", ".join(f"{planned.count(n)} × {name}" for n, name in enumerate(names))
        return f"words of {field.bits} bits ({held}, from the low bits; {whose} by {whose})"
    if field.kind == "codes":
        return f"{field.array} ({form}; {whose} by {whose}, lane by lane)"
    if field.kind == "index":
        return (
            f"{field.name} (place in its window of {planned.structure}; ascending within a "
            f"window; {whose} by {whose}, lane by lane)"
        )
    if field.kind in ("scales", "bias", "select"):
        shared = field.vectors == 1 and _shared(planned, field)
        return f"{field.name} ({form}; {'one for all' if shared else f'one a {whose}'})"
    outputs = f", {field.lanes} outputs each" if field.lanes > 1 else ""
    order = "" if planned.serial and field.kind == "value" else "; row by row, column by column"
    return f"{field.name} ({form}{order}{outputs})"


def _shared(planned: ArrayPlan, field: Field) -> bool:
    if not isinstance(planned, Plan):
        return False
    sides = planned.arithmetic.weight, planned.arithmetic.activation
    return field.side is not None and any(
        level.name == field.array and level.span.rows is None for level in sides[field.side].levels
    )


def _wrapper(engine: Engine, planned: ArrayPlan, ports: tuple[Stream, ...]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    template = environment.get_template(f"{engine.build.interface}.v.j2")
    buses = ":".join(f"{'m' if s.output else 's'}_axis_{s.name}" for s in ports)
    return template.render(
        name=engine.name,
        core_name=f"{engine.name}_core",
        summary=summary(engine, planned),
        notes=notes(planned, engine.build.interface),
        streams=ports,
        buses=buses,
    )
