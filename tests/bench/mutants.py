"""Prints which mutants of an engine's Verilog its stimuli kill: ``make mutants ENGINE=w4a8``.

A mutant is the core with one bit of one cell changed, as ``yosys mutate`` picks them. All stand in
one netlist, of which an input chooses one: so each simulator is built once. Two sets of stimuli are
judged, those of the emitted test bench and those of ``macsmith verify`` on the compiled core.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from macsmith.golden.errors import ToolFailed
from macsmith.hw.text.emit import Emitted, emit
from macsmith.sim import cxxrtl, glue
from macsmith.sim.batch import run_batch
from macsmith.sim.stimuli import tiles
from macsmith.sim.streams import Simulator
from macsmith.sim.verify import stimuli
from macsmith.tools import verilator, work, yosys

from macsmith.arguments.parser import design_arguments
from macsmith.commands.common import chosen, progress, table
from macsmith.output import contents

#: Bits of the input that chooses a mutant; 0 is the core as it is.
WIDTH = 12

#: Tiles that verify sends in bulk, for each that it sends under stalls.
BULK = 10

#: Tiles in one call: a mutant that dies is not tried further.
SHARE = 50

#: Seconds after which a run of the test bench counts as killed: it hangs.
PATIENCE = 300

_FLAT = ["flatten", "opt -fast", "wreduce", "opt_clean -purge"]


def mutated(emitted: Emitted, count: int, seed: int, folder: Path) -> list[str]:
    """Write ``flat.il`` and, with all mutants, ``mutants.il`` and ``mutants.v``; what each is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "core.il").write_text(emitted.rtlil, encoding="utf-8")
    load = ["read_rtlil core.il", f"hierarchy -check -top {emitted.core}", "proc -norom", *_FLAT]
    listed = f"mutate -list {3 * count} -seed {seed} -o list.txt"
    yosys.run([*load, "write_rtlil flat.il", listed], folder, log="list.log")
    # A mutant of a clock is no design of one clock.
    lines = [
        line
        for line in (folder / "list.txt").read_text(encoding="utf-8").splitlines()
        if " -port CLK " not in line
    ]
    lines = lines[:count]
    commands = [
        f"{line} -ctrl mutsel {WIDTH} {number}" for number, line in enumerate(lines, start=1)
    ]
    written = ["write_rtlil mutants.il", "write_verilog -norename -noattr mutants.v"]
    yosys.run(["read_rtlil flat.il", *commands, *written], folder, log="mutate.log")
    return [_words(line) for line in lines]


def _words(line: str) -> str:
    """A mutation as its mode and its place."""
    mode, cell, port, bit = (
        re.search(rf"-{what} (\S+)", line)[1] for what in ("mode", "cell", "port", "portbit")
    )
    wire = re.search(r"-wire (\S+) -wirebit (\d+)", line)
    place = cell.replace("$flatten\\", "").replace("\\", "")
    return f"{mode} {place}.{port}[{bit}]" + (f" ({wire[1]}[{wire[2]}])" if wire else "")


class Mutants(Simulator):
    """The compiled core with all its mutants."""

    def __init__(self, emitted: Emitted, folder: Path):
        self._netlist = (folder / "mutants.il").read_text(encoding="utf-8")
        super().__init__(emitted)

    def _build(self, files, commands, optimize):
        pin, port = ".mutsel(mutsel)", f"input [{WIDTH - 1}:0] mutsel"
        top = files["top.v"].replace("module top(", f"module top({port}, ")
        files |= {"core.il": self._netlist, "top.v": top.replace(" core (", f" core ({pin}, ")}
        commands = [line for line in commands if "keep_hierarchy" not in line]
        select = 'extern "C" void select_mutant(void *handle, uint64_t number) {\n'
        select += "  put(static_cast<Top *>(handle)->p_mutsel, number);\n}\n"
        surround = glue.glue(self.sources, self.result) + select
        self.library = cxxrtl.build(files, commands, surround, "streams.cpp", optimize=optimize)
        return self.library

    def choose(self, number: int) -> None:
        """Start anew as one of the mutants; 0 is none."""
        self._destroy(self._handle)
        self._handle = self.library.create()
        self.library.select_mutant(ctypes.c_void_p(self._handle), ctypes.c_uint64(number))


def under_verify(emitted: Emitted, folder: Path, count: int, tiles_sent: int) -> list[bool]:
    """For each mutant, and the core first, whether verify's stimuli tell it from the core."""
    machine, plan, many = Mutants(emitted, folder), emitted.plan, BULK * tiles_sent // 2
    ways = {"steps": plan.reduction_cycles}
    shares = [
        *((part, 1) for part in _parts(stimuli(emitted, tiles_sent, 1))),
        *((part, 0) for part in _parts(tiles(emitted.engine, many, 2, **ways, every=1))),
        *((part, 3) for part in _parts(tiles(emitted.engine, many, 3, **ways))),
    ]

    def killed(number: int) -> bool:
        machine.choose(number)
        for part, stalls in shares:
            found = run_batch(emitted, part, simulator=machine, stalls=stalls)
            late = found.expected_cycles is not None and found.cycles != found.expected_cycles
            if found.report or late:
                return True
        return False

    return [killed(number) for number in range(count + 1)]


def _parts(sent: list) -> list[list]:
    return [sent[begin : begin + SHARE] for begin in range(0, len(sent), SHARE)]


def under_bench(emitted: Emitted, folder: Path, count: int) -> list[bool]:
    """For each mutant, and the core first, whether the emitted test bench fails."""
    program = _bench(emitted, folder)

    def killed(number: int) -> bool:
        try:
            words = [program, f"+mutsel={number}", "+verilator+quiet"]
            done = subprocess.run(
                words, cwd=program.parent, capture_output=True, encoding="utf-8", timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return True
        return not re.search("^PASS ", done.stdout, re.MULTILINE)

    return [killed(number) for number in range(count + 1)]


def _bench(emitted: Emitted, folder: Path) -> Path:
    """The emitted test bench around the mutants, as a program that takes ``+mutsel=``."""
    verilator.use_verilator()
    name, work = emitted.engine.name, folder / "bench"
    files = contents(emitted)
    files[f"rtl/{name}_core.v"] = _with_argument((folder / "mutants.v").read_text(encoding="utf-8"))
    for path, text in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text, encoding="utf-8")
    flags = "CFG_CXXFLAGS_STD=-std=gnu++20 CFG_CXXFLAGS_PCH_I=-include OPT_GLOBAL=-O1"
    words = ["verilator", "--binary", "--timing", "-Wno-fatal", "-Wno-lint", "-j", "0"]
    words += ["-MAKEFLAGS", f"{flags} CFG_LDLIBS_THREADS=-pthread", "--top-module", f"{name}_tb"]
    words += ["--Mdir", "build", "-o", "bench", f"../rtl/{name}_core.v", f"../rtl/{name}.v"]
    words += [f"{name}_tb.v", *(f"{cell}.v" for cell in emitted.cells)]
    done = subprocess.run(words, cwd=work / "tb", capture_output=True, encoding="utf-8")
    program = work / "tb" / "build" / "bench"
    if done.returncode or not program.exists():
        raise ToolFailed(f"the test bench cannot be built: {done.stderr[-500:]}")
    # It reads its vectors from the current folder.
    target = work / "tb" / "bench"
    target.unlink(missing_ok=True)
    os.link(program, target)
    return target.resolve()


def _with_argument(core: str) -> str:
    """The core's Verilog, where a program's argument chooses the mutant instead of a port."""
    port = rf"  input \[{WIDTH - 1}:0\] mutsel;\n  wire (.*) mutsel;\n"
    argument = 'initial if (!$value$plusargs("mutsel=%d", mutsel)) mutsel = 0;'
    core = re.sub(port, lambda found: f"  reg {found[1]} mutsel;\n  {argument}\n", core)
    return re.sub(r", mutsel(?=\))|\bmutsel, ", "", core, count=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    design_arguments(parser)
    parser.add_argument("--count", type=int, default=100, help="mutants (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of yosys's choice of mutants")
    parser.add_argument("--tiles", type=int, default=100, help="random reductions of verify")
    arguments = parser.parse_args()
    engine = chosen(arguments)
    emitted = emit(engine)
    folder = work.root().parent / "mutants" / engine.name
    progress(f"mutating {engine.name}")
    words = mutated(emitted, arguments.count, arguments.seed, folder)
    kinds, seconds = ("emitted bench", "verify"), []
    found = []
    for kind, judge in zip(kinds, (
        lambda: under_bench(emitted, folder, len(words)),
        lambda: under_verify(emitted, folder, len(words), arguments.tiles),
    ), strict=True):  # fmt: skip
        progress(f"{len(words)} mutants under the stimuli of: {kind}")
        begun = time.monotonic()
        first, *killed = judge()
        if first:
            raise ToolFailed(f"the core itself fails under the stimuli of: {kind}")
        found.append(killed)
        seconds.append(time.monotonic() - begun)
    rows = [
        [str(number), *("killed" if one else "survived" for one in each), text]
        for number, (text, each) in enumerate(zip(words, zip(*found, strict=True), strict=True), 1)
        if not all(each)
    ]
    if rows:
        print(table(rows, ["mutant", *kinds, "place"]), end="\n\n")
    for kind, killed, took in zip(kinds, found, seconds, strict=True):
        print(f"{engine.name}: {kind} kills {sum(killed)} of {len(killed)} ({took:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
