"""A design on the command line: the word that names it, and the options that override it.

Options have the names of :class:`macsmith.options.Options`; a test compares them.
"""

from __future__ import annotations

from .argument import Group, option, word
from .hardware import HARDWARE, TARGET
from .values import bounds, whole

#: What is built where nobody says what.
DESIGN = "w4a8"

DESIGN_WORD = word(
    "design",
    "DESIGN",
    "A preset (w4a8), two formats or presets (int4xint8, mxfp4xmxfp8_e5m2), one format (int8), a "
    "unit (hadamard), a TOML file, or a code book in a .npy file; preset:mxint8 is the preset "
    f"where a format has the same name (default {DESIGN})",
    nargs="?",
    default=DESIGN,
    names="designs",
)

SHAPE = Group(
    "Shape",
    (
        option("--rows", "N", "Compute N output channels at a time", read=whole),
        option("--cols", "N", "Compute N activation vectors at a time", read=whole),
        option("--lanes", "N", "Multiply N pairs of elements per row, column and step", read=whole),
        option(
            "--k-max",
            "N",
            "Make accumulators wide enough for sums over N elements (default 4096; the lanes with "
            "--flow weight_stationary)",
            read=whole,
        ),
    ),
    "The array multiplies rows × cols × lanes pairs a step; the default is the design's own, "
    "mostly 4 × 4 × 4",
)

FORMATS = Group(
    "Formats and scales",
    (
        option("--group", "N", "Give every N elements along K of the weight a scale", read=whole),
        option(
            "--scale",
            "FORMAT",
            "Format of the weight's scales, such as fp16, e8m0 or ue4m3 (default fp16); without "
            "--group there is one scale a row",
            names="formats",
        ),
        option(
            "--zero-point",
            "FORMAT",
            "Give each scale of the weight a zero point of this integer format, such as uint4",
            names="formats",
        ),
        option("--activation-group", "N", "As --group, for the activation", read=whole),
        option("--activation-scale", "FORMAT", "As --scale, for the activation", names="formats"),
        option(
            "--activation-zero-point",
            "FORMAT",
            "As --zero-point, for the activation",
            names="formats",
        ),
        option(
            "--sparse",
            "KEPT:WINDOW",
            "Keep only KEPT elements in each WINDOW of a weight's row: 2:4 keeps two of every four",
        ),
        option(
            "--product",
            "RULE",
            "How two elements multiply: exact, lmul (one addition in place of the product of two "
            "floats), overpacked or overpacked_corrected (six 4-bit products a DSP block); all "
            "but exact are approximate",
            names="products",
        ),
    ),
)

ACCUMULATION = Group(
    "Accumulation",
    (
        option(
            "--accumulate",
            "RULE",
            "How sums over K are kept: exact, aligned (truncated as tensor cores do), an integer "
            "format (int32), or a float format (fp32)",
            names="accumulations",
        ),
        option(
            "--partials",
            "N",
            "With a float format, or aligned alone: add into N partial sums in turn (default 1)",
            read=whole,
        ),
        option(
            "--overflow",
            "RULE",
            "With an integer format: wrap around (wrap, the default) or stop at the greatest value "
            "(saturate)",
            names="overflows",
        ),
        option(
            "--fraction",
            "BITS",
            "With aligned: keep BITS fractional bits below the greatest exponent",
            read=whole,
        ),
        option(
            "--accumulator",
            "FORMAT",
            "With aligned: float format of the accumulator (default fp32)",
            names="formats",
        ),
        option(
            "--initial",
            "FORMAT",
            "Start every raw sum from a value of this format, such as int32, which comes on a "
            "stream of its own",
            names="formats",
        ),
    ),
)

OUTPUT = Group(
    "Output",
    (
        option(
            "--requantize",
            "UNIT",
            "Let results leave as codes, by a requantizer: a preset such as tflite or dyadic "
            "(integer sums), qlinear or requantize_e4m3 (floats too), or a TOML file; --output, "
            "--rounding, --bias (a format like the sums, or none), --relu, --clamp and --results "
            "are then its own, --set sets the rest",
            names="requantizers",
        ),
        option(
            "--output",
            "FORMAT",
            "Format of the results: raw (the accumulator), fp32 (default where there are scales), "
            "bf16, fp16, int8 …",
            names="outputs",
        ),
        option(
            "--rounding",
            "MODE",
            "Round results to nearest_even (default), nearest_away, toward_zero, up, down or odd",
            names="roundings",
        ),
        option(
            "--bias",
            "FORMAT",
            "Add a bias of this float format to each output channel, before results are rounded",
            names="formats",
        ),
        option("--relu", None, "Replace negative results by 0", default=None),
        option("--clamp", "LOW,HIGH", "Limit results to this range, such as -6,6", read=bounds),
        option(
            "--nan",
            "RULE",
            "Where the results' format has no NaN: refuse a design that can reach one (error, the "
            "default) or write 0 in its place (zero)",
            names="nans",
        ),
    ),
)

OTHER = Group(
    "Name and units",
    (
        option(
            "--name",
            "NAME",
            "Name of the module and its files (default: the design's, with what options change)",
        ),
        option(
            "--set",
            "PARAMETER=VALUE",
            "Set a parameter of a unit, such as points=128; may be repeated: see macsmith list "
            "units",
            action="append",
        ),
    ),
)

DESIGN_GROUPS = (SHAPE, FORMATS, ACCUMULATION, OUTPUT, HARDWARE, TARGET, OTHER)
