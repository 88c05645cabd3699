"""What docs/quality.csv holds: which designs, one row of counts each, and how rows are compared."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from macsmith.designs import presets

FILE = Path(__file__).parent / "quality.csv"
BOARD = "u280"

#: A count that grows by more than this share fails; one that shrinks by more is told.
TOLERANCE = 0.03

Shape = tuple[int, int, int]
SHAPES: tuple[Shape, ...] = ((1, 1, 16), (8, 1, 16), (4, 4, 4))
CUBE, TREE = SHAPES[2], SHAPES[0]
POLICIES = ("lut", "dsp")

#: Pairs and presets of README's tables.
SHOWN_PAIRS = (
    "int8xint8",
    "int4xint8",
    "int4xint4",
    "int2xint8",
    "ternaryxint8",
    "binaryxint8",
    "e2m1xe2m1",
    "e2m1xint8",
    "e4m3xe4m3",
    "e5m2xe5m2",
)
SHOWN_PRESETS = (
    "w4a8",
    "w4a16",
    "w8a8",
    "bitnet",
    "mxfp8_e4m3",
    "mxfp8_e5m2",
    "mxfp6_e2m3",
    "mxfp6_e3m2",
    "mxfp4",
    "mxint8",
    "nvfp4",
    "mxfp4xmxfp8_e4m3",
    "deepseek_fp8",
)

#: Presets of the brief check: one of each way to scale.
BRIEF_PRESETS = tuple("w4a8 w4a16 w8a8 bitnet mxfp4 mxfp8_e4m3 nvfp4 deepseek_fp8".split())

#: Pairs with the options that they need. Each datapath and each family of formats is among them.
PAIRS = (
    *SHOWN_PAIRS,
    "int16xint16",
    "uint4xint6",
    "binaryxbinary",
    "e2m3xe3m2",
    "int4xe4m3",
    "int4xfp16",
    "ternaryxfp16",
    "bf16xbf16 accumulate=aligned fraction=24",
    "int8xbf16 accumulate=aligned fraction=24",
    "posit8_0xposit8_0",
    "posit8_1xint8",
    "nf4_shortxint8",
    "bitmod4xint8",
    "denseshift4xint8",
    "binaryxint8 datapath=table",
    "int2xint8 datapath=table",
    "int4xint8 datapath=table",
    "int8xint8 datapath=bit_serial",
    "int2xint8 datapath=table_serial",
    "int4xint4 datapath=plane_serial",
    "ternaryxint8 datapath=dsp_adders",
    "mxfp4xmxfp8_e5m2",
    "e4m3xe4m3 accumulate=aligned fraction=13",
)


#: Those that are as large as ten others: they align, or have a scale path.
LARGE = tuple(p for p in PAIRS if "aligned" in p or p == "mxfp4xmxfp8_e5m2")


class Key(NamedTuple):
    """A row's design, with its options as ``name=value`` behind it, and how it is built."""

    design: str
    policy: str
    shape: Shape

    def __str__(self) -> str:
        return f"{self.design} {'x'.join(map(str, self.shape))} {self.policy}"


#: What this yosys does not synthesize: the first needs more than the 4 GB that WebAssembly has, the
#: others fail an assertion of its own (kernel/rtlil.cc, behind ABC9).
FAILING = {
    Key("simd", "lut", (8, 1, 16)),
    *(Key(p, policy, TREE) for p in ("bitmod4xint8", "nf4_shortxint8") for policy in POLICIES),
}


def expected() -> list[Key]:
    """The rows that the table has: pairs in both policies; presets in ``dsp`` at one shape."""
    keys = [Key(pair, policy, shape) for pair in PAIRS for policy in POLICIES for shape in SHAPES]
    keys += [Key(name, "lut", shape) for name in presets() for shape in SHAPES]
    keys += [Key(name, "dsp", CUBE) for name in presets()]
    return sorted(set(keys) - FAILING)


def brief() -> list[Key]:
    """A shape of each pair, README's pairs in both policies, a few presets.

    Large pairs are left out: they align, or are of two presets.
    """
    keys = [Key(pair, "lut", CUBE) for pair in PAIRS if pair not in LARGE]
    keys += [Key(pair, "dsp", CUBE) for pair in SHOWN_PAIRS]
    keys += [Key(name, "lut", TREE) for name in BRIEF_PRESETS]
    return sorted(keys)


@dataclass(frozen=True)
class Row:
    """The counts of a design.

    Parameters
    ----------
    partials : partial sums that the shape needs; 0 where the design's own are enough.
    sites, lut, ff, dsp : as in reports.
    levels, carry : LUT levels, and bits of the longest carry run.
    scale_sites : sites of the scale path, of ``sites``; 0 where there is none.
    note : why there are no counts, of a design that cannot be built at this shape.
    digest : of the hardware that was counted, and of how.
    """

    partials: int = 0
    sites: int = 0
    lut: int = 0
    ff: int = 0
    dsp: int = 0
    levels: int = 0
    carry: int = 0
    scale_sites: int = 0
    note: str = ""
    digest: str = ""


Table = Mapping[Key, Row]
COUNTS = ("sites", "lut", "ff", "dsp", "levels", "carry", "scale_sites")
_HEADER = [*Key._fields, *(field.name for field in fields(Row))]


def read(path: Path = FILE) -> dict[Key, Row]:
    """The table; without the file, an empty one."""
    if not path.exists():
        return {}
    with path.open(encoding="ascii", newline="") as file:
        lines = list(csv.DictReader(file))
    return {_key(line): _row(line) for line in lines}


def write(table: Table, path: Path = FILE) -> None:
    """All rows in order, by one rename."""
    fresh = path.with_name(f".new-{path.name}")
    with fresh.open("w", encoding="ascii", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(_HEADER)
        for key, row in sorted(table.items()):
            shape = "x".join(map(str, key.shape))
            lines.writerow([key.design, key.policy, shape, *(cell or "" for cell in astuple(row))])
    fresh.replace(path)


def _key(line: Mapping[str, str]) -> Key:
    rows, cols, lanes = map(int, line["shape"].split("x"))
    return Key(line["design"], line["policy"], (rows, cols, lanes))


def _row(line: Mapping[str, str]) -> Row:
    counts: dict[str, Any] = {name: int(line[name] or 0) for name in ("partials", *COUNTS)}
    return replace(Row(note=line["note"], digest=line["digest"]), **counts)


def strays(table: Table, keys: Iterable[Key]) -> list[str]:
    """Rows that are missing, and rows that nothing stands for any more."""
    wanted = set(keys)
    return [
        *(f"{key}: no row" for key in sorted(wanted - set(table))),
        *(f"{key}: a row of no design in the table's list" for key in sorted(set(table) - wanted)),
    ]


def compare(table: Table, measured: Table) -> tuple[list[str], list[str]]:
    """What fails, and what is only told, of the rows measured."""
    failures, hints = list[str](), list[str]()
    for key, found in measured.items():
        if (told := table.get(key)) is None:
            continue  # one of the strays
        if bool(told.note) != bool(found.note):
            now = f"cannot be built: {found.note}" if found.note else "can be built"
            failures.append(f"{key}: {now}; the table says otherwise")
        elif told.note != found.note:
            hints.append(f"{key}: cannot be built, but now because: {found.note}")
        if told.partials != found.partials and not found.note:
            failures.append(f"{key}: partials {told.partials or 'its own'} -> {found.partials}")
        if not told.note and not found.note:
            for name in COUNTS:
                before, after = getattr(told, name), getattr(found, name)
                if after > before * (1 + TOLERANCE):
                    failures.append(_change(key, name, before, after))
                elif after < before * (1 - TOLERANCE):
                    hints.append(_change(key, name, before, after))
    return failures, hints


def _change(key: Key, name: str, before: int, after: int) -> str:
    share = f" ({after / before - 1:+.1%})" if before else ""
    return f"{key}: {name} {before} -> {after}{share}"
