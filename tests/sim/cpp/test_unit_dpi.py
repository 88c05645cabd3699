"""SystemVerilog benches get the beats of units and chains by DPI, in Verilator."""

from dataclasses import replace

import pytest
from dpi_benches import printed
from macsmith.hw.text.emit import emit
from macsmith.sim.cpp import catalogue
from macsmith.sim.harness import harness
from macsmith.sim.pack import pack

from macsmith import design
from macsmith.letters import ascii_letters

#: Values of groups, two roundings, scales beside codes, tokens and their seeds, byte-padded lanes.
PRESETS = ("dequantize_w4a16", "tflite", "requantize_e4m3", "quantize_nvfp4", "residual_bf16")


def units():
    """Presets, each with another number, one on AXI-Stream, and an engine with a requantizer."""
    found = [replace(design(name), name=f"{name}_tried") for name in PRESETS]
    axis = replace(found[0].build, interface="axis")
    found.append(replace(found[0], name="padded", rows=2, lanes=4, build=axis))
    random = replace(design("quantize_int4"), name="random", lanes=4, block=8, random_bits=5)
    return [*found, random, replace(found[1], name="wide", lanes=3), design("tflite_int8")]


def task(emitted, number, trials):
    """Puts the beats of trials, and compares all that come out."""
    tried, name = harness(emitted.hardware), emitted.name
    lines = [f"    task automatic tile{number};"]
    width = emitted.interface.pin(tried.result, "data").width
    lines.append(f"        automatic {name}_dpi::golden model = new();")
    lines.append(f"        automatic bit [{width - 1}:0] data;")
    lines.append("        automatic bit last;")
    for stream in emitted.streams:
        beats = tried.sent(stream, trials)
        width = emitted.interface.pin(stream, "data").width
        packed = pack(stream, emitted.interface, beats)
        values = [f"{width}'h{beat & (1 << width) - 1:x}" for beat in packed]
        if stream.output:
            lines.append('        if (model.answer() != "") $fatal(1, "refused");')
            lines.append(f"        same(\"beats\", 512'(model.beats()), 512'd{len(values)});")
        for beat, value in enumerate(values):
            mark = int(beats.last[beat])
            if stream.output:
                lines.append(f"        model.{stream.name}_beat({beat}, data, last);")
                lines.append(f"        same(\"{name}\", 512'(data), 512'({value}));")
                lines.append(f"        same(\"last\", 512'(last), 512'd{mark});")
            else:
                more = f", 1'd{mark}" if stream.last else ""
                lines.append(f"        model.{stream.name}_beat({value}{more});")
    return "\n".join([*lines, "        model.free();", "    endtask"])


def built(folder, fault=lambda text: text):
    """What the bench prints."""
    tasks, names = [], []
    for unit in units():
        emitted = emit(unit)
        for name, text in catalogue.files(unit, emitted).items():
            path = folder / name.partition("/")[2]
            path.write_text(fault(ascii_letters(text)), encoding="ascii")
        names.append(unit.name)
        trials = harness(emitted.hardware).stimuli(1, seed=3)
        tasks.append(task(emitted, len(tasks), trials[:6]))
    return printed(folder, names, tasks)


@pytest.mark.slow
def test_a_bench_gets_golden_s_beats(build_folder):
    """Without a warning of Verilator's."""
    assert "\n0 wrong\n" in "\n" + built(build_folder)


@pytest.mark.slow
def test_a_fault_is_seen_by_the_bench(build_folder):
    told = built(build_folder, lambda text: text.replace("int zero = 1;", "int zero = -1;"))
    assert "dequantize_w4a16" in told and "\n0 wrong\n" not in "\n" + told
