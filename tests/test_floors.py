"""The house: rooms import downward only, nothing in a circle, and every module may come first."""

import os
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest
from imports import Arrow, arrows, circles, modules

#: Rooms from the lowest floor up: each imports from those of lower floors, and from itself.
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

#: What runs the commands stands on their floor.
FRONT = ("macsmith.cli", "macsmith.__main__")

#: Imports for types alone that point up.
POINT_UP = {
    ("hw.arith.aligned_sum", "hw.datapaths"),
    ("hw.datapaths.base", "hw.plan.chosen"),
    ("hw.datapaths.overpacked", "hw.plan.chosen"),
    ("hw.dsp.aligned", "hw.datapaths.magnitudes"),
}

#: Imports for types alone that close a circle, in a folder and the one that holds it.
POINT_BACK = {
    ("golden.bounds", "golden.description"),
    ("golden.description.rules", "golden.description.arithmetic"),
    ("golden.reach", "golden.description"),
    ("golden.terms", "golden.description"),
    ("golden.units.dequantize_rules", "golden.units.dequantize"),
    ("golden.units.dequantize_trials", "golden.units.dequantize"),
    ("golden.units.norm_trials", "golden.units.normalization"),
    ("golden.units.quantize_rules", "golden.units.quantize"),
    ("golden.units.quantize_trials", "golden.units.quantize"),
    ("golden.units.quantize_range_trials", "golden.units.quantize"),
    ("golden.units.quantize_channels", "golden.units.quantize"),
    ("golden.units.quantize_tokens", "golden.units.quantize"),
    ("golden.units.quantize_answers", "golden.units.quantize"),
    ("golden.units.unpack_rules", "golden.units.unpack"),
    ("golden.units.unpack_trials", "golden.units.unpack"),
    ("golden.units.requantize_rules", "golden.units.requantize"),
    ("golden.units.requantize_trials", "golden.units.requantize"),
    ("golden.units.requantize_ties", "golden.units.requantize"),
    ("hw.datapaths.chained_dot", "hw.datapaths.chain"),
    ("hw.datapaths.plane_serial_dot", "hw.datapaths.plane_serial"),
    ("hw.datapaths.serial", "hw.datapaths.bit_serial"),
    ("hw.datapaths.simd_dot", "hw.datapaths.simd"),
    ("hw.datapaths.words", "hw.datapaths.simd"),
    ("hw.dsp.kinds.dsp48", "hw.dsp.adder"),
    ("hw.dsp.kinds.dsp48", "hw.dsp.block"),
    ("hw.dsp.kinds.gowin", "hw.dsp.block"),
    ("hw.dsp.kinds.kind", "hw.dsp.adder"),
    ("hw.dsp.kinds.kind", "hw.dsp.block"),
    ("hw.dsp.kinds.mac16", "hw.dsp.block"),
    ("hw.dsp.kinds.mult18", "hw.dsp.block"),
    ("hw.dsp.kinds.nexus", "hw.dsp.block"),
    ("hw.plan.array_plan", "hw.plan.joining"),
    ("hw.plan.array_plan", "hw.plan.plan"),
    ("hw.plan.joining", "hw.plan.plan"),
    ("hw.plan.sparse", "hw.plan.plan"),
    ("naming", "options"),
}

SOURCES = modules()
ARROWS = arrows(SOURCES)


def short(module: str) -> str:
    return module.removeprefix("macsmith.")


def floor(module: str) -> tuple[int, str]:
    """The number of a module's floor, and its room."""
    if module in FRONT:
        module = "macsmith.commands"
    found = [
        (len(room), number, room)
        for number, rooms in enumerate(FLOORS)
        for room in rooms
        if module == f"macsmith.{room}" or module.startswith(f"macsmith.{room}.")
    ]
    return max(found)[1:] if found else (FLOORS.index(("macsmith",)), "macsmith")


def is_upward(arrow: Arrow) -> bool:
    (low, room), (high, other) = floor(arrow.module), floor(arrow.target)
    return room != other and high >= low


def test_no_import_points_up():
    upward = [arrow for arrow in ARROWS if is_upward(arrow)]
    assert [arrow for arrow in upward if arrow.how != "types"] == []
    assert {(short(arrow.module), short(arrow.target)) for arrow in upward} == POINT_UP


def test_nothing_is_in_a_circle():
    assert circles({arrow for arrow in ARROWS if arrow.how != "types"}) == []


def test_circles_of_types_are_those_that_are_known():
    """A part may name the type of what holds it."""
    group = {module: number for number, g in enumerate(circles(ARROWS)) for module in g}
    found = {
        (short(arrow.module), short(arrow.target))
        for arrow in ARROWS
        if arrow.how == "types" and arrow.module in group
        if group[arrow.module] == group.get(arrow.target)
    }
    assert found == POINT_UP | POINT_BACK


def test_the_picture_of_the_floors_shows_these():
    picture = run_path(str(Path(__file__).parent.parent / "docs" / "pictures.py"))
    assert picture["FLOORS"] == FLOORS
    assert set(picture["ROOMS"]) == {room for rooms in FLOORS for room in rooms}


def test_an_upward_import_and_a_circle_are_seen(tmp_path):
    texts = {"hw.arith.a": "import macsmith.hw.plan.b", "hw.plan.b": "def f():\n from .. import c",
             "hw.c": "from .arith import a", "golden.d": ""}  # fmt: skip
    sources = {}
    for name, text in texts.items():
        sources[f"macsmith.{name}"] = tmp_path / f"{name}.py"
        sources[f"macsmith.{name}"].write_text(text)
    found = arrows(sources)
    assert Arrow("macsmith.hw.plan.b", "macsmith.hw.c", "lazy") in found
    assert circles(found) == [["macsmith.hw.arith.a", "macsmith.hw.c", "macsmith.hw.plan.b"]]
    assert any(map(is_upward, found))


#: Imports each module first in a process of its own; what all share is imported before.
EACH = """
import os, sys, numpy, jinja2, amaranth.hdl, amaranth.lib.data, amaranth.back.rtlil, cocotb
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            __import__(name)
        except BaseException as error:
            print(f"{name}: {error!r}", flush=True)
            os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)
"""


#: Modules that need what no set of the tests installs.
OPTIONAL = {"macsmith.torch"}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here: run it on Linux")
def test_every_module_can_be_imported_first():
    """But those that run in a process of their own, or in a simulator."""
    done = subprocess.run(
        [sys.executable, "-c", EACH, *sorted({*SOURCES} - OPTIONAL)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
