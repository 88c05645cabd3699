"""The yosys run: many engines under one top that is thrown away, kept modules apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..golden.errors import DesignError, UnknownName
from .catalogue import Board
from .families import family, flags

#: The top that holds all engines during synthesis, so that yosys reads its cells once.
WRAPPER = "macsmith_all_engines"

_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)

#: Maps for few LUTs in series.
LEVELS = "levels"

#: What yosys can do to plain arithmetic before it maps it, so that a baseline gets its best; for
#: few LUTs in series, nothing: how it maps is another then.
VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    LEVELS: (),
    "booth": ("booth",),
    "arith_tree": ("alumacc", "arith_tree"),
}
_BEFORE_VARIANT = ("proc", "flatten", "opt", "wreduce", "peepopt", "opt_clean")


def design(rtlil: str, tops: Sequence[str], keep: Iterable[str]) -> str:
    """``rtlil`` with the modules of ``keep`` and ``tops`` marked, and a top over all ``tops``.

    Raises
    ------
    DesignError : no top, or one named twice.
    UnknownName : a name that is no module of ``rtlil``.
    """
    modules = set(_MODULE.findall(rtlil))
    if not tops or len(set(tops)) < len(tops):
        raise DesignError(f"tops must be distinct names, at least one, got {list(tops)}")
    kept = {*tops, *keep}
    for name in sorted(kept):
        if name not in modules:
            raise UnknownName("module", name, modules)

    def mark(match: re.Match[str]) -> str:
        attribute = "attribute \\keep_hierarchy 1\n" if match[1] in kept else ""
        return attribute + match[0]

    instances = "".join(
        f"  attribute \\keep 1\n  cell \\{top} \\engine_{index}\n  end\n"
        for index, top in enumerate(tops)
    )
    return f"{_MODULE.sub(mark, rtlil).rstrip()}\nmodule \\{WRAPPER}\n{instances}end\n"


def synthesis(board: Board, policy: str, variant: str = "default") -> str:
    """The synthesis command with all its options but ``-top``.

    Raises
    ------
    UnknownName : no such policy or variant.
    """
    if variant not in VARIANTS:
        raise UnknownName("variant", variant, VARIANTS)
    added = family(board.family).levels[1] if variant == LEVELS else ""
    return " ".join(filter(None, (flags(board.family, policy), board.flags, added)))


def commands(board: Board, policy: str, variant: str, tops: Sequence[str], edif: bool) -> list[str]:
    """The script. It reads ``design.il`` and writes ``mapped.v``, ``netlist.json``, ``….edf``."""
    before = VARIANTS[variant]
    return [
        "read_rtlil design.il",
        *((f"hierarchy -top {WRAPPER}", *_BEFORE_VARIANT, *before, "opt_clean") if before else ()),
        *(family(board.family).levels[0] if variant == LEVELS else ()),
        *steps(board.family, policy, f"{synthesis(board, policy, variant)} -top {WRAPPER}"),
        f"delete {WRAPPER}",
        "write_json -noscopeinfo -selected netlist.json",
        "write_verilog -noattr mapped.v",
        *(f"write_edif -pvector bra -top {top} {edif_name(top)}" for top in tops if edif),
    ]


def steps(name: str, policy: str, command: str) -> list[str]:
    """A synthesis command, around what the family does instead of its step for DSP blocks, between
    what the family does before it and behind it."""
    chosen = family(name)
    middle = [command]
    if policy == "dsp" and chosen.dsp:
        middle = [f"{command} -run :map_dsp", *chosen.dsp, f"{command} -run coarse:"]
    return [*chosen.before, *middle, *chosen.after]


def edif_name(top: str) -> str:
    """The EDIF file of a top, with a name that is safe on every file system."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', top)}.edf"
