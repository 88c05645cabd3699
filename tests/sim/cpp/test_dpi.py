"""SystemVerilog benches get golden's results by DPI, in Verilator."""

from dataclasses import replace

import numpy as np
import pytest
from cpp_models import arrays
from dpi_benches import printed
from macsmith.golden import Arithmetic, Build, Engine, Operand, Plane, lookup, raw
from macsmith.golden.formats import Format
from macsmith.hw.text.emit import emit
from macsmith.sim.cpp import fields, model
from macsmith.sim.harness import harness
from macsmith.sim.pack import pack
from macsmith.sim.stimuli import tiles

from macsmith import Options, design
from macsmith.letters import ascii_letters


def engines():
    """Scales of all kinds, several modes, results wider than 64 bits, two outputs, initial sums,
    biases, sparse weights, flags beside data, several results in a beat."""
    few = Options(rows=2, cols=2, lanes=4)
    int8, e5m2 = lookup("int8"), lookup("e5m2")
    planes = Operand((Plane(int8), Plane(lookup("int4"))))
    both = Arithmetic(planes, Operand((Plane(int8),)), combine=(((1,), (0,)), ((0,), (-1,))))
    begun = raw("int4", "int8", 64, initial=int8)
    return [
        replace(design("nvfp4", few), name="scaled"),
        replace(design("simd", few), name="modes"),
        Engine("wide", (raw(e5m2, e5m2, 64),), Build(2, 2, 4)),
        Engine("both", (both,), Build(2, 2, 4)),
        Engine("begun", (begun,), Build(2, 2, 4)),
        replace(design("sparse_marlin", few), name="sparse"),
        replace(design("w4a8", Options(rows=2, cols=2, lanes=4, bias="bf16")), name="biased"),
        Engine("flagged", (raw("e4m3", "e4m3", 64),), Build(2, 2, 4, interface="axis")),
        replace(design("mxfp4", Options(rows=2, cols=2, lanes=4, results=2)), name="several"),
    ]


def task(engine, number, tile):
    """A task that multiplies a tile and compares all results."""
    arithmetic, mode = model.alone(engine, tile.mode), tile.mode
    kind = "golden" + f"_mode{mode}" * (len(engine.modes) > 1)
    lines = [f"    task automatic tile{number};"]
    lines.append(f"        automatic {engine.name}_dpi::{kind} model = new(2, 2);")
    given = zip(fields.fields(arithmetic), arrays(arithmetic, tile), strict=True)
    for field, array in given:
        flat = array.reshape(array.shape[0] if array.ndim > 1 else array.size, -1)
        if field.kind == "initial":
            flat = array.reshape(-1, 2)
        for (vector, place), item in np.ndenumerate(flat):
            value = int(item) & ((1 << field.bits) - 1)
            lines.append(
                f"        model.put_{field.name}({vector}, {place}, {field.bits}'h{value:x});"
            )
    k = tile.weight.shape[1]
    lines.append(f'        if (model.multiply({k}) != "") $fatal(1, "refused");')
    form, answer = model.result_format(arithmetic), tile.answer
    width = form.bits if isinstance(form, Format) else form.width
    values = answer.values.reshape(-1, 2, 2)
    for (output, row, col), item in np.ndenumerate(values):
        value, place = int(item) & ((1 << width) - 1), f"{row}, {col}, {output}"
        what = f"{engine.name} {number}: {place}"
        found = f"{{{width}'(model.result({place}))}}"
        lines.append(f"        same(\"{what}\", 512'({found}), 512'h{value:x});")
        if not isinstance(form, Format):
            marks = answer.flags.nan, answer.flags.positive, answer.flags.negative
            bits = [int(mark.reshape(-1, 2, 2)[output, row, col]) for mark in marks]
            flags = sum(bit << place for place, bit in enumerate(bits))
            lines.append(f"        same(\"flags\", 512'(model.flags({place})), 512'd{flags});")
    refused = f'model.multiply({arithmetic.k_max + 1}) == "k must lie in 1 to {arithmetic.k_max}"'
    lines.append(f'        if (!({refused})) same("refusal", 0, 1);')
    return "\n".join([*lines, "        model.free();", "    endtask"])


def beats(emitted, number, tile):
    """A task that puts in the beats of a tile, and compares all beats of results."""
    tried, name = harness(emitted.hardware), emitted.name
    lines = [f"    task automatic tile{number};"]
    result = emitted.interface.pin(tried.result, "data").width
    lines.append(f"        automatic {name}_dpi::golden model = new(2, 2);")
    lines.append(f"        automatic bit [{result - 1}:0] data;")
    for _ in range(2):
        for stream in emitted.streams:
            width = emitted.interface.pin(stream, "data").width
            packed = pack(stream, emitted.interface, tried.sent(stream, [tile]))
            values = [f"{width}'h{beat & (1 << width) - 1:x}" for beat in packed]
            if stream.output:
                lines.append('        if (model.multiply_beats() != "") $fatal(1, "refused");')
            for beat, value in enumerate(values):
                if stream.output:
                    lines.append(f"        model.{stream.name}_beat({beat}, data);")
                    lines.append(f"        same(\"{name}\", 512'(data), 512'({value}));")
                else:
                    lines.append(f"        model.{stream.name}_beat({value});")
    return "\n".join([*lines, "        model.free();", "    endtask"])


def built(folder, fault=lambda text: text):
    """What the bench prints."""
    made, tasks = engines(), []
    for engine in made:
        emitted = emit(engine)
        for name, text in model.files(engine, emitted).items():
            path = folder / name.partition("/")[2]
            path.write_text(fault(ascii_letters(text)), encoding="ascii")
        for index, tile in enumerate(tiles(engine, 6, seed=3, longest=32)):
            if index % 2 and len(engine.modes) == 1:
                tasks.append(beats(emitted, len(tasks), tile))
            else:
                tasks.append(task(engine, len(tasks), tile))
    return printed(folder, [engine.name for engine in made], tasks)


@pytest.mark.slow
def test_a_bench_gets_golden_s_results(build_folder):
    """Without a warning of Verilator's."""
    assert "\n0 wrong\n" in "\n" + built(build_folder)


@pytest.mark.slow
def test_a_fault_is_seen_by_the_bench(build_folder):
    told = built(
        build_folder, lambda text: text.replace("minifloat(2, 1, 1,", "minifloat(2, 1, 2,")
    )
    assert "scaled" in told and "\n0 wrong\n" not in "\n" + told
