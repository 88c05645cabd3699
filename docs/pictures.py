"""Draws the pictures of README and of the site: an engine, a processing element, the floors.

Run ``.venv/bin/python docs/pictures.py`` after a change of what they show; ``--check`` only
compares. Widths and latencies are those of the designs as they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from macsmith.hw.design import Hardware, StageRow

from macsmith import Options, design, explain, lookup
from macsmith.drawing import Canvas, draw

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "site" / "pictures"
#: What the first two pictures show.
DESIGN = "w4a8"

#: The rooms of the house, from the lowest floor up; tests compare them with the imports.
FLOORS = (
    ("golden",),
    ("tools", "hw.outside"),
    ("hw.leaves",),
    ("hw.arith",),
    ("hw.fp", "hw.dsp"),
    ("hw.datapaths",),
    ("hw.plan",),
    ("hw.array", "hw.scale"),
    ("hw.design",),
    ("hw.engine", "hw.units"),
    ("hw.system",),
    ("hw.catalogue",),
    ("hw.text.verilog",),
    ("hw.text",),
    ("sim", "boards"),
    ("macsmith",),
    ("models",),
    ("studies",),
    ("commands",),
)
#: What each room has.
ROOMS = {
    "golden": "formats, descriptions, the bit-exact answer (NumPy alone)",
    "tools": "runs yosys and Verilator",
    "hw.outside": "interfaces",
    "hw.leaves": "a maker's own carry cells",
    "hw.arith": "decoders, trees, accumulators",
    "hw.fp": "rounding, FP32 units",
    "hw.dsp": "packing into DSP blocks",
    "hw.datapaths": "how products are made",
    "hw.plan": "widths, latencies, modes, sharing",
    "hw.array": "PEs and flows",
    "hw.scale": "the scale path",
    "hw.design": "the protocol of all hardware",
    "hw.engine": "engines",
    "hw.units": "units, such as Hadamard",
    "hw.system": "chains, ports for DMAs",
    "hw.catalogue": "kinds of designs",
    "hw.text.verilog": "readable Verilog",
    "hw.text": "emission",
    "sim": "benches, verification",
    "boards": "boards, families, costs",
    "macsmith": "library, presets",
    "models": "model files as matrices, networks",
    "studies": "comparisons, allocations, sweeps",
    "commands": "the command line",
}


def engine() -> str:
    """An engine with its streams."""
    hardware = explain(design(DESIGN))
    bits = {stream.name: stream.payload_bits for stream in hardware.streams}
    result = _rows(hardware)["result"]
    canvas = Canvas(860, 424, f"An engine of macsmith ({DESIGN}) with its streams")
    canvas.text(24, 36, f"An engine and its streams: {DESIGN}", size=17, bold=True)
    canvas.text(24, 58, hardware.summary, size=12, kind="muted", room=800)

    canvas.box(190, 76, 470, 280, "group")
    # The array: a grid of PEs, weights from the left, activations from above.
    for row in range(4):
        for column in range(4):
            x, y = 212 + 50 * column, 156 + 42 * row
            canvas.box(x, y, 40, 30, "summed")
            canvas.text(x + 20, y + 20, "PE", size=12, anchor="middle")
    canvas.text(307, 344, "array of PEs, 4 lanes each", size=12, anchor="middle", room=230)
    canvas.arrow([(24, 204), (204, 204)])
    canvas.text(24, 196, "weight", bold=True)
    canvas.lines(24, 222, [f"{bits['weight']} bits per step:", "4 rows × 4 lanes"],
                 size=11, kind="muted", room=165)  # fmt: skip
    canvas.arrow([(24, 116), (307, 116), (307, 148)])
    canvas.text(24, 108, "activation", bold=True)
    told = [f"{bits['activation']} bits per step:", "4 columns × 4 lanes,", "and last"]
    canvas.lines(24, 134, told, size=11, kind="muted", room=165)

    # The scale path.
    canvas.arrow([(408, 236), (446, 236)])
    canvas.text(427, 228, "sums", size=11, kind="muted", anchor="middle")
    canvas.box(446, 116, 196, 212, "scaled")
    canvas.text(462, 140, "scale path", bold=True)
    shown = [
        "one group sum per cycle:",
        "− zero point · Σ x",
        "× scale of the group",
        "accumulate exactly over K",
        "round to FP32",
        "× scale of the token, round",
    ]
    canvas.lines(462, 166, shown, step=24, size=12, kind="muted", room=176)
    canvas.arrow([(24, 382), (516, 382), (516, 328)])
    canvas.text(24, 374, "scale", bold=True)
    canvas.text(24, 400, f"{bits['scale']} bits per group of 128: scales and zero points of 4 rows",
                size=11, kind="muted", room=470)  # fmt: skip
    canvas.arrow([(836, 382), (572, 382), (572, 328)])
    canvas.text(836, 374, "end_scale", bold=True, anchor="end")
    canvas.text(836, 400, f"{bits['end_scale']} bits per reduction: scales of 4 columns",
                size=11, kind="muted", anchor="end", room=300)  # fmt: skip
    canvas.arrow([(642, 222), (836, 222)])
    canvas.text(676, 214, "result", bold=True)
    canvas.lines(676, 240, [f"{bits['result']} bits: one {result.format}", "and last; 16 per tile"],
                 size=11, kind="muted", room=165)  # fmt: skip
    return canvas.svg()


def element() -> str:
    """A processing element and its scale path, with the width of every number."""
    rows = _rows(explain(design(DESIGN)))
    canvas = Canvas(860, 438, f"A processing element of {DESIGN} and its scale path")
    canvas.text(24, 36, "A processing element and its scale path", size=17, bold=True)
    canvas.text(24, 58, f"{DESIGN}, one of its 16 PEs; widths in bits",
                size=12, kind="muted")  # fmt: skip

    canvas.box(110, 78, 430, 206, "group")
    canvas.text(126, 100, "processing element", bold=True)
    for lane in range(4):
        y = 114 + 40 * lane
        canvas.arrow([(24, y + 8), (150, y + 8)])
        canvas.arrow([(24, y + 22), (150, y + 22)])
        canvas.box(150, y, 40, 30, "box")
        canvas.text(170, y + 21, "×", size=16, anchor="middle")
        canvas.arrow([(190, y + 15), (250, y + 15)])
    weight, activation = rows["weight code"], rows["activation code"]
    canvas.text(24, 116, f"{weight.format}", size=11, kind="muted", room=84)
    canvas.text(24, 150, f"{activation.format}", size=11, kind="muted", room=84)
    canvas.text(220, 122, f"{rows['product 0'].bits}", size=12, anchor="middle")
    canvas.box(250, 112, 76, 154, "summed")
    canvas.lines(288, 182, ["adder", "tree"], size=13, anchor="middle")
    canvas.arrow([(326, 189), (390, 189)])
    canvas.text(358, 182, f"{rows['step 0'].bits}", size=12, anchor="middle")
    canvas.box(390, 150, 132, 78, "summed")
    canvas.lines(456, 182, ["group sum", "over 128"], size=13, anchor="middle")
    canvas.text(456, 216, "exact", size=11, kind="muted", anchor="middle")
    canvas.arrow([(522, 189), (590, 189), (590, 316), (60, 316), (60, 358), (84, 358)])
    canvas.text(566, 182, f"{rows['group sum 0'].bits}", size=12, anchor="middle")
    canvas.box(610, 132, 226, 96, "group")
    canvas.text(626, 154, "shared by all rows", bold=True)
    canvas.lines(626, 176, ["Σ x of each column, once for", "all rows: for the zero points,",
                            f"{rows['group sum 1'].bits} bits"],
                 size=11, kind="muted", step=17, room=200)  # fmt: skip
    canvas.arrow([(724, 228), (724, 300), (142, 300), (142, 332)])

    # An integer of the term's bits times the scale's significand; its exponent shifts it later.
    scaled = rows["term"].bits + lookup(rows["weight scale"].format).significand_width
    stages = [
        ("− z · Σ x", "zero point", f"{rows['weight zero'].format}", rows["term"].bits, "scaled"),
        ("× s", "scale", f"{rows['weight scale'].format}", scaled, "scaled"),
        ("accumulate", "exact over K", "", rows["accumulator"].bits, "summed"),
        ("round", "to FP32", "", 32, "made"),
        ("× s, round", "scale of the token", f"{rows['activation scale'].format}", 32, "scaled"),
    ]
    x = 84.0
    for name, what, form, bits, kind in stages:
        canvas.box(x, 332, 118, 52, kind)
        canvas.text(x + 59, 354, name, bold=True, anchor="middle", room=112)
        told = f"{what} {form}" if form and what != "scale of the token" else what
        canvas.text(x + 59, 373, told, size=11, kind="muted", anchor="middle", room=116)
        if form:
            canvas.arrow([(x + 59, 414), (x + 59, 384)])
        end = x + 118 + 34
        canvas.arrow([(x + 118, 358), (min(end, 836), 358)])
        if bits is not None:
            canvas.text(x + 135, 350, f"{bits}", size=12, anchor="middle")
        x = end
    return canvas.svg()


def floors() -> str:
    """The rooms of the house; each imports from lower ones."""
    tall = 34
    canvas = Canvas(760, 74 + len(FLOORS) * (tall + 6) + 40, "The layers of the source tree")
    canvas.text(24, 34, "Each package imports from the layers below it, and from itself",
                size=15, bold=True, room=712)  # fmt: skip
    kinds = {"golden": "made", "macsmith": "scaled", "sim": "box", "boards": "box", "tools": "box"}
    for number, rooms in enumerate(reversed(FLOORS)):
        y = 54 + number * (tall + 6)
        width = (712 - 12 * (len(rooms) - 1)) / len(rooms)
        for place, room in enumerate(rooms):
            x = 24 + place * (width + 12)
            canvas.box(x, y, width, tall, kinds.get(room, "summed"))
            canvas.text(x + 12, y + 22, room, size=13, bold=True)
            canvas.text(x + width - 12, y + 22, ROOMS[room], size=11, kind="muted", anchor="end",
                        room=width - 130 if len(rooms) == 1 else width - 100)  # fmt: skip
    canvas.text(24, 54 + len(FLOORS) * (tall + 6) + 22, "From the reference model (golden) up to "
                "what users call (macsmith, commands).",
                size=11, kind="muted", room=712)  # fmt: skip
    return canvas.svg()


def tutorial() -> str:
    """The block diagram of the tutorial's engine."""
    scaled = Options(group=64, activation_scale="fp32", output="bf16", rows=2, cols=2, name="dot")
    return draw(explain(design("int4xint8", scaled)))


def chain() -> str:
    """The block diagram of a chain."""
    return draw(explain(design(str(ROOT / "examples" / "rotated.toml"))))


def _rows(hardware: Hardware) -> dict[str, StageRow]:
    return {row.stage: row for row in hardware.rows}


PICTURES: dict[str, Callable[[], str]] = {
    "engine.svg": engine,
    "element.svg": element,
    "floors.svg": floors,
    "dot.svg": tutorial,
    "rotated.svg": chain,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if a picture is out of date")
    arguments = parser.parse_args()
    stale = []
    for name, made in PICTURES.items():
        file, text = FOLDER / name, made()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not arguments.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    if arguments.check and stale:
        print(f"{', '.join(stale)} out of date; run docs/pictures.py", file=sys.stderr)
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
