"""Prints which mutants of a design's Verilog its emitted test bench kills, as Verilator runs it:
``make mutants-bench ENGINE=w4a8``.

``macsmith verify --mutants`` sends the same stimuli hundreds of times faster, with other pauses.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from macsmith.golden.errors import ToolFailed
from macsmith.hw.text.emit import Emitted, emit
from macsmith.sim.mutants import mutated
from macsmith.sim.mutants.made import WIDTH
from macsmith.tools import verilator, work, yosys

from macsmith.arguments.parser import design_arguments
from macsmith.commands.common import chosen, progress, table
from macsmith.output import contents

#: Seconds after which a run of the test bench counts as killed: it hangs.
PATIENCE = 300


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
    name, work = emitted.name, folder / "bench"
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
    arguments = parser.parse_args()
    emitted = emit(chosen(arguments))
    folder = work.root().parent / "mutants" / emitted.name
    progress(f"mutating {emitted.name}")
    made = mutated(emitted, arguments.count, arguments.seed, folder)
    written = "write_verilog -norename -noattr mutants.v"
    yosys.run(["read_rtlil mutants.il", written], folder, log="written.log")
    progress(f"{len(made.mutants)} mutants under the emitted test bench")
    begun = time.monotonic()
    first, *killed = under_bench(emitted, folder, len(made.mutants))
    if first:
        raise ToolFailed("the core itself fails under its test bench")
    rows = [
        [str(mutant.number), str(mutant)]
        for mutant, dead in zip(made.mutants, killed, strict=True)
        if not dead
    ]
    if rows:
        print(table(rows, ["survivor", "change"]), end="\n\n")
    took = time.monotonic() - begun
    print(f"{emitted.name}: the bench kills {sum(killed)} of {len(killed)} ({took:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
