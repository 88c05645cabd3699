"""From a Design to text: RTLIL with each distinct module once, Verilog of it and its wrapper."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import cast

from ...golden.description import Design, Engine, Target
from ...golden.description.serialize import to_toml
from ...golden.errors import DesignError
from ...golden.streams import Field, Stream
from ...tools import work
from ..catalogue import hardware
from ..design import Hardware
from ..dsp.block import instances
from ..dsp.kinds import BLOCK_KINDS
from ..engine.hardware import EngineHardware
from ..leaves import LEAVES, instantiated
from ..outside import Interface
from ..plan.array_plan import ArrayPlan
from . import kept
from .conversion import converted
from .merge import merge
from .registers import kept_apart
from .verilog.comments import commented
from .verilog.writer import verilog
from .wrapper import wrapper


@dataclass(frozen=True)
class Emitted:
    """The hardware of a design, as text.

    Parameters
    ----------
    hardware : what was built.
    core : name of the core module, with the port names of Amaranth.
    rtlil : the core and its modules, without instances of a maker's cells.
    keep : modules that are synthesized once and counted as often as they occur.
    wrapper : Verilog of the module called after the design.
    """

    hardware: Hardware
    core: str
    rtlil: str
    keep: tuple[str, ...]
    wrapper: str

    @property
    def name(self) -> str:
        return self.hardware.name

    @property
    def design(self) -> Design:
        return self.hardware.design

    @property
    def target(self) -> Target:
        return self.hardware.target

    @property
    def interface(self) -> Interface:
        return self.hardware.interface

    @property
    def streams(self) -> tuple[Stream, ...]:
        return self.hardware.streams

    @property
    def notes(self) -> Mapping[str, str]:
        return self.hardware.notes

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self.hardware.format_of(field)

    @property
    def engine(self) -> Engine:
        """Of an engine alone."""
        return cast(EngineHardware, self.hardware.alone).engine

    @property
    def plan(self) -> ArrayPlan:
        """Of an engine alone."""
        return cast(EngineHardware, self.hardware.alone).plan

    @cached_property
    def fabric(self) -> str:
        """As ``rtlil``, with DSP blocks and the leaves that the target asks for."""
        target, text = self.target, self.rtlil
        if target.policy == "dsp" and target.blocks != "inferred":
            make = partial(_with_blocks, self.hardware, self.core)
            text = _kept(self.design, "instances", make)
        if target.adders not in LEAVES:
            return text
        with work.folder("leaves") as folder:
            return instantiated(text, target.adders, folder)

    @cached_property
    def verilog(self) -> str:
        """The core as Verilog, with its modules and instances."""
        return kept.text("verilog", (self.fabric,), lambda: verilog(self.fabric))

    def enabled(self, core: str) -> str:
        """The core as Verilog under another name, with a port ``ce``: while that is low, nothing in
        it changes, resets included."""
        text = re.sub(rf"\\{self.core}(?=\b|_)", rf"\\{core}", self.fabric)
        return kept.text("verilog", (text, "enabled"), lambda: verilog(text, enabled=True))

    @property
    def cells(self) -> tuple[str, ...]:
        """The maker's cells that ``fabric`` instantiates."""
        known = (*LEAVES.values(), *(kind.cell for kind in BLOCK_KINDS.values()))
        return tuple(name for name in known if f"cell \\{name} " in self.fabric)

    @property
    def parts(self) -> dict[str, str]:
        """The modules that are costed apart, and what each is."""
        named = {f"{self.core}_{part}": what for part, what in self.hardware.parts.items()}
        return {module: what for module, what in named.items() if module in self.keep}


def emit(design: Design) -> Emitted:
    """The hardware of ``design``: same text for the same design."""
    found = hardware(design)
    core = f"{found.name}_core"
    text = _kept(design, "plain", partial(_text, found, core))
    named = rf"^module \\({core}_(?:{'|'.join(found.kept)})(?:_\d+)?)$"
    keep = tuple(re.findall(named, text, re.MULTILINE)) if found.kept else ()
    return Emitted(found, core, text, keep, wrapper(found, core))


def _kept(design: Design, how: str, make: Callable[[], str]) -> str:
    """RTLIL of a design, kept if a description tells all of it."""
    try:
        described = to_toml(design)
    except DesignError:  # a format of one's own
        return make()
    return kept.text("rtlil", (described, how), make)


def _with_blocks(found: Hardware, core: str) -> str:
    with instances():
        return _text(found, core)


def _text(found: Hardware, core: str) -> str:
    """RTLIL of a design, its modules merged and commented."""
    text, components = converted(found.component())
    return kept_apart(commented(merge(text, core), components))
