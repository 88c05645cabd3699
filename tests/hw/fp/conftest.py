"""Drives floating-point blocks, and says what they must give."""

import ml_dtypes
import numpy as np
import pytest
from amaranth.hdl import Cat, Module, Signal, Value
from macsmith.sim.sweep import Sweep

#: What NumPy and ml_dtypes call our formats.
FOREIGN = {
    "fp32": np.float32,
    "fp16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e5m2": ml_dtypes.float8_e5m2,
    "e4m3_ieee": ml_dtypes.float8_e4m3,
    "e3m4_ieee": ml_dtypes.float8_e3m4,
    "e4m3_fnuz": ml_dtypes.float8_e4m3fnuz,
    "e5m2_fnuz": ml_dtypes.float8_e5m2fnuz,
    "e4m3b11_fnuz": ml_dtypes.float8_e4m3b11fnuz,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e2m1": ml_dtypes.float4_e2m1fn,
}


@pytest.fixture
def run():
    return run_units


@pytest.fixture
def reference():
    return Reference


def run_units(units, w, a=None, seed=1):
    """name -> codes that the units give, side by side in one design, stopped at random.

    ``a`` of a unit is the low bits of ``w``, ``b`` or ``scales`` those of ``a``; ``i`` those of
    both, ``w`` below; ``shift`` the upper half of ``a``.
    """
    m = Module()
    inputs = Signal(64, name="w"), Signal(64, name="a")
    sources = {"a": inputs[0], "b": inputs[1], "scales": inputs[1], "i": Cat(*inputs)}
    sources["shift"] = inputs[1][32:]
    enable = Signal(name="enable")
    [latency] = {unit.latency for unit in units.values()}
    built = {}
    for name, unit in units.items():
        m.submodules[name] = built[name] = unit.component()
        m.d.comb += built[name].enable.eq(enable)
        for port in set(unit.ports) - {"enable", "o"}:
            value = Value.cast(getattr(built[name], port))
            m.d.comb += value.eq(sources[port][: len(value)])
    sweep = Sweep(
        m,
        *inputs,
        {name: unit.o for name, unit in built.items()},
        enable=enable if latency else None,
        latency=latency,
    )
    a = w if a is None else a
    w, a = (np.asarray(codes).astype(np.int64).view(np.uint64) for codes in (w, a))
    return {name: words[:, 0] for name, words in sweep.run(w, a, seed).items()}


class Reference:
    """What is right, by the golden model and by packages that nobody here wrote."""

    foreign = FOREIGN

    @staticmethod
    def code(fmt, values, saturate=False):
        """Codes of float64 ``values`` by the golden model; NaN is zero where there is none."""
        values = values if fmt.has_nan else np.where(np.isnan(values), 0.0, values)
        return fmt.encode(values, "nearest_even", saturate).astype(np.int64)

    @staticmethod
    def foreign_code(fmt, values):
        """Codes of float64 ``values`` by NumPy or ml_dtypes, with our NaN for all of theirs.

        ml_dtypes goes through float32. So that this does no harm, it gets float32 rounded to odd.
        """
        kind = FOREIGN[fmt.name]
        with np.errstate(all="ignore"):
            if kind not in (np.float32, np.float16):
                near = values.astype(np.float32)
                other = np.where(near < values, np.inf, -np.inf).astype(np.float32)
                even = near.view(np.uint32) & 1 == 0
                off = (near != values) & even & np.isfinite(values)
                values = np.where(off, np.nextafter(near, other), near)
            found = values.astype(np.float32 if kind is np.float32 else kind)
        codes = found.view({1: np.uint8, 2: np.uint16, 4: np.uint32}[found.itemsize])
        codes = codes.astype(np.int64) & ((1 << fmt.bits) - 1)
        return np.where(
            np.isnan(found.astype(np.float64)), fmt.nan_code if fmt.has_nan else -1, codes
        )

    @classmethod
    def check(cls, fmt, found, values, saturate=False, tell=()):
        """Asserts that ``found`` are the codes of ``values``; ``tell`` is shown where not."""
        wrong = found != cls.code(fmt, values, saturate)
        assert not wrong.any(), (fmt.name, *(np.asarray(item)[wrong][:3] for item in tell))
        if fmt.name in cls.foreign and fmt.has_nan and not saturate:
            found = np.where(np.isnan(fmt.decode(found)), fmt.nan_code, found)
            assert np.array_equal(found, cls.foreign_code(fmt, values)), fmt.name

    @staticmethod
    def is_normal(fmt, codes):
        """Which codes are no subnormals; zero, infinity and NaN count as normal."""
        magnitude = codes & ((1 << (fmt.bits - fmt.signed)) - 1)
        return (not fmt.has_zero) | (magnitude == 0) | (magnitude >> fmt.mantissa_width > 0)

    @classmethod
    def classes(cls, fmt, values):
        """class -> how many of the exact float64 ``values`` are in it, or fall into it."""
        codes = cls.code(fmt, values)
        finite = np.isfinite(values) & (values != 0)
        exponent = np.frexp(np.where(finite, values, 1.0))[1] - 1
        quantum = np.maximum(exponent, 1 - fmt.bias) - fmt.mantissa_width
        scaled = np.ldexp(np.abs(np.where(finite, values, 1.0)), -quantum)
        kept, rest = np.floor(scaled), scaled % 1
        up = (rest > 0.5) | ((rest == 0.5) & (kept % 2 == 1))
        below = np.abs(values) < 2.0 ** (1 - fmt.bias)
        beyond = np.abs(values) > fmt.high * 2.0**fmt.lsb
        return {
            "zero": int((values == 0).sum()),
            "vanishing": int((finite & (codes << 1 & ((1 << fmt.bits) - 1) == 0)).sum()),
            "subnormal": int((finite & below).sum()),
            "normal": int((finite & ~below & ~beyond).sum()),
            "overflow": int((finite & beyond).sum()),
            "infinite": int(np.isinf(values).sum()),
            "NaN": int(np.isnan(values).sum()),
            "ties down": int((finite & (rest == 0.5) & ~up).sum()),
            "ties up": int((finite & (rest == 0.5) & up).sum()),
            "carry": int((finite & up & ((kept + 1) % 2**fmt.mantissa_width == 0)).sum()),
        }

    @classmethod
    def pairs(cls, a, b, count, near, seed=1):
        """Code pairs of two formats: corners, then random ones in equal parts.

        Any codes; corners with any codes; exponents in a window, their distance (or sum)
        ``near(exponent of a, rng)``; the same with few mantissa bits, which gives ties; and the
        second the first's negative with some low bits changed, which cancels.
        """
        rng = np.random.default_rng(seed)
        part = count // 6
        corners = [codes.ravel() for codes in np.meshgrid(corners_of(a), corners_of(b))]
        one, two = ([corner] for corner in corners)
        for kind in range(6):
            x, y = (rng.integers(0, 1 << fmt.bits, part) for fmt in (a, b))
            if kind == 1:
                side = rng.random(part) < 0.5
                x = np.where(side, rng.choice(corners_of(a), part), x)
                y = np.where(side, y, rng.choice(corners_of(b), part))
            if kind in (2, 3, 4):
                exponent = rng.integers(0, 1 << a.exponent_width, part)
                x = with_exponent(a, x, exponent)
                y = with_exponent(b, y, near(exponent - a.bias, rng) + b.bias)
            if kind in (3, 4):
                x, y = few_bits(a, x, rng), few_bits(b, y, rng)
            if kind == 5 and a == b:
                changed = 1 << rng.integers(0, a.bits - 1, part)
                y = x ^ (1 << (a.bits - 1)) ^ np.where(y & 2, changed, 0) ^ (y & 1)
            one.append(x)
            two.append(y)
        return np.concatenate(one), np.concatenate(two)


def corners_of(fmt):
    """Codes beside zero, the least normal, one, the greatest, and what is special."""
    width = fmt.bits - fmt.signed
    around = (1 << fmt.mantissa_width, fmt.bias << fmt.mantissa_width, fmt.max_code, 1 << width)
    codes = {0, *(code + step for code in around for step in (-2, -1, 0, 1, 2))}
    codes = {code for code in codes if 0 <= code < 1 << width}
    return np.array(sorted(codes | {code | 1 << (fmt.bits - 1) for code in codes if fmt.signed}))


def with_exponent(fmt, codes, exponent):
    """``codes`` with another biased exponent, the nearest that there is."""
    greatest = (1 << fmt.exponent_width) - 1
    field = np.clip(exponent, 0, greatest) << fmt.mantissa_width
    return codes & ~(greatest << fmt.mantissa_width) | field


def few_bits(fmt, codes, rng):
    """``codes`` whose mantissa ends in a random number of zeros or of ones."""
    low = (1 << rng.integers(0, fmt.mantissa_width + 1, codes.shape)) - 1
    return np.where(rng.random(codes.shape) < 0.5, codes & ~low, codes | low)
