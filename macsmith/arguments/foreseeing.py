"""The commands that foresee costs: of designs, and of a whole space of formats."""

from __future__ import annotations

from .argument import Group, option, word
from .command import JSON, Command
from .design import DESIGN_GROUPS, OTHER
from .hardware import TARGET
from .shared import DATA, MACS, TOKENS, K, board, file
from .values import natural, positive

#: Designs of a front whose perplexity is told.
JUDGED = 4

PREDICT = Command(
    "predict",
    "Foresee what engines cost, in milliseconds: no synthesis, an error bar",
    "DESIGN … [OPTIONS]",
    (
        "predict mxfp4 nvfp4 w4a8 --rows 4 --cols 4 --lanes 16",
        "predict int3xint8 e3m2xe4m3 --group 32 --policy dsp --board zcu104",
    ),
    (
        Group("", (word("designs", "DESIGN", "Engines, named as for the other commands",
                        nargs="+", names="designs"),)),
        *(group for group in DESIGN_GROUPS if group is not OTHER and group is not TARGET),
        Group(
            "Target",
            (
                board("FPGA board"),
                *TARGET.arguments,
            ),
        ),
        Group("Running", (JSON,)),
    ),
)  # fmt: skip

EXPLORE = Command(
    "explore",
    "Explore formats of 3 to 8 bits, activations and scales: what loses least for its cost",
    "[OPTIONS]",
    (
        "explore --board u280 --macs 256 --html page.html",
        "explore --bits 4 --activation itself --budget 8000 --synth 8",
        "explore --model model.gguf --text words.txt --tokens 64 --perplexity 6",
    ),
    (
        Group(
            "Space",
            (
                option("--bits", "N", "Bits of a weight, 3 to 8; may be repeated (default: all): "
                       "the integer and each split into exponent and mantissa", read=positive,
                       action="append"),
                option("--activation", "FORMAT", "What weights meet; may be repeated (default: "
                       "itself, the weight's own format; int8; e4m3)", action="append",
                       names="formats"),
                option("--scheme", "NAME", "How operands are scaled: row, fp16-128, fp16-64, "
                       "fp16-32, e8m0-32 or ue4m3-16; may be repeated (default: all)",
                       action="append"),
                option("--macs", "N", f"MACs a cycle of each design (default {MACS})",
                       read=positive, default=MACS),
                option("--k", "N", f"Elements of a reduction (default {K})", read=positive,
                       default=K),
                option("--budget", "N", "Leave out what costs more", read=positive),
            ),
        ),
        Group(
            "Target",
            (
                board("FPGA board"),
                option("--policy", "NAME", "Without DSP blocks, lut (default), or with: dsp",
                       default="lut", names="policies"),
                option("--dsp-sites", "N", "LUT sites that a DSP block counts (default: the "
                       "board's LUTs over its DSP blocks)", read=natural),
                option("--synth", "N", "Synthesize N designs of the fronts instead of foreseeing "
                       "their costs (default 0)", read=natural, default=0),
            ),
        ),
        Group(
            "Data",
            (
                *DATA,
                file("--text", "Also have the language model of --model foresee this text, and "
                     "tell its perplexity"),
                option("--tokens", "N", f"Of the text so many tokens (default {TOKENS})",
                       read=positive, default=TOKENS),
                option("--perplexity", "N", "Of so many designs of the front on its weights "
                       f"(default {JUDGED})", read=positive),
            ),
        ),
        Group(
            "Running",
            (
                file("--html", "Write a page with sortable tables and charts: one file, no "
                      "network"),
                file("--csv", "Write all designs as comma-separated values"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip
