"""Prints the frequencies that designs reach when they are routed, beside plain ``*`` and ``+``.

Run ``make routed``: a Markdown table, a line as each is known. The plain products are Verilog of
this file in the same shape: registers, ``*``, registers, ``+`` over the lanes, registers, ``+`` to
a sum that is held; no handshake, no scales. MACs that others published are those of
``peers.toml``. All run in the same harness, with the same options.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from macsmith.boards import Board, Cost, lookup, synthesize
from macsmith.boards.routing import Routed, route
from macsmith.sim.sources import gathered, reads
from macsmith.tools import work, yosys

from macsmith import Options, cost, design
from macsmith.cli import guarded
from macsmith.commands.common import progress

#: Rows, columns, lanes.
Shape = tuple[int, int, int]


class Line(NamedTuple):
    """A line of the table: what it is, the design, its shape and policy, the most seeds, its K."""

    what: str
    name: str
    shape: Shape
    policy: str = "lut"
    seeds: int = 100
    k: int | None = None


class Plain(NamedTuple):
    """Plain products of two integers of so many bits, into sums of so many; ``coded`` ones are
    E2M1, which a table makes integers of five bits of."""

    what: str
    weight: int
    activation: int
    total: int
    shape: Shape
    policy: str = "lut"
    seeds: int = 100
    coded: bool = False


class Peer(NamedTuple):
    """A module that others published: a line, its files below the folder of clones, its name."""

    what: str
    files: tuple[Path, ...]
    top: str
    shape: Shape
    policy: str = "lut"
    seeds: int = 100


ONE = (1, 1, 4)

#: What it is, the design, and the bits of weight, activation and sum of plain products like it.
INT8 = ("INT8 × INT8", "int8xint8", (8, 8, 32))
INT4 = ("INT4 × INT8", "int4xint8", (4, 8, 28))
TERNARY = ("ternary × INT8", "ternaryxint8", (2, 8, 26))

#: Plain products of E2M1, behind a table.
CODED = Plain("E2M1 × E2M1, table, `*` and `+`", 4, 4, 25, ONE, coded=True)


def beside(
    what: str, name: str, bits: tuple[int, int, int], policy: str = "lut"
) -> tuple[Plain, Line]:
    """Plain products, and the design that computes the same."""
    return Plain(f"{what}, `*` and `+`", *bits, ONE, policy), Line(what, name, ONE, policy)


LINES: dict[str, tuple[Line | Plain, ...]] = {
    "ulx3s-85": (
        *beside(*INT8),
        *beside(*INT8, "dsp"),
        *beside(*INT4),
        *beside(*INT4, "dsp"),
        *beside(*TERNARY),
        Line("BitNet b1.58", "bitnet", ONE, seeds=2),
        CODED,
        Line("MXFP4", "mxfp4", ONE, seeds=2),
        Line("W4A8", "w4a8", ONE, seeds=2),
        Line("NVFP4", "nvfp4", ONE, seeds=2),
    ),
    "icebreaker": (
        *beside(*INT4),
        Line("INT4 × INT8", "int4xint8", ONE, "dsp"),
    ),
    "tang-nano-20k": (
        *beside(*INT4),
        Line("INT4 × INT8", "int4xint8", ONE, "dsp"),
        CODED,
        Line("MXFP4", "mxfp4", ONE),
        Line("W4A8", "w4a8", ONE, seeds=2),
        Line("NVFP4", "nvfp4", ONE, seeds=2),
    ),
    "crosslink-nx-evn": (
        *beside(*INT8),
        *beside(*INT8, "dsp"),
        *beside(*INT4),
        *beside(*TERNARY),
    ),
}

#: What does what a peer does, by the peer's name.
BESIDE = {
    "Cfu": Line("INT8 × UINT8", "int8xuint8", ONE),
    "systolic_pe": Line("INT4 × INT4, K ≤ 3", "int4xint4", (1, 1, 1), k=3),
}

#: Boards on which peers are routed.
PEERS = ("ulx3s-85", "tang-nano-20k")


def peers(folder: Path | None) -> list[Line | Plain | Peer]:
    """What ``peers.toml`` lists, read from clones in a folder, each before ours; else nothing."""
    if folder is None:
        return []
    text = Path(__file__).with_name("peers.toml").read_text(encoding="utf-8")
    found: list[Line | Plain | Peer] = []
    for peer in tomllib.loads(text)["peers"]:
        files = tuple(folder / peer["source"] / name for name in peer["files"])
        rows, cols, lanes = peer["shape"]
        for policy in ("lut", "dsp"):
            found += [
                Peer(peer["what"], files, peer["top"], (rows, cols, lanes), policy),
                BESIDE[peer["top"]]._replace(policy=policy),
            ]
    return found


def verilog(item: Plain) -> str:
    """Its module, ``plain_core``: a step enters with ``valid``, ``first`` begins a sum."""
    rows, cols, lanes = item.shape
    w, a, t = item.weight, item.activation, item.total
    wide, read = (10, "e2m1") if item.coded else (w + a, "$signed")
    return f"""
module pe(input clk, input go, first, input [{lanes * w - 1}:0] weight,
          input [{lanes * a - 1}:0] activation, output reg signed [{t - 1}:0] total);
  reg go_1, go_2, first_1, first_2;
  integer i;
  function signed [4:0] e2m1(input [3:0] code);
    reg [4:0] twice;
    begin
      twice = code[2:1] == 0 ? code[0] : {{1'b1, code[0]}} << (code[2:1] - 1);
      e2m1 = code[3] ? -twice : twice;
    end
  endfunction
  reg signed [{wide - 1}:0] product [0:{lanes - 1}];
  reg signed [{t - 1}:0] sum, tree;
  always @* begin
    tree = 0;
    for (i = 0; i < {lanes}; i = i + 1) tree = tree + product[i];
  end
  always @(posedge clk) begin
    for (i = 0; i < {lanes}; i = i + 1)
      product[i] <= {read}(weight[{w}*i +: {w}]) * {read}(activation[{a}*i +: {a}]);
    sum <= tree;
    {{go_1, go_2, first_1, first_2}} <= {{go, go_1, first, first_1}};
    if (go_2) total <= (first_2 ? {t}'sd0 : total) + sum;
  end
endmodule

module plain_core(input clk, input valid, first, input [{rows * lanes * w - 1}:0] weight,
                  input [{cols * lanes * a - 1}:0] activation,
                  output [{rows * cols * t - 1}:0] total);
  reg go, first_0;
  reg [{rows * lanes * w - 1}:0] weights;
  reg [{cols * lanes * a - 1}:0] activations;
  always @(posedge clk)
    {{go, first_0, weights, activations}} <= {{valid, first, weight, activation}};
  genvar r, c;
  generate for (r = 0; r < {rows}; r = r + 1) begin : row
    for (c = 0; c < {cols}; c = c + 1) begin : col
      pe u (clk, go, first_0, weights[{lanes * w}*r +: {lanes * w}],
            activations[{lanes * a}*c +: {lanes * a}], total[{t}*({cols}*r + c) +: {t}]);
    end
  end endgenerate
endmodule
"""


def plain(item: Plain | Peer, board: Board, seeds: Sequence[int]) -> tuple[Cost, Routed]:
    """Verilog that is no design of ours, by the same script and in the same harness."""
    with work.folder("plain") as folder:
        if isinstance(item, Peer):
            read, top, kept = reads(gathered(item.files, folder)), item.top, []
        else:
            (folder / "plain.v").write_text(verilog(item), encoding="utf-8")
            read, top, kept = ["read_verilog plain.v"], "plain_core", ["pe"]
        made = [f"hierarchy -top {top}", "proc", "memory_map", "write_rtlil plain.il"]
        yosys.run([*read, *made], folder)
        rtlil = (folder / "plain.il").read_text(encoding="utf-8")
        found = synthesize(rtlil, [top], board, item.policy, kept, folder)[top]
        return found, route(folder / "netlist.json", found, board, seeds, folder, pack=False)


def routed(item: Line, board: Board, seeds: Sequence[int]) -> tuple[Cost, Routed]:
    """A design, as ``macsmith synth --route`` has it."""
    rows, cols, lanes = item.shape
    options = Options(rows=rows, cols=cols, lanes=lanes, k_max=item.k, policy=item.policy)
    report = cost(design(item.name, options), board, seeds=seeds)
    assert report.routed is not None
    return report.cost, report.routed


def row(item: Line | Plain | Peer, board: Board, seeds: Sequence[int]) -> str:
    """A line of the table."""
    seeds = seeds[: item.seeds]
    made = routed(item, board, seeds) if isinstance(item, Line) else plain(item, board, seeds)
    spent, found = made
    core, low, high = found.used["core"], *found.spread
    shape = " × ".join(map(str, item.shape))
    counts = " | ".join(f"{core.get(name, 0):,g}" for name in ("sites", "ff", "dsp"))
    levels = f"{spent.levels['lut']} / {spent.levels['carry']}"
    return (
        f"| {item.what} | {shape} | `{item.policy}` | {counts} | {levels} | **{found.fmax:.0f}** | "
        f"{low:.0f} … {high:.0f} | {len(found.runs)} | {found.fastest.path.where} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("board", nargs="*", help=f"of {', '.join(LINES)} (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    parser.add_argument("--only", default="", help="lines that have this text")
    parser.add_argument("--peers", type=Path, help="the folder of clones that peers.toml tells of")
    asked = parser.parse_args()
    for name in asked.board or LINES:
        board, others = lookup(name), peers(asked.peers) if name in PEERS else []
        lines = [item for item in (*LINES[name], *others) if asked.only in item.what]
        progress(f"{len(lines)} designs to route on {name}, each as it is known")
        print(f"\n{board.title}, {board.part}:\n")
        print("| design | shape | policy | sites | FF | DSP | LUT levels / carry | MHz | slowest … "
              "fastest | seeds | slowest path |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for item in lines:
            print(row(item, board, range(1, asked.seeds + 1)))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
