"""The commands that ask of many designs at once."""

from __future__ import annotations

import os
from pathlib import Path

from .argument import Group, option, word
from .command import JSON, Command
from .shared import DATA, FAST, MACS, TOKENS, K, board, file, routed
from .values import amount, natural, positive

#: How many seeds each design is routed with.
ROUTED = 1

COMPARE = Command(
    "compare",
    "Compare designs at equal MACs a cycle: cost, traffic, error, a page to show",
    "DESIGN … [OPTIONS]",
    (
        "compare mxfp4 w4a8 nvfp4 bitnet int8xint8 --board u280 --macs 256 --html page.html",
        "compare mxfp4 nvfp4 --no-cost --data activations.npy",
        "compare int4xint8 int8xint8 --board ulx3s-85 --macs 4 --route",
    ),
    (
        Group("", (word("designs", "DESIGN", "Engines, named as for the other commands",
                        nargs="+", names="designs"),)),
        Group(
            "Shape",
            (
                option("--macs", "N", f"MACs a cycle of each design (default {MACS}, or rows × "
                       "cols × lanes where all are given)", read=positive),
                option("--k", "N", f"Elements of a reduction (default {K})", read=positive,
                       default=K),
                option("--rows", "N", "Rows of the array", read=positive),
                option("--cols", "N", "Columns of the array", read=positive),
                option("--lanes", "N", "Lanes of each row and column", read=positive),
            ),
            "All have the same shape, 16 lanes and a square where that builds, but for designs "
            "whose step takes several cycles: these have more rows",
        ),
        Group(
            "Target",
            (
                board("FPGA board to synthesize for"),
                option("--policy", "NAME", "Only this policy, lut or dsp (default: both)",
                       names="policies"),
                option("--dsp-sites", "N", "LUT sites that a DSP block counts in cost (default: "
                       "the board's LUTs over its DSP blocks)", read=natural),
                option("--no-scaling", None, "Leave out the cost at half and a quarter of the "
                       "lanes"),
                FAST,
                option("--no-cost", None, "Compare without synthesis, which takes most of the "
                       "time"),
                *routed("each: its frequency", ROUTED),
            ),
        ),
        Group(
            "Data",
            DATA,
        ),
        Group(
            "Running",
            (
                file("--html", "Write a page with sortable tables and charts: one file, no "
                      "network"),
                file("--csv", "Write the rows as comma-separated values"),
                file("--markdown", "Write the tables as Markdown"),
                option("--svg", "FOLDER", "Write each chart there, as SVG", read=Path,
                       names="folder"),
                option("--png", "FOLDER", "Write each chart there, as PNG", read=Path,
                       names="folder"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip

#: The clock that is assumed, in MHz; tokens of a prompt, and positions before the next token.
CLOCK, PROMPT, CONTEXT = 300, 512, 1024

ROOFLINE = Command(
    "roofline",
    "Tell how fast engines multiply on a board, and whether memory bounds them",
    "WORK [OPTIONS]",
    ("roofline 4096x4096x64 --design w4a8 --board u280", "roofline model.gguf --engines 4"),
    (
        Group("", (word("work", "WORK", "A shape N × K × M such as 4096x4096x64, or a model file",
                        names="file"),)),
        Group(
            "Engines",
            (
                option("--design", "DESIGN", "The engine (default w4a8)", default="w4a8",
                       names="designs"),
                option("--rows", "N", "Rows of its array (default 64)", read=positive, default=64),
                option("--cols", "N", "Columns (default 4)", read=positive, default=4),
                option("--lanes", "N", "Lanes (default 16)", read=positive, default=16),
                option("--engines", "N", "Engines that share the rows of each weight (default 1)",
                       read=positive, default=1),
                option("--clock", "MHZ", f"Their clock, which nobody has routed (default {CLOCK})",
                       read=positive, default=CLOCK),
            ),
        ),
        Group(
            "Target",
            (
                board("Board whose memory is taken"),
                option("--bandwidth", "GB/S", "Bandwidth of the memory (default: the board's)",
                       read=positive),
                option("--again", None, "Read weights again for each pass of the columns, as "
                       "without a buffer on the chip; else once"),
            ),
        ),
        Group(
            "Work",
            (
                option("--batch", "N", "A number of vectors, tokens of as many texts; may be "
                       "repeated (default 1, 2, 4 … 64, or up to M)", read=positive,
                       action="append"),
                option("--prompt", "N", f"Tokens of a prompt (default {PROMPT})", read=positive,
                       default=PROMPT),
                option("--context", "N", "Positions before the next token, whose keys and values "
                       f"are read (default {CONTEXT})", read=natural, default=CONTEXT),
                option("--cache-bits", "N", "Bits of a key's or value's element (default 16)",
                       read=positive, default=16),
            ),
        ),
        Group("Running", (file("--svg", "Also draw vectors a second over the batch, as SVG "
                                "or PNG"),
                          JSON)),
    ),
)  # fmt: skip


#: MACs a cycle of what is allocated.
ALLOCATED = 64

ALLOCATE = Command(
    "allocate",
    "Choose a design for each matrix of a model: least loss or cost within limits, proven",
    "WORK [DESIGN …] [OPTIONS]",
    (
        "allocate model.gguf mxfp4 mxfp6_e2m3 mxfp8_e4m3 --bits 5",
        "allocate model.gguf mxfp4 w4a8 mxfp8_e4m3 --minimize bits --as w4a8 --sensitivity text "
        "--text words.txt",
        "allocate losses.csv --bits 3.5",
    ),
    (
        Group(
            "",
            (
                word("work", "WORK", "A model file, or a table of losses that ends in .csv",
                     read=Path, names="file"),
                word("designs", "DESIGN", "Engines to choose from", nargs="*", names="designs"),
            ),
        ),
        Group(
            "Goal",
            (
                option("--minimize", "SUM", "What is to be least: loss (default), bits a weight, "
                       "sites, or ms; of a table any column", default="loss"),
                option("--loss", "N", "At most so much loss", read=amount),
                option("--bits", "N", "At most so many bits a weight, scales and all", read=amount),
                option("--sites", "N", "At most so many sites of all engines", read=amount),
                option("--ms", "N", "At most so many milliseconds a pass of shared arrays",
                       read=amount),
                option("--as", "DESIGN", "At most as much of everything else as this design has "
                       "for all matrices", dest="like"),
                option("--pareto", "N", "Also show N steps of the first limit, and the least for "
                       "each", read=positive),
            ),
        ),
        Group(
            "Loss",
            (
                option("--sensitivity", "NAME", "How much the noise of each matrix counts: weights "
                       "(default, all the same), tails (heavier tails of the spectrum more), text "
                       "(what it moves, measured)", default="weights"),
                file("--text", "A text to measure on, of which a language model foresees the "
                      "next token"),
                option("--tokens", "N", f"Of the text so many tokens (default {TOKENS})",
                       read=positive, default=TOKENS),
                option("--judge", None, "Also compute the tokens that follow by the golden models: "
                       "of the allocation, and of each design for all"),
                option("--block", "N", "Choose for each N columns of a matrix (default: all)",
                       read=positive),
            ),
        ),
        Group(
            "Target",
            (
                option("--hardware", "NAME", "What is built: layers, an engine for each matrix, "
                       "all at one pace; or shared, an array for each design, matrices take turns"),
                option("--macs", "N", f"MACs a cycle, of all layers or of a shared array (default "
                       f"{ALLOCATED})", read=positive, default=ALLOCATED),
                board("FPGA board to synthesize for"),
                option("--policy", "NAME", "Without DSP blocks, lut (default), or with: dsp",
                       default="lut", names="policies"),
                option("--dsp-sites", "N", "LUT sites that a DSP block counts (default: the "
                       "board's LUTs over its DSP blocks)", read=natural),
                option("--clock", "MHZ", f"The clock, which nobody has routed (default {CLOCK})",
                       read=positive, default=CLOCK),
                option("--batch", "N", "Vectors of a pass (default 1)", read=positive, default=1),
                FAST,
            ),
        ),
        Group(
            "Running",
            (
                file("--out", "Write the design of each matrix there, as JSON, which "
                      "generate-text --design takes"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip

#: Gigabytes that a design of a sweep may take.
MEMORY = 4

SWEEP = Command(
    "sweep",
    "Cost a grid of designs, row by row: interrupted, it goes on where it was",
    "GRID [OPTIONS]",
    ("sweep grid.toml -o costs --table costs.parquet",),
    (
        Group("", (word("grid", "GRID", "A TOML file with [[grid]]: lists of values",
                        read=Path, names="file"),)),
        Group(
            "Running",
            (
                option("-o --output", "FOLDER", "Where rows are kept (default build/sweep)",
                       read=Path, default=Path("build") / "sweep", names="folder"),
                option("--cores", "N", "Designs at a time (default: processors)", read=positive,
                       default=os.cpu_count() or 1),
                option("--scheduler", "ADDRESS", "Instead run on the workers of this Dask "
                       "scheduler, such as tcp://host:8786"),
                option("--memory", "GB", f"Memory that a design may take (default {MEMORY})",
                       read=positive, default=MEMORY),
                option("--again", None, "Try those that failed before once more"),
                file("--table", "Also write all rows there, as .csv or .parquet"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip
