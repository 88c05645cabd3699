"""Writes everything that belongs to an engine into a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments.commands import MEGAHERTZ
from .boards import fitted
from .contents import DEFAULT_PART, Beside, contents
from .folder import check_target, write_folder
from .golden.description import Design
from .hls import check_hls, hls_files
from .hw.text.emit import Emitted, emit
from .letters import ascii_letters
from .mapped import checked, mapped
from .sim.cpp import catalogue
from .sim.parser import parse
from .tools.progress import Step, Told, quiet
from .wrappers import check_wrappers

if TYPE_CHECKING:
    from .boards import Board

__all__ = ["DEFAULT_PART", "Beside", "Generated", "contents", "generate"]


@dataclass(frozen=True)
class Generated:
    """An output folder.

    Parameters
    ----------
    folder : absolute path.
    files : what it holds, relative to it, sorted.
    emitted : the hardware.
    """

    folder: Path
    files: tuple[Path, ...]
    emitted: Emitted


@dataclass(frozen=True)
class Choices:
    """How folders are written, beside what the design says: see :func:`generate`."""

    tiles: int = 40
    seed: int = 1
    board: Board | None = None
    megahertz: float = MEGAHERTZ
    netlist: str | None = None
    cpp: bool = False
    hls: int | None = None
    wrappers: Sequence[str] = ()

    def check(self, design: Design) -> None:
        """Raise before any work for what a folder of ``design`` cannot have."""
        checked(self.netlist, self.board)
        check_wrappers(design.name, self.wrappers)
        if self.hls is not None:
            check_hls(design, self.hls)
        if self.cpp or self.hls is not None:
            catalogue.files(design)


def generate(
    design: Design,
    folder: Path,
    *,
    force: bool = False,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
    netlist: str | None = None,
    cpp: bool = False,
    hls: int | None = None,
    wrappers: Sequence[str] = (),
    beside: Beside | None = None,
    progress: Told = quiet,
) -> Generated:
    """Write the complete output folder of ``design``; the same bytes for the same arguments.

    Parameters
    ----------
    folder : made with its parents. Interrupted work leaves nothing behind.
    force : write into a folder that has contents: what the manifest there lists is replaced,
        changed files too; files that it does not list stay.
    tiles : random reductions in the test bench, without stalls and with, each; beside them come
        those that reach the sums' bounds.
    seed : of the test bench's data and stalls.
    board : whose part Vivado's scripts name; the U280's if None.
    megahertz : of the clock in the constraints: a goal, not a promise.
    netlist : also write the netlist that is mapped for ``board``: ``verilog`` or ``edif``.
    cpp : also write the golden model in C++, with its DPI wrapper, into ``model``.
    hls : also write the black box of an engine for Vitis HLS, whose calls multiply so many elements
        of K, into ``hls``.
    wrappers : languages in whose words the module is wrapped beside: names in
        ``macsmith.wrappers.WRAPPERS``.
    beside : trials and files of a caller's own.
    progress : is told each step as it begins: what is done.

    Raises DesignError for a folder that cannot be taken, before any work; ToolFailed if a parser
    cannot read back the Verilog that was written.
    """
    check_target(folder, force=force)
    choices = Choices(tiles, seed, board, megahertz, netlist, cpp, hls, wrappers)
    choices.check(design)
    emitted, files = made_files(design, choices, beside=beside, progress=progress)
    progress(_reading(emitted))
    target = write_folder(folder, files, force=force, check=lambda new: parse(new, sources(files)))
    return Generated(target, tuple(Path(name) for name in sorted(files)), emitted)


def sources(files: Iterable[str]) -> list[str]:
    """The Verilog among ``files``: modules and benches, as a parser reads them."""
    return [name for name in files if re.search(r"(^|/)(rtl|tb|hls)/[^/]+\.s?v$", name)]


def _reading(emitted: Emitted) -> Step:
    return Step("writing files and reading the Verilog back", "parse", len(emitted.rtlil))


def made_files(
    design: Design, choices: Choices, *, beside: Beside | None = None, progress: Told = quiet
) -> tuple[Emitted, dict[str, str | bytes]]:
    """The hardware of ``design``, and all files of its folder: relative path -> contents.

    Parameters are those of :func:`generate`.
    """
    beside, board = beside or Beside(), choices.board
    progress(Step(f"emitting {design.name}", "emit"))
    emitted = emit(fitted(design, board) if board else design)
    if choices.cpp:
        golden = catalogue.files(emitted.design, emitted)
        plain = {path: ascii_letters(text) for path, text in golden.items()}
        beside = replace(beside, files={**beside.files, **plain})
    size = len(emitted.rtlil)
    made = None
    if choices.netlist is not None and board is not None:
        progress(Step(f"synthesizing {emitted.name} for {board.name}", "synth", size))
        made = mapped(emitted, board, choices.netlist)
    if choices.hls is not None:
        box = hls_files(emitted.design, choices.hls, made.cost.resources if made else None)
        plain = {path: ascii_letters(text) for path, text in box.items()}
        beside = replace(beside, files={**plain, **beside.files})
    progress(Step("computing the test bench's vectors", "vectors", size, ("parse",)))
    listed = contents(
        emitted,
        tiles=choices.tiles,
        seed=choices.seed,
        board=board,
        megahertz=choices.megahertz,
        netlist=made,
        wrappers=choices.wrappers,
        beside=beside,
    )
    return emitted, {**listed, **beside.files}
