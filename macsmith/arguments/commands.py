"""The commands: what each does, an example, and what it takes."""

from __future__ import annotations

from pathlib import Path

from .argument import Group, option, word
from .checking import PROVE, VERIFY
from .command import JSON, designed
from .command import Command as Command
from .costing import COST, DIFF, SYNTH
from .foreseeing import EXPLORE, PREDICT
from .importing import IMPORT_VIVADO
from .modelling import GENERATE_TEXT, INSPECT, PACK, RUN
from .shared import PRODUCT
from .studying import ALLOCATE, COMPARE, ROOFLINE, SWEEP
from .values import megahertz, positive

#: The clock in the constraints, in MHz: a goal for the user to change, not a promise.
MEGAHERTZ = 300

#: What ``list`` lists.
TOPICS = (
    *("formats", "presets", "units", "chains", "boards", "parts", "datapaths", "flows"),
    *("interfaces", "roundings"),
)
SHELLS = ("bash", "zsh", "fish")

_PICTURE = option(
    "--svg", "FILE", "Also draw a block diagram there, as SVG", read=Path, names="file"
)

LIST = Command(
    "names",
    "List formats, presets, units, boards, datapaths …",
    "[TOPIC] [OPTIONS]",
    ("list formats",),
    (
        Group("", (word("topic", "TOPIC", f"One of {', '.join(TOPICS)} (default: all)",
                        nargs="?", names="topics"),)),
        Group("Running", (JSON,)),
    ),
)  # fmt: skip

EXPLAIN = Command(
    "explain",
    "Show a design stage by stage: widths, units, latency, streams",
    "[DESIGN] [OPTIONS]",
    ("explain mxfp4 --rows 8 --cols 1 --lanes 16 --partials 4",),
    (*designed()[:-1], Group("Running", (PRODUCT, _PICTURE, JSON))),
)

GENERATE = Command(
    "generate",
    "Write a design's Verilog, testbench, scripts and manifest",
    "[DESIGN ...] [OPTIONS]",
    (
        "generate int4xint8 --rows 8 --cols 8 --interface axis -o out/engine",
        "generate w4a8 nvfp4 -o out/project",
    ),
    designed(
        option(
            "-o --folder", "FOLDER", "Folder to write (default out/NAME)", read=Path, names="folder"
        ),
        option(
            "--project",
            None,
            "Write the design into a folder of its own in FOLDER, beside others that are there or "
            "will be: one FuseSoC library, one Vivado script; always so where several designs are "
            "named, and where FOLDER is a project",
        ),
        option(
            "--clock",
            "MHZ",
            f"Clock frequency that the constraints ask for, in MHz (default {MEGAHERTZ})",
            read=megahertz,
            default=MEGAHERTZ,
        ),
        option(
            "--netlist",
            "FORM",
            "Also write the netlist that is mapped for --board and counted: verilog or edif",
            names="netlists",
        ),
        option(
            "--cpp",
            None,
            "Also write the golden model as a C++ header, with a DPI wrapper for SystemVerilog "
            "benches",
        ),
        option(
            "--hls",
            "K",
            "Also write an engine as an RTL black box of Vitis HLS, with its C++ function; latency "
            "and interval are stated for calls that multiply K elements",
            read=positive,
        ),
        option(
            "--wrapper",
            "LANGUAGE",
            "Also wrap the module: with interfaces of SystemVerilog (sv), or as a component and "
            "an entity of VHDL (vhdl); may be repeated",
            action="append",
            names="wrappers",
        ),
        option("--force", None, "Replace the files that an earlier run wrote into the folder"),
        words=(
            word(
                "more",
                "DESIGN ...",
                "Further designs, built with the same options: all in one project",
                nargs="*",
                names="designs",
            ),
        ),
        target=(
            option(
                "--board",
                "NAME",
                "Board whose FPGA family chooses datapaths and DSP blocks, and whose part Vivado's "
                "scripts name (default: the Alveo U280's part): a name of macsmith list boards, or "
                "a TOML file",
                names="boards",
            ),
        ),
    ),
    builds=True,
)

CACHE = Command(
    "cache",
    "Show what is kept of earlier work, or remove it",
    "[OPTIONS]",
    ("cache --clear",),
    (
        Group("Running", (
            option("--clear", None, "Remove all of it; no other macsmith may run meanwhile"),
            JSON,
        )),
    ),
)  # fmt: skip

DOCTOR = Command(
    "doctor",
    "Check that every tool that macsmith needs is installed",
    "[OPTIONS]",
    ("doctor",),
    (Group("Running", (JSON,)),),
)

COMPLETION = Command(
    "completion",
    "Print a script that completes macsmith's words in a shell",
    "SHELL",
    (
        "completion bash > ~/.local/share/bash-completion/completions/macsmith",
        "completion zsh > ~/.zfunc/_macsmith",
        "completion fish > ~/.config/fish/completions/macsmith.fish",
    ),
    (
        Group("", (word("shell", "SHELL", f"One of {', '.join(SHELLS)}", names="shells"),)),
    ),
)  # fmt: skip

COMMANDS = {
    "list": LIST,
    "explain": EXPLAIN,
    "generate": GENERATE,
    "verify": VERIFY,
    "prove": PROVE,
    "synth": SYNTH,
    "cost": COST,
    "import-vivado": IMPORT_VIVADO,
    "diff": DIFF,
    "compare": COMPARE,
    "roofline": ROOFLINE,
    "allocate": ALLOCATE,
    "explore": EXPLORE,
    "predict": PREDICT,
    "sweep": SWEEP,
    "inspect": INSPECT,
    "run": RUN,
    "pack": PACK,
    "generate-text": GENERATE_TEXT,
    "cache": CACHE,
    "doctor": DOCTOR,
    "completion": COMPLETION,
}

#: The list of commands, in groups.
GROUPS = {
    "Explore": (
        *("list", "explain", "diff", "compare", "explore", "predict", "roofline", "allocate"),
        "sweep",
    ),
    "Build": ("generate", "verify", "prove", "synth", "cost", "import-vivado"),
    "Models": ("inspect", "run", "pack", "generate-text"),
    "Maintain": ("doctor", "cache", "completion"),
}
