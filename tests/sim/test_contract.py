"""What the contract (docs/site/numerics.md) states beyond sums, in hardware: scales, codes."""

import numpy as np
import pytest
from macsmith.golden.description import ROW, TENSOR, Arithmetic, Build, Engine, Output
from macsmith.sim.matmul import engine_matmul

from macsmith import DesignError, Level, Operand, Options, Plane, Quantized, design, lookup, matmul

FP32 = lookup("fp32")


def side(*spans):
    levels = tuple(Level(FP32, span, f"{span}") for span in spans)
    return Operand((Plane(lookup("int8"), levels),))


@pytest.mark.cases(0)
def test_late_scales_multiply_in_the_order_of_the_description():
    """Row, tensor, then the activation's row: 2**200 is infinite before 2**-100 comes."""
    w, a = side(ROW, TENSOR), side(ROW)
    engine = Engine("late", (Arithmetic(w, a, output=Output(FP32), k_max=4),), Build(2, 1, 4))
    tensor, rows = np.float32([[2.0**100]]), np.float32([[2.0**100], [1.0000001]])
    columns = np.float32([[2.0**-100], [1.3333334]])
    codes = np.full((2, 4), 3, np.uint8)
    held = (
        Quantized(w, {"code": codes}, {"row": rows.view("u4"), "tensor": tensor.view("u4")}),
        Quantized(a, {"code": codes}, {"row": columns.view("u4")}),
    )
    found = engine_matmul(engine, *held).values.astype(np.uint32).view(np.float32)
    with np.errstate(over="ignore"):
        wanted = np.float32(36) * rows * tensor * columns.T
    assert np.isinf(wanted).any() and np.isfinite(wanted).any()
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.slow
def test_a_zero_point_of_zero_meets_infinity():
    engine = design("w4a16", Options(rows=1, cols=1, lanes=4))
    weight, activation = engine.arithmetic.weight, engine.arithmetic.activation
    scales = {"scale": np.full((1, 2), 0x3C00, np.uint16), "zero": np.zeros((1, 2), np.uint8)}
    held = Quantized(weight, {"code": np.ones((1, 256), np.uint8)}, scales)
    x = np.full((2, 256), 0x3C00, np.uint16)
    x[1, 3] = 0x7C00
    given = Quantized(activation, {"code": x})
    found = engine_matmul(engine, held, given).values
    assert found.tolist() == [[0x43800000, 0x7FC00000]]
    assert matmul(engine, held, given).values.tolist() == found.tolist()


def test_codes_without_use_never_reach_the_simulation():
    engine = design("int8_symxint8", Options(rows=1, cols=1, lanes=1))
    with pytest.raises(DesignError, match="^int8_sym is symmetric and has no code 0x80"):
        engine_matmul(engine, np.array([[0x80]], np.uint8), np.array([[1]], np.uint8))
