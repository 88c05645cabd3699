"""The commands: what each does, an example, and what it takes."""

from __future__ import annotations

from pathlib import Path

from .argument import Group, option, word
from .checking import PROVE, VERIFY
from .command import BOARD, JSON, designed
from .command import Command as Command
from .importing import IMPORT_VIVADO
from .modelling import GENERATE_TEXT, INSPECT, PACK, RUN
from .studying import ALLOCATE, COMPARE, EXPLORE, PREDICT, ROOFLINE, SWEEP
from .values import megahertz, positive, seeds

#: The clock in the constraints, in MHz: a goal for the user to change, not a promise.
MEGAHERTZ = 300

#: How many seeds a design is routed with.
SEEDS = 5

#: What ``list`` lists.
TOPICS = (
    *("formats", "presets", "units", "chains", "boards", "parts", "datapaths", "flows"),
    *("interfaces", "roundings"),
)
SHELLS = ("bash", "zsh", "fish")

_BOARD = option(
    "--board",
    "NAME",
    f"FPGA board to synthesize for (default {BOARD}): a name of "
    "macsmith list boards, or a TOML file",
    names="boards",
)
_PART = option(
    "--part",
    "PART",
    "FPGA to synthesize for in place of a board, such as xcku5p-ffvb676-2-e: its name begins with "
    "one of macsmith list parts",
)
_NO_SHELL = option(
    "--no-shell", None, "Count what fits the whole device, without the shell of the board's vendor"
)
_FANOUT = option(
    "--fanout",
    "N",
    "Name the registers that drive more than N pins (default 256)",
    read=positive,
)
_PRODUCT = option(
    "--shape",
    "NxKxM",
    "Also tell the cycles and effective MACs per cycle of an N × K weight times an M × K "
    "activation, such as 4096x4096x1",
)
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
    (*designed()[:-1], Group("Running", (_PRODUCT, _PICTURE, JSON))),
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
            "Also write the golden model of an engine as a C++ header, with a DPI wrapper for "
            "SystemVerilog benches",
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

SYNTH = Command(
    "synth",
    "Verify a design, synthesize it for a board, print its cost",
    "[DESIGN] [OPTIONS]",
    (
        "synth int4xint8 --rows 8 --cols 8 --board u280",
        "synth int4xint8 --rows 2 --cols 2 --board ulx3s-85 --route --seeds 3",
    ),
    designed(
        _PRODUCT,
        option("--no-verify", None, "Synthesize without simulating first"),
        option(
            "-o --folder",
            "FOLDER",
            "Folder for the reports and the mapped netlist (default build/synth/NAME-SHAPE-POLICY-"
            "BOARD)",
            read=Path,
            names="folder",
        ),
        option("--edif", None, "Also write the mapped netlist as EDIF"),
        option("--route", None, "Also place and route it, for ecp5, ice40, gowin: frequency, "
               "utilization, bitstream"),
        option("--seeds", "N", f"Route with seeds 1 to N (default {SEEDS}), or with those named, "
               "such as 3,7,11", read=seeds),
        option("--force", None, "Replace the report that an earlier run wrote into the folder"),
        _FANOUT,
        target=(_BOARD, _PART, _NO_SHELL),
    ),
    builds=True,
)  # fmt: skip

COST = Command(
    "cost",
    "Synthesize Verilog of your own, and print its cost",
    "FILE … [OPTIONS]",
    ("cost mac.v --top mac --board zcu104 --macs 1",),
    (
        Group("", (word("files", "FILE", "Verilog or SystemVerilog, with the files that it "
                        "includes (.vh, .svh)", nargs="+", read=Path, names="verilog"),)),
        Group(
            "Target",
            (
                _BOARD,
                _PART,
                option(
                    "--policy",
                    "NAME",
                    "Infer no DSP blocks (lut) or let synthesis use them (dsp, the default)",
                    default="dsp",
                    names="policies",
                ),
            ),
        ),
        Group(
            "Running",
            (
                option("--top", "MODULE", "Module to synthesize (default: the top of the "
                       "hierarchy)"),
                option("--macs", "N", "Also print costs per MAC of a module that does N MACs "
                       "per cycle", read=positive),
                _FANOUT,
                option("-o --folder", "FOLDER", "Folder for the mapped netlist (default "
                       "build/cost/NAME)", read=Path, names="folder"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip

DIFF = Command(
    "diff",
    "Compare two designs: bits, streams, rate, cost",
    "A B [OPTIONS]",
    ("diff w4a8 w8a8 --board zcu104",),
    (
        Group("", tuple(
            word(name, name, f"The {which} design, named as for the other commands",
                 names="designs")
            for name, which in (("A", "first"), ("B", "second"))
        )),
        Group("Target", (_BOARD,)),
        Group("Running", (
            option("--no-cost", None, "Compare without synthesis, which takes most of the time"),
            JSON,
        )),
    ),
    builds=True,
)  # fmt: skip

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
