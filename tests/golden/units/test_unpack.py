"""Unpackers: the bytes of a matrix, beat by beat, are its codes and scales."""

import re

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType
from macsmith.golden import DesignError, Quantized, UnknownName, storage
from macsmith.golden.storage import Mapped
from macsmith.golden.units import Unpack
from stored import drawn

MAPPED = [n for n in storage.names() if isinstance(storage.lookup(n), Mapped)]


def unit(scheme, **given):
    return Unpack(name="u", scheme=scheme, **given)


def shaped(name):
    """Rows that every scheme has blocks for, and what K is."""
    scheme = storage.lookup(name)
    whole_rows = any(level.span.columns is None for level in scheme.operand.levels)
    rows = 16 if name == "spqr" else 32 if name.startswith("gptq") else 8
    return {"rows": rows, "k": 256 if whole_rows else 0}


@pytest.mark.parametrize("lanes", [4, 32, 64])
@pytest.mark.parametrize("name", MAPPED)
def test_beats_hold_the_codes_and_scales_of_their_columns(name, lanes):
    """Element by element, as `unpack` gives the matrix; of two tiles where K is known."""
    scheme, rng = storage.lookup(name), np.random.default_rng(3)
    device = unit(name, lanes=lanes, **shaped(name))
    shape = (device.rows * (2 if device.k else 1), 256)
    held = drawn(rng, scheme, shape, "wild")
    held = scheme.unpack(scheme.pack(held), shape)
    found = device.answer(device.sent(scheme.pack_parts(held), shape))["result"]
    fields = device.streams[-1].fields
    spans = {level.name: level.span for level in scheme.operand.levels}
    spans |= {"select": scheme.operand.select.span} if scheme.operand.select else {}
    arrays = {**held.codes, **held.scales, "select": held.select}
    assert len(found) >= shape[0] // device.rows * 256 // lanes
    marks = np.arange(1, len(found) + 1) % (256 // lanes) == 0
    np.testing.assert_array_equal(found.last, marks & bool(device.k))
    for field, values in zip(fields, found.values, strict=True):
        assert values.shape == (len(found), field.count)
        for tile in range(shape[0] // device.rows):
            for step in rng.choice(256 // lanes, 3):
                beat = values[tile * (256 // lanes) + step].reshape(field.vectors, field.lanes)
                for row in range(device.rows):
                    for lane in range(lanes):
                        span = spans.get(field.array)
                        down, along = (span.rows, span.columns or 256) if span else (1, 1)
                        at = (tile * device.rows + row) // down, (step * lanes + lane) // along
                        here = row // down, lane // along if along < lanes else 0
                        assert beat[here] == arrays[field.array][at]


@pytest.mark.parametrize("name", ["q4_0", "q5_1", "q8_0", "mxfp4", "q4_k", "q6_k", "tq1_0"])
def test_a_file_of_gguf_is_taken_as_it_is(name):
    """One row: rows follow each other in the stream as in the file; values are gguf-py's."""
    rng, shape = np.random.default_rng(4), (5, 512)
    kind = GGMLQuantizationType[name.upper()]
    values = (rng.standard_t(4, shape) * 0.1).astype(np.float32)
    if name in ("q4_k", "q6_k"):  # gguf-py only reads them: any bytes with sound FP16 scales
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        data = rng.integers(0, 256, (5 * 512 // elements, size), np.uint8)
        for at in (0, 2) if name == "q4_k" else (208,):
            data[:, at : at + 2] = np.float16([0.01]).view(np.uint8)
    else:
        data = gguf.quants.quantize(values, kind)
    device = unit(name, lanes=16)
    raw = np.pad(data.ravel(), (0, -data.size % 64))
    answer = device.answer({"blocks": device.beats(raw)})["result"]
    scheme = storage.lookup(name)
    count = 5 * 512 // 16
    codes = answer.values[0][:count].reshape(5, 512)
    scales = {}
    for (key, (fmt, span)), given in zip(device.beside.items(), answer.values[1:], strict=True):
        each = given[:count, 0].astype(fmt.dtype).reshape(5, 32)
        scales[key] = each[:, :: span.columns // 16]
    held = Quantized(scheme.operand, {"code": codes}, scales)
    want = gguf.quants.dequantize(data.reshape(5, -1), kind)
    np.testing.assert_array_equal(held.dequantize().astype(np.float32), want)


def test_what_is_not_whole_does_not_come():
    """Half a block: nothing; what is behind the last whole block waits for the rest."""
    device = unit("q4_0", lanes=8, port=128)
    data = np.arange(32, dtype=np.uint8)
    assert len(device.answer({"blocks": device.beats(data[:16])})["result"]) == 0
    assert len(device.answer({"blocks": device.beats(data)})["result"]) == 4
    gptq = unit("gptq4_g128", rows=8, lanes=8)
    sent = gptq.trials(1, np.random.default_rng(0))[0]
    short = {**sent, "qzeros": gptq.beats(np.zeros(0, np.uint8))}
    assert len(gptq.answer(short)["result"]) == 0


@pytest.mark.parametrize("name", MAPPED)
def test_trials_are_whole_beats_of_whole_blocks(name):
    device = unit(name, lanes=32, **shaped(name))
    rng = np.random.default_rng(1)
    for trial in (*device.trials(2, rng), *device.bounds()):
        assert len(device.answer(trial)["result"]) == device.period
        for key, words in device.words.items():
            assert len(trial[key]) * 64 == device.period // words.beats * words.size


def test_what_a_beat_carries():
    device = unit("q4_k", lanes=64, rows=2)
    assert [(s.name, s.output, s.per, s.last) for s in device.streams] == [
        ("blocks", False, "port", False), ("result", True, "step", True),
    ]  # fmt: skip
    [port], result = device.streams[0].fields, device.streams[1].fields
    assert (port.vectors, port.lanes, port.bits) == (1, 64, 8)
    assert device.formats(port) == ("uint8", None)
    assert [(f.name, f.kind, f.side, f.vectors, f.lanes, f.bits) for f in result] == [
        ("code", "codes", 0, 2, 64, 4),
        ("sc", "scales", 0, 2, 2, 6), ("d", "scales", 0, 2, 1, 16),
        ("m", "scales", 0, 2, 2, 6), ("dmin", "scales", 0, 2, 1, 16),
    ]  # fmt: skip
    assert [device.formats(f)[0] for f in result] == ["uint4", "uint6", "fp16", "uint6", "fp16"]
    chosen = unit("iq1_m").streams[1].fields[-1]
    assert (chosen.kind, chosen.lanes, chosen.bits) == ("select", 2, 1)
    assert unit("q4_0").facts == {"scheme": "q4_0", "port": 512, "rows": 1, "lanes": 16, "k": 0}


@pytest.mark.parametrize(
    "scheme, given, message",
    [
        ("q4_0", {"port": 96}, "a port has a power of two of bits, got 96"),
        ("q4_0", {"port": 4}, "port must be 8 to 4096, got 4"),
        ("q4_0", {"lanes": 12}, "q4_0 has scales of 32 elements: lanes must divide them, or be a "
         "multiple, got 12"),
        ("dfloat11", {}, "dfloat11 has no blocks of a fixed length"),
        ("awq4_g128", {"rows": 4}, "blocks of awq4_g128 hold 8 rows: rows must be a multiple, got "
         "4"),
        ("spqr", {"rows": 8}, "blocks of spqr hold 16 rows: rows must be a multiple, got 8"),
        ("segments_e3m2", {}, "segments_e3m2 has scales for a whole row: say how long it is, k"),
        ("segments_e3m2", {"k": 40}, "k must be a multiple of the 16 columns that are unpacked at "
         "a time, got 40"),
        ("q8_k", {"rows": 64}, "64 rows of 256 columns are 18688 bytes, which are held in "
         "registers, 8192 at the most: choose fewer rows or lanes"),
        ("q4_0", {"rows": 512, "lanes": 16}, "rows × lanes must be at most 4096, got 512 × 16"),
    ],
)  # fmt: skip
def test_what_cannot_be_unpacked_is_told(scheme, given, message):
    with pytest.raises(DesignError, match=re.escape(message)):
        unit(scheme, **given)


def test_a_scheme_must_be_known_and_numbers_whole():
    with pytest.raises(UnknownName, match="q4_k"):
        unit("q4_kk")
    with pytest.raises(TypeError, match="lanes must be a whole number"):
        unit("q4_0", lanes=4.0)
