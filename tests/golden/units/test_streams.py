"""What travels to and from units: widths of their streams, and the ends that are tried."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden.units import Dequantize, Hadamard, Quantize, Requantize

from macsmith import lookup


def layout(unit):
    """name -> output, per, last, fields (with vectors, lanes, bits, sign), bits of a beat."""
    return {
        s.name: (
            s.output, s.per, s.last,
            [(f.name, f.kind, f.vectors, f.lanes, f.bits, f.signed) for f in s.fields],
            s.data_bits, s.payload_bits,
        )
        for s in unit.streams
    }  # fmt: skip


def test_a_requantizer_has_sums_and_what_groups_hold():
    unit = Requantize(
        name="r", rows=3, lanes=2, group=8, bias=lookup("int16"), shift=lookup("uint5")
    )
    held = [("multiplier", 32), ("shift", 5), ("bias", 16)]
    assert layout(unit) == {
        "sums": (False, "step", True, [("sums", "codes", 3, 2, 32, False)], 192, 193),
        "scale": (
            False, "group", False,
            [(name, "scales", 3, 1, bits, False) for name, bits in held], 159, 159,
        ),
        "result": (True, "step", True, [("value", "value", 3, 2, 8, True)], 48, 49),
    }  # fmt: skip
    names = {field.name: unit.formats(field) for s in unit.streams for field in s.fields}
    assert names == {
        "sums": ("int32", None), "multiplier": ("int32", None), "shift": ("uint5", None),
        "bias": ("int16", None), "value": ("int8", None),
    }  # fmt: skip


def test_rows_that_share_have_one_holder():
    unit = Requantize(name="r", rows=3, lanes=2, group=8, shared=True, result=lookup("uint8"))
    assert layout(unit)["scale"][3] == [("multiplier", "scales", 1, 1, 32, False)]
    assert layout(unit)["result"][3] == [("value", "value", 3, 2, 8, False)]


def test_a_dequantizer_has_codes_zero_points_and_scales():
    unit = Dequantize(name="d", element=lookup("uint4"), zero=lookup("uint4"), group=16, lanes=4,
                      scales=(lookup("fp16"),), result=lookup("bf16"))  # fmt: skip
    found = layout(unit)
    [(name, (_, per, last, [codes], bits, payload))] = [
        (name, it) for name, it in found.items() if name not in ("scale", "result")
    ]
    assert (per, last, codes[2:], bits, payload) == ("step", True, (1, 4, 4, False), 16, 17)
    assert sorted(field[4] for field in found["scale"][3]) == [4, 16]
    assert found["result"][3] == [("value", "value", 1, 4, 16, False)]


def test_a_quantizer_gives_codes_and_a_scale_for_each_block_in_a_beat():
    unit = Quantize(name="q", lanes=64, block=32, tensor=lookup("fp32"), rule="absmax",
                    scale=lookup("e4m3"))  # fmt: skip
    assert layout(unit) == {
        "values": (False, "step", True, [("values", "codes", 1, 64, 16, False)], 1024, 1025),
        "tensor": (False, "reduction", False, [("tensor", "scales", 1, 1, 32, False)], 32, 32),
        "result": (
            True, "step", True,
            [("codes", "codes", 1, 64, 4, False), ("scale", "scales", 1, 2, 8, False)], 272, 273,
        ),
    }  # fmt: skip
    names = {field.name: unit.formats(field) for s in unit.streams for field in s.fields}
    assert names == {"values": ("bf16", None), "codes": ("e2m1", None), "scale": ("e4m3", None),
                     "tensor": ("fp32", None)}  # fmt: skip
    assert set(layout(Quantize(name="q"))) == {"values", "result"}
    assert layout(Quantize(name="q", lanes=4))["result"][3][1][3] == 1


def test_a_transform_has_points_and_grows_by_a_bit_a_step():
    unit = Hadamard(name="h", points=64, lanes=8, vectors=2, format=lookup("int8"))
    assert layout(unit) == {
        "points": (False, "step", True, [("points", "codes", 2, 8, 8, False)], 128, 129),
        "result": (True, "step", True, [("value", "value", 2, 8, 14, True)], 224, 225),
    }
    fields = [field for stream in unit.streams for field in stream.fields]
    assert [unit.formats(field) for field in fields] == [("int8", None), ("integer", 0)]
    floats = Hadamard(name="h", points=16, lanes=8, format=lookup("bf16"))
    assert layout(floats)["result"][3] == [("value", "value", 1, 8, 16, False)]
    fields = [field for stream in floats.streams for field in stream.fields]
    assert [floats.formats(field) for field in fields] == [("bf16", None)] * 2


@pytest.mark.parametrize("group, beats", [(8, 8), (2, 8), (6, 9), (20, 10), (0, 8)])
def test_bounds_of_a_requantizer_are_all_ends_with_all(group, beats):
    formats = {"sums": "int8", "multiplier": "uint6", "bias": "int4"}
    unit = Requantize(name="r", rows=2, lanes=2, group=group, distance=3,
                      **{name: lookup(fmt) for name, fmt in formats.items()})  # fmt: skip
    found = []
    for trial in unit.bounds():
        assert trial["sums"].last.tolist() == [False] * (beats - 1) + [True]
        assert trial["sums"].values[0].shape == (beats, 4)
        groups = 1 if not group else beats * 2 // group
        held = dict(zip(unit.held, trial["scale"].values, strict=True))
        assert all(values.shape == (groups, 2) for values in held.values())
        assert not trial["scale"].last.any()
        arrays = [trial["sums"].values[0], held["multiplier"], held["bias"]]
        values = [
            set(lookup(fmt).decode(array).ravel())
            for fmt, array in zip(formats.values(), arrays, strict=True)
        ]
        found += product(*values)
    assert sorted(found) == sorted(product((-128, 127), (0, 63), (-8, 7)))


def test_bounds_of_a_dequantizer_are_ends_of_floats_too():
    unit = Dequantize(name="d", element=lookup("e2m1"), scales=(lookup("e4m3"),), group=8, lanes=4,
                      result=lookup("fp16"))  # fmt: skip
    ends = {
        (float(lookup("e2m1").decode(trial[unit.source[0]].values[0]).flat[0]),
         float(lookup("e4m3").decode(trial["scale"].values[0]).flat[0]))
        for trial in unit.bounds()
    }  # fmt: skip
    assert ends == set(product((-6.0, 6.0), (-448.0, 448.0)))
    short = [trial["scale"].values[0].shape for trial in unit.bounds()]
    assert short == [(4, 1)] * 4 and np.ndim(short) == 2
