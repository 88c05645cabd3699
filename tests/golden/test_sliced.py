"""Integers served at fewer bits: every code under every selection, and quantizing for them."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden.errors import UnknownName
from macsmith.golden.formats.sliced import SLICES
from second_models.sliced import served

from macsmith import design, lookup, matmul, quantize


@pytest.mark.parametrize("rule", SLICES)
@pytest.mark.parametrize("kind, width", [("int", 8), ("uint", 8), ("int", 5), ("uint", 2)])
def test_every_code_under_every_selection(kind, width, rule):
    fmt, signed = lookup(f"{kind}{width}_{rule}"), kind == "int"
    codes, selections = np.arange(1 << width), range(1 << fmt.select_width)
    found = np.array([fmt.integers(codes, s) for s in selections])
    assert found.tolist() == [
        [served(code, width, signed, rule, s) for code in range(1 << width)] for s in selections
    ]
    assert (fmt.low, fmt.high) == (found.min(), found.max())


def test_the_rules_differ_where_they_should():
    """Halves at three bits of eight, and the code at the top."""
    three = {rule: lookup(f"uint8_{rule}").integers([0x30, 0x50, 0xFF], 5) for rule in SLICES}
    assert {rule: found.tolist() for rule, found in three.items()} == {
        "trunc": [0x20, 0x40, 0xE0],
        "slice": [0x40, 0x60, 0xE0],
        "extra": [0x40, 0x60, 0x100],
        "double": [0x40, 0x40, 0xE0],
    }


@pytest.mark.parametrize("name", ["int1_slice", "int17_trunc", "int8_round", "uint8_slices"])
def test_names_that_do_not_exist(name):
    with pytest.raises(UnknownName):
        lookup(name)


def test_one_stored_tensor_serves_every_width():
    """Quantized once; fewer bits by another selection alone, with growing error."""
    rng = np.random.default_rng(2)
    engine = design("matquant")
    weight = rng.normal(size=(4, 64))
    stored = quantize(weight, engine.arithmetic.weight)
    activation = quantize(rng.normal(size=(2, 64)), engine.arithmetic.activation)
    assert stored.select.tolist() == [[0]] * 4
    errors = []
    for dropped in (0, 2, 4, 6):
        chosen = replace(stored, select=np.full_like(stored.select, dropped))
        errors.append(np.abs(chosen.dequantize() - weight).max())
        result = matmul(engine, chosen, activation).decode()
        wanted = chosen.dequantize() @ activation.dequantize().T
        np.testing.assert_allclose(result, wanted, rtol=1e-5)
    assert errors == sorted(errors) and errors[0] < weight.max() / 100 < errors[-1]
