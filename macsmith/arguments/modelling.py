"""The commands that take a model file: what it holds, one matrix of it, a text that it writes."""

from __future__ import annotations

from pathlib import Path

from .argument import Group, option, word
from .command import JSON, Command
from .hardware import AXIS_WIDTH, INTERLEAVE
from .values import natural, positive

FILE = word(
    "file",
    "FILE",
    "A model: a .gguf, .safetensors or .onnx file, an index of shards, or the folder of a "
    "checkpoint",
    read=Path,
    names="file",
)
MATRIX = option("--matrix", "NAME", "A matrix of the model, as macsmith inspect names it")
_DESIGN = option(
    "--design",
    "DESIGN",
    "An engine; weights that are not stored as it takes them are quantized anew (default: the one "
    "that inspect names)",
    names="designs",
)
_ACTIVATION = option(
    "--activation",
    "DESIGN",
    "Instead take the weights as they are, with the activations of this preset or format",
    names="designs",
)
_DATA = option(
    "--data",
    "FILE",
    "Activations, vectors × K, in a .npy file (default: 4 vectors of normal numbers)",
    read=Path,
    names="file",
)
_SEED = option("--seed", "N", "Draw activations from seed N (default 1)", read=natural, default=1)

INSPECT = Command(
    "inspect",
    "Show a model's matrices, their schemes, and the designs that serve them",
    "FILE [OPTIONS]",
    ("inspect model.gguf", "inspect model.gguf --matrix blk.0.ffn_up.weight --toml > design.toml"),
    (
        Group("", (FILE,)),
        Group(
            "Running",
            (
                MATRIX,
                option("--all", None, "Give each matrix a line; without, alike ones share one"),
                option("--toml", None, "Print the description of the matrix's design"),
                JSON,
            ),
        ),
    ),
)

RUN = Command(
    "run",
    "Multiply a matrix of a model in the golden model and in simulated hardware",
    "FILE --matrix NAME [OPTIONS]",
    ("run model.gguf --matrix blk.0.ffn_up.weight --rtl-rows 64",),
    (
        Group("", (FILE,)),
        Group("Model", (MATRIX, _DESIGN, _ACTIVATION, _DATA, _SEED)),
        Group(
            "Running",
            (
                option(
                    "--rtl-rows",
                    "N",
                    "Compute the first N rows in simulated hardware too, 0 for none (default 16)",
                    read=natural,
                    default=16,
                ),
                option("--rtl-all", None, "Compute all rows in simulated hardware too"),
                option(
                    "-o --output",
                    "FILE",
                    "Also write the results, vectors × rows, as float64 into a .npy file",
                    read=Path,
                    names="file",
                ),
                JSON,
            ),
        ),
    ),
    builds=True,
)

PACK = Command(
    "pack",
    "Write a matrix of a model as the beats of a design's streams, with a bench that runs it",
    "FILE --matrix NAME [OPTIONS]",
    ("pack model.gguf --matrix blk.0.ffn_up.weight -o out/ffn_up",),
    (
        Group("", (FILE,)),
        Group("Model", (MATRIX, _DESIGN, _ACTIVATION, AXIS_WIDTH, INTERLEAVE, _DATA, _SEED)),
        Group(
            "Running",
            (
                option(
                    "-o --folder",
                    "FOLDER",
                    "Folder to write (default out/MATRIX)",
                    read=Path,
                    names="folder",
                ),
                option(
                    "--bench-rows",
                    "N",
                    "Rows that the emitted test bench runs (default 64); the image has all",
                    read=positive,
                    default=64,
                ),
                option("--force", None, "Replace the files that an earlier run wrote there"),
                JSON,
            ),
        ),
    ),
    builds=True,
)

GENERATE_TEXT = Command(
    "generate_text",
    "Have a model write a text, every product with weights computed by a design",
    "FILE --prompt TEXT [OPTIONS]",
    (
        "generate-text model.gguf --prompt Once --tokens 8 --rtl sample",
        "generate-text model.gguf --prompt Hello --chat --design file nvfp4 w4a8",
        "generate-text model.gguf --prompt Once --tokens 8 --units --rtl sample",
    ),
    (
        Group("", (FILE,)),
        Group(
            "Model",
            (
                option("--prompt", "TEXT", "The text to go on with"),
                option("--chat", None, "Ask it as a user does, in the form ChatML"),
                option(
                    "--tokens",
                    "N",
                    "Tokens to write at most, each the likeliest (default 32)",
                    read=positive,
                    default=32,
                ),
                option(
                    "--design",
                    "DESIGN",
                    "Designs, one text each: an engine for all matrices; file, for each matrix the "
                    "one that inspect names (the default); a .json file that allocate wrote; or "
                    "float, products in FP32",
                    names="designs",
                    nargs="+",
                    dest="designs",
                    default=["file"],
                ),
                option(
                    "--units",
                    "FORMAT",
                    "Compute what stands between products by the library's units too, of bf16 (the "
                    "default) or fp16 values, and say how far that leads away from FP32",
                    nargs="?",
                    const="bf16",
                ),
            ),
        ),
        Group(
            "Running",
            (
                option(
                    "--rtl",
                    "PART",
                    "Compute so much of the first token in simulated hardware too: all, every "
                    "product; sample, 4 rows of each matrix and a vector of each unit; none (the "
                    "default)",
                    default="none",
                ),
                JSON,
            ),
        ),
    ),
    builds=True,
)
