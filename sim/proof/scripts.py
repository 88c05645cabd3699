"""Scripts of yosys: from the core and its monitor to what solvers read."""

from __future__ import annotations

from collections.abc import Sequence

from .monitor import TOP, Fact, Term, connections
from .tiles import Tiles

CORE, MONITOR, CELLS = "core.v", "streams.v", "cells.v"

#: To gates and flip-flops; what memories hold may be anything.
GATES = [
    *("opt -fast", "techmap", "opt -fast", "dffunmap", "simplemap"),
    *("opt -full", "dffunmap", "simplemap", "opt_clean"),
]


#: What is undefined, or driven by nothing, may be anything in every cycle: no optimization decides
#: it in favour of a claim.
ANYTHING = "setundef -undriven -anyseq"


def front(
    define: str,
    cells: bool,
    connected: Sequence[str] = (),
    *,
    cut: bool = True,
    words: Sequence[str] = (),
) -> list[str]:
    """The flat core under its monitor; ``cut``: memories and a maker's cells may give anything.

    ``connected`` are commands for the flat core, ``words`` those for memories that are mapped.
    """
    inside = [f"cd {TOP}", *connected, "cd .."] if connected else []
    mapped = [f"cd {TOP}", *words, "cd .."] if words else []
    open_cells = ["cutpoint -blackbox"] if cells and cut else []
    return [
        *([f"read_verilog {'-lib ' if cut else ''}{CELLS}"] if cells else []),
        f"read_verilog {CORE}",
        f"read_verilog -formal -D{define} {MONITOR}",
        *(f"hierarchy -top {TOP}", "proc", "flatten", *inside),
        *("memory -nomap", "cutpoint t:$mem_v2" if cut else "memory_map", *open_cells),
        *mapped,
        "opt_clean",
    ]


def graph(name: str, cells: bool, *, cut: bool = True) -> list[str]:
    """A claim as an and-inverter graph, with the names of its latches."""
    return [
        *front(f"CLAIM_{name.upper()}", cells, cut=cut),
        *(ANYTHING, "async2sync", "chformal -lower", *GATES, "aigmap"),
        f"write_aiger -zinit -vmap {name}.map {name}.aig",
    ]


def staged(cells: bool, tiles: Tiles, seconds: int) -> list[str]:
    """``last`` by induction over one cycle, with lemmas of where results of a tile are.

    Where a queue holds results, its words are registers, and so are those of all other memories.
    """
    cut = tiles.mark is None
    return [
        *front("CLAIM_LAST -DSTAGES", cells, tiles.connections, cut=cut, words=tiles.words),
        *("async2sync", "chformal -lower", *GATES),
        f"sat -verify -timeout {seconds} -tempinduct -maxsteps 1 -prove-asserts {TOP}",
    ]


def model(name: str, cells: bool, terms: Sequence[Term], facts: Sequence[Fact]) -> list[str]:
    """The core for an SMT solver, with what is counted and where it stands."""
    return [
        *front("PLACES", cells, connections(terms, facts)),
        *("opt_dff -sat", "opt -full", "dffunmap", "opt -full", "dffunmap", "opt_clean"),
        f"write_smt2 -wires -stdt {name}.smt2",
    ]


def drained(
    cells: bool, terms: Sequence[Term], facts: Sequence[Fact], cycles: int, seconds: int
) -> list[str]:
    """From any state at all in which the facts hold, quiet cycles leave nothing due inside.

    Without initial values, yosys's ``sat`` begins in any state.
    """
    held = f" -set holds {len(facts)}'b{'1' * len(facts)}" if facts else ""
    return [
        *front("PLACES", cells, connections(terms, facts)),
        *GATES,
        "setattr -unset init w:*",
        f"sat -verify -timeout {seconds} -seq {cycles + 1} -set now_quiet 1{held} "
        f"-prove-skip {cycles} -prove at {len(terms)}'d0 {TOP}",
    ]
