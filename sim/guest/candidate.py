"""A user's module, read and fitted to a design."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError
from ...hw.text.emit import Emitted
from ...hw.text.wrapper import wrapper
from ...tools import work, yosys
from .adapter import adapter
from .fit import Fit, fit
from .hardware import guest
from .portmap import read_map
from .source import Source, read


class Candidate:
    """A user's module, read and fitted to a design.

    Parameters
    ----------
    files : its Verilog.
    design : what it should do.
    ports : the file of the port map.
    top : the module; None for what the map says, or the only one that nobody instantiates.

    Raises DesignError with file and line for what does not fit.
    """

    def __init__(self, files: Sequence[Path], design: Any, ports: Path, top: str | None = None):
        found = read_map(ports)
        self.source: Source = read([*found.files, *files], top or found.top, found.parameters)
        self.guest = guest(design, found, self.source.top)
        core = f"{self.guest.name}_core"
        self.fit: Fit = fit(found, self.source, self.guest)
        for name in ("bench", self.guest.name, core):
            if name in self.source.modules:
                raise DesignError(f"a bench has a module {name} of its own: rename yours")
        self.verilog = adapter(self.fit, core, self.source.top, parameters=True)
        self.emitted = Emitted(self.guest, core, self.rtlil(), (), wrapper(self.guest, core))

    def rtlil(self, probe: int = 0) -> str:
        """The module in its adapter."""
        core = f"{self.guest.name}_core"
        inner = f"{core}_guest"
        with work.folder("guest") as folder:
            for name, text in self.source.texts().items():
                (folder / name).write_text(text, encoding="utf-8")
            adapted = adapter(self.fit, core, inner, probe=probe)
            (folder / f"{core}.v").write_text(adapted, encoding="utf-8")
            commands = [*self.source.commands(inner), f"read_verilog {core}.v"]
            commands += [f"hierarchy -check -top {core}", "proc", "flatten", "opt_clean -purge"]
            with self.source.placed("yosys"):
                yosys.run([*commands, "write_rtlil core.il"], folder)
            return (folder / "core.il").read_text(encoding="utf-8")
