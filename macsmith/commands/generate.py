"""Write a design's Verilog, testbench, scripts and manifest into a folder."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

from .. import boards
from ..golden.description import Design
from ..golden.errors import DesignError, UnknownName
from ..hw.catalogue import hardware
from ..naming import fitted_name
from ..options import Options
from ..output import generate
from ..project import Project, generate_project, is_project
from .common import chosen, following, print_json


def run(arguments: argparse.Namespace) -> int:
    designs = _designs(arguments)
    how = {
        "force": arguments.force,
        "board": boards.lookup(arguments.board) if arguments.board else None,
        "megahertz": arguments.clock,
        "netlist": arguments.netlist,
        "cpp": arguments.cpp,
        "hls": arguments.hls,
        "wrappers": tuple(arguments.wrapper or ()),
    }
    folder: Path | None = arguments.folder
    whole = len(designs) > 1 or arguments.project or (folder is not None and is_project(folder))
    return (_project if whole else _alone)(arguments, designs, how)


def _designs(arguments: argparse.Namespace) -> list[Design]:
    """The designs that are named, as they are built for the board."""
    names, found = [arguments.design, *arguments.more], []
    if len(names) > 1 and arguments.name:
        raise DesignError(
            f"--name is of one design, and {len(names)} are named: generate each into the folder "
            "by itself"
        )
    for name in names:
        arguments.design = name  # what is refused here is of this one
        try:
            found.append(_built(arguments))
        except UnknownName:
            raise
        except DesignError as error:
            if len(names) == 1 or not any(getattr(arguments, f.name) for f in fields(Options)):
                raise
            apart = f"generate {name} by a call of its own into the same folder"
            ways = ", or ".join(filter(None, (error.otherwise, apart)))
            raise DesignError(error.what, *error.advice, otherwise=ways) from None
    return found


def _built(arguments: argparse.Namespace) -> Design:
    """One design, as it is built for the board."""
    engine = chosen(arguments)
    if arguments.board:
        board = boards.lookup(arguments.board)
        fitted = boards.fitted(engine, board)
        engine = replace(cast(Any, fitted), name=arguments.name or fitted_name(engine, fitted))
    hardware(engine)
    return engine


def _alone(arguments: argparse.Namespace, designs: list[Design], how: dict[str, Any]) -> int:
    """One design fills the folder."""
    [engine] = designs
    folder = arguments.folder or Path("out") / engine.name
    with following() as told:
        made = generate(engine, folder, progress=told, **how)
    files = [str(folder / name) for name in made.files]
    if arguments.json:
        print_json({"design": engine.name, "folder": str(folder), "files": files})
    else:
        print("\n".join(files))
        print("\n" + "\n".join(_next(engine.name, folder)))
    return 0


def _project(arguments: argparse.Namespace, designs: list[Design], how: dict[str, Any]) -> int:
    """Each design has a folder of its own in the folder."""
    folder = arguments.folder
    if folder is None:
        raise DesignError("a project needs a folder: say which with -o, such as -o out/project")
    with following() as told:
        made = generate_project(designs, folder, progress=told, **how)
    files = [str(folder / name) for name in made.files]
    if arguments.json:
        found = {"project": made.name, "designs": list(made.designs)}
        print_json({**found, "folder": str(folder), "files": files})
    else:
        print("\n".join(files))
        print("\n" + "\n".join(_next_of_project(made, folder)))
    return 0


def _next_of_project(made: Project, folder: Path) -> list[str]:
    """What to do with a project, a line each."""
    lines = [f"{made.name} holds {', '.join(made.designs)}"]
    where = shlex.quote(str(folder))
    lines.append(f"next: fusesoc --cores-root={where} core list")
    if Path("vivado.tcl") in made.files:
        script = shlex.quote(str(folder / "vivado.tcl"))
        lines.append(f"      vivado -mode batch -source {script}    (or source it in a project)")
    return lines


def _next(name: str, folder: Path) -> list[str]:
    """What to do with the folder, a line each."""

    def at(*parts: str) -> str:
        return shlex.quote(str(folder.joinpath(*parts)))

    lines = [f"next: make -C {at('tb')} icarus    (or verilator): the test bench, ends in PASS"]
    lines.append(f"      python {at('tb', f'test_{name}.py')}: the same with cocotb")
    if (folder / "vivado").is_dir():
        lines.append(f"      vivado -mode batch -source {at('vivado', 'synth_ooc.tcl')}")
    if (folder / "netlist" / "place_ooc.tcl").is_file():
        lines.append(f"      vivado -mode batch -source {at('netlist', 'place_ooc.tcl')}")
    if (folder / "hls").is_dir():
        box = at("hls", f"{name}_hls.json")
        lines.append(f"      add_files -blackbox {box}: the engine in Vitis HLS, in a script of it")
    if (folder / "driver.py").is_file():
        lines.append(f"      {at('driver.py')}: drives it behind AXI DMAs, on boards with PYNQ")
    return [*lines, f"      {at(f'{name}_instance.v')}: how to instantiate {name}"]
