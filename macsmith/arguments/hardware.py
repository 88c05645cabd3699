"""Options of a design that change no bit of a result: how its array is laid out, and for what."""

from __future__ import annotations

from .argument import Group, option
from .values import whole, whole_or_auto, widths

AXIS_WIDTH = option(
    "--axis-width",
    "BITS",
    "Give all streams this width, 32 to 1024, with TKEEP, so that AXI DMAs take them; with "
    "64,weight=512 weight has another, with weight=512 others none; implies --interface axis",
    read=widths,
)

INTERLEAVE = option(
    "--interleave",
    None,
    "With --axis-width: let scales come in front of the codes that they scale, in the same stream",
    default=None,
)

HARDWARE = Group(
    "Hardware",
    (
        option(
            "--datapath",
            "NAME",
            "How products are made and summed (default auto, the smallest as measured): see "
            "macsmith list datapaths",
            names="datapaths",
        ),
        option(
            "--flow",
            "NAME",
            "How operands travel: to all rows and columns at once (broadcast, the default), from "
            "neighbour to neighbour while sums stay (systolic_os), or past weights that stay "
            "(weight_stationary)",
            names="flows",
        ),
        option(
            "--interface",
            "NAME",
            "The ports: valid/ready streams (native, the default) or AXI-Stream (axis)",
            names="interfaces",
        ),
        AXIS_WIDTH,
        INTERLEAVE,
        option(
            "--pipeline",
            "N",
            "Put a register after every N adder levels (default 1), or, with auto, after so many "
            "as spare sites where flip-flops would take more of them than LUTs and carries",
            read=whole_or_auto,
        ),
        option(
            "--max-fanout",
            "N",
            "Copy registers of operands that drive more than about N pins of the array, with flow "
            "broadcast (default 0, no limit)",
            read=whole,
        ),
        option(
            "--carries",
            "RULE",
            "Carries of sums over K: added in every step (added, default), or kept in carry-save "
            "form until the sum is complete (saved)",
            names="carries",
        ),
        option(
            "--digits",
            "RULE",
            "With --datapath bit_serial: every digit takes a cycle (all, default), or only those "
            "that some element has (nonzero)",
            names="digits",
        ),
        option(
            "--digit-sums",
            "RULE",
            "The sums of a product's digits: joined in every step (default), or kept apart until "
            "the sum over K is complete",
            names="digit_sums",
        ),
        option(
            "--results",
            "N",
            "Let N neighbours in a row of results leave in a beat, where results leave one by one "
            "(default 1)",
            read=whole,
        ),
        option(
            "--k-min",
            "K",
            "Promise that reductions have K elements or more; shorter ones may wait (default 1)",
            read=whole,
        ),
    ),
    "None of these changes a bit of a result",
)

TARGET = Group(
    "Target",
    (
        option(
            "--die-crossings",
            "N",
            "Let every stream cross N borders of dies before the design, by registers alone "
            "(default 0): for devices of several dies",
            read=whole,
        ),
        option(
            "--policy", "NAME", "Build without DSP blocks (lut, the default) or with them (dsp)",
            names="policies",
        ),
        option(
            "--adders",
            "NAME",
            "Leave adders to the synthesis tool (inferred, the default), or instantiate AMD's "
            "carry blocks (carry4, carry8), which no tool takes apart",
            names="adders",
        ),
        option(
            "--blocks",
            "NAME",
            "With --policy dsp: which DSP block to instantiate, such as dsp48e2; auto (default) "
            "takes the board's, inferred leaves products to the synthesis tool",
            names="blocks",
        ),
        option(
            "--block-worth",
            "SITES",
            "With --policy dsp: spend a DSP block more where it spares more LUT sites than this "
            "(default 32)",
            read=whole,
        ),
        option(
            "--fabric",
            "NAME",
            "Where no board is given: FPGA family whose measured costs choose the datapath: xcup, "
            "xc7, ecp5, ice40, nexus or gowin (default auto, xcup)",
            names="fabrics",
        ),
    ),
)  # fmt: skip
