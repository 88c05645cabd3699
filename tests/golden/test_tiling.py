"""Matrices as beats, and beats as the integers on a wrapper's ports."""

import numpy as np
import pytest
from macsmith.golden.answers import by_row
from macsmith.golden.description.build import INTERFACES
from macsmith.golden.matrices import Blocks, Matrices
from macsmith.golden.streams import Beats, Field, Stream
from macsmith.golden.tiling import Feed, beats_of, gather, single
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.streams import streams
from macsmith.sim.pack import pack, unpack
from macsmith.sim.stimuli import tiles

from macsmith import Options, design, quantize

FLAGS = ("nan", "positive", "negative")
STREAMS = [
    Stream("scale", False, "group", (
        Field("a", "scales", 0, "a", 3, 1, 7), Field("b", "scales", 1, "b", 2, 1, 32),
    )),
    Stream("activation", False, "step", (
        Field("re", "codes", 1, "re", 2, 4, 5), Field("im", "codes", 1, "im", 2, 4, 1),
    ), last=True),
    Stream("initial", False, "reduction", (
        Field("initial", "initial", None, "initial", 6, 1, 70, signed=True),
    )),
    Stream("result", True, "reduction", (
        Field("value", "value", None, "value", 4, 1, 19, signed=True, flags=FLAGS),
    )),
    Stream("result", True, "result", (
        Field("value", "value", None, "value", 1, 2, 13),
    ), last=True),
]  # fmt: skip


def random_beats(stream, count, seed=0):
    rng, values, flags = np.random.default_rng(seed), [], []
    for field in stream.fields:
        low = -(1 << (field.bits - 1)) if field.signed else 0
        wide = [low + int(v) * (1 << field.bits) // 1000 for v in
                rng.integers(0, 1000, count * field.count)]  # fmt: skip
        values.append(np.array(wide, object).reshape(count, field.count))
        marks = rng.integers(0, 1 << len(field.flags), (count, field.count))
        flags.append(marks if field.flags else None)
    return Beats(tuple(values), tuple(flags), rng.random(count) < 0.5)


@pytest.mark.parametrize("interface", ["native", "axis"])
@pytest.mark.parametrize("stream", STREAMS, ids=lambda s: f"{s.name} a {s.per}")
def test_a_beat_comes_apart_again(stream, interface):
    beats, interface = random_beats(stream, 20), INTERFACES[interface]
    packed = pack(stream, interface, beats)
    assert max(packed).bit_length() <= interface.beat_bits(stream)
    for index, beat in enumerate(packed):
        lanes, last = unpack(stream, interface, beat)
        wanted = []
        for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
            marks = [0] * field.count if flags is None else flags[index].tolist()
            patterns = [int(v) & ((1 << field.bits) - 1) for v in values[index]]
            wanted += list(zip(patterns, marks, strict=True))
        assert lanes == wanted
        if interface.pin(stream, "last") and stream.last:
            assert last == beats.last[index]


def test_padding_repeats_the_sign_and_flags_stand_above():
    stream, field = STREAMS[3], STREAMS[3].fields[0]
    values = np.array([[-1, 5, 0, -(1 << 18)]], object)
    beats = Beats((values,), (np.array([[0, 1, 2, 4]]),), np.array([True]))
    native, axis = (pack(stream, INTERFACES[name], beats)[0] for name in ("native", "axis"))
    width = INTERFACES["axis"].pin(stream, "data").width
    assert native & ((1 << 22) - 1) == (1 << 19) - 1  # -1, no flag
    assert native >> 22 & ((1 << 22) - 1) == 5 | 1 << 19
    assert axis & 0xFFFFFF == 0xFFFFFF and axis >> 24 & 0xFFFFFF == 5  # whole bytes
    assert axis >> 72 & 0xFFFFFF == 0xFC0000
    assert axis >> width & 0xFFF == 0b100_010_001_000
    assert axis >> width + 12 == 1 and field.lane_bits == 22  # last


def test_scales_come_rows_first_and_shared_ones_once():
    engine = design("w4a8", Options(rows=2, cols=3, group=8))
    planned, [tile] = plan(engine), tiles(engine, 1, seed=1, steps=6)
    ports = {stream.name: stream for stream in streams(planned)}
    groups = tile.k // 8
    scale, late = (single(ports[name], planned, tile) for name in ("scale", "end_scale"))
    assert (
        len(scale) == groups == beats_of(ports["scale"], planned, tile.k // planned.lanes)
        and len(late) == 1
    )
    assert (scale.values[0] == tile.weight.scales["scale"].T).all()
    assert (scale.values[1] == tile.weight.scales["zero"].T).all()
    assert (late.values[0] == tile.activation.scales["scale"].T).all()
    beat = pack(ports["scale"], INTERFACES["native"], scale)[1]
    assert beat & 0xFFFF == tile.weight.scales["scale"][0, 1]
    assert beat >> 16 & 0xFFFF == tile.weight.scales["scale"][1, 1]
    assert beat >> 32 & 0xF == tile.weight.scales["zero"][0, 1]

    shared = design("nvfp4", Options(rows=2, cols=3))
    planned, [tile] = plan(shared), tiles(shared, 1, seed=1)
    late = single(next(s for s in streams(planned) if s.name == "end_scale"), planned, tile)
    assert [values.shape for values in late.values] == [(1, 1), (1, 1)]
    assert late.values[1][0, 0] == tile.activation.scales["tensor"][0, 0]


def test_beats_of_several_reductions_are_those_of_each():
    engine = design("w4a8", Options(rows=2, cols=3, group=8))
    planned, rng = plan(engine), np.random.default_rng(2)
    weight = quantize(rng.normal(size=(6, 48)), engine.arithmetic.weight)
    activation = quantize(rng.normal(size=(6, 48)), engine.arithmetic.activation)
    whole, blocks = Matrices(weight=weight, activation=activation), Blocks.of((6, 6), planned)
    ports = [stream for stream in streams(planned) if not stream.output]
    feed, row, col = Feed(ports, planned, whole, blocks), [0, 2, 1], [1, 0, 1]
    for stream in ports:
        found, count = feed.beats(stream, np.array(row), np.array(col)), 0
        for r, c in zip(row, col, strict=True):
            own = Matrices(
                weight=weight.rows(2 * r, 2 * r + 2), activation=activation.rows(3 * c, 3 * c + 3)
            )
            part = single(stream, planned, own)
            here = slice(count, count + len(part))
            for values, wanted in zip(found.values, part.values, strict=True):
                np.testing.assert_array_equal(values[here], wanted)
            assert found.last[here].tolist() == [False] * (len(part) - 1) + [True]
            count += len(part)
        assert len(found) == len(found.last) == count == 3 * beats_of(stream, planned, 48 // 4)


def test_results_come_row_by_row():
    engine = design("ifairy", Options(rows=2, cols=3))
    planned, [tile] = plan(engine), tiles(engine, 1, seed=1)
    found = single(streams(planned)[-1], planned, tile)
    assert len(found) == 6 and found.last.tolist() == [False] * 5 + [True]
    for place in range(6):
        row, col = divmod(place, 3)
        assert (found.values[0][place] == tile.answer.values[:, row, col]).all()


@pytest.mark.parametrize("outputs", [1, 2])
def test_blocks_come_together_again(outputs):
    planned = plan(design("int4xint8", Options(rows=2, cols=3)))
    blocks = Blocks.of((7, 5), planned)
    assert blocks.rows.shape == (4, 2) and blocks.cols.shape == (2, 3)
    assert blocks.rows[-1].tolist() == [6, 6] and blocks.cols[-1].tolist() == [3, 4, 4]
    matrix = np.arange(7 * 5 * outputs).reshape(7, 5, outputs)
    parts = matrix[blocks.rows][:, :, blocks.cols].transpose(0, 2, 1, 3, 4)
    whole = gather(parts.reshape(-1, outputs), (7, 5), planned, outputs)
    assert (whole == (matrix[:, :, 0] if outputs == 1 else matrix.transpose(2, 0, 1))).all()


def test_rows_of_a_block_have_the_same_scale_in_a_tile():
    engine = design("deepseek_fp8", Options(rows=3))
    tile = tiles(engine, 1, seed=1)[0]
    scales = tile.weight.scales["scale"]
    assert scales.shape == (3, tile.k // 128) and (scales == scales[:1]).all()
    assert by_row(design("w4a8")) == design("w4a8")
