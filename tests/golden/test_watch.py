"""Whoever watches is told of every rounding; nobody is told outside the block."""

import numpy as np
import pytest
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    group,
    lookup,
    matmul,
    quantize,
)
from macsmith.golden.watch import tell, watched, watching

FP32, BF16 = lookup("fp32"), lookup("bf16")


def engine():
    scales = Level(lookup("fp16"), group(8), "scale"), Level(FP32, ROW, "outer")
    weight = Operand((Plane(lookup("int8"), scales),))
    activation = Operand((Plane(lookup("int8")),))
    output, stages = Output(BF16), (Stage(), Stage("fp", format=FP32))
    return Engine("w", (Arithmetic(weight, activation, accumulate=stages, output=output),), Build())


def test_every_step_is_told_with_its_format_and_values():
    heard, watched_by = [], engine()
    rng = np.random.default_rng(0)
    w = quantize(rng.normal(size=(3, 16)), watched_by.arithmetic.weight)
    a = rng.integers(0, 256, (2, 16)).astype(np.uint8)
    silent = matmul(watched_by, w, a)
    assert not watching()
    with watched(lambda *told: heard.append(told)):
        assert watching()
        loud = matmul(watched_by, w, a)
    np.testing.assert_array_equal(silent.values, loud.values)
    steps = {step: (fmt, values) for step, fmt, values in heard}
    assert {step: fmt for step, (fmt, _) in steps.items()} == {
        "addend": FP32, "addition": FP32, "sum": FP32, "scale 0": FP32, "output": BF16,
    }  # fmt: skip
    np.testing.assert_array_equal(BF16.encode(steps["output"][1]).reshape(3, 2), loud.values)
    count = len(heard)
    matmul(watched_by, w, a)
    assert not watching() and len(heard) == count


def test_watchers_follow_each_other():
    first, second = [], []
    with watched(lambda *told: first.append(told)):
        tell("one", FP32, 1.0)
        with watched(lambda *told: second.append(told)):
            tell("two", FP32, [2.0])
        tell("three", BF16, np.ones((1, 1)))
    tell("four", FP32, 4.0)
    assert [step for step, *_ in first] == ["one", "three"]
    assert [step for step, *_ in second] == ["two"]
    assert all(isinstance(values, np.ndarray) for *_, values in first + second)


def test_an_error_ends_the_watch():
    with pytest.raises(KeyError), watched(print):
        raise KeyError
    assert not watching()
