"""The last addition of a rounding, and what the format's policy says of the result."""

from __future__ import annotations

from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.formats import Kind, Minifloat, NaN
from .pipeline import Pipeline
from .rules import stays_finite


def at_least(value: Value, bound: int) -> Value:
    """``value >= bound`` in LUTs, without a carry run."""
    if value.shape().signed:
        if bound < 0:
            return ~value[-1] | at_least(value[:-1], bound + (1 << len(value) - 1))
        return ~value[-1] & at_least(value[:-1], bound)
    if bound >= 1 << len(value):
        return Const(0, 1)
    result = Const(1, 1)
    for index in range(len(value)) if bound > 0 else ():
        result = value[index] & result if bound >> index & 1 else value[index] | result
    return result


class Packing:
    """Adds the rounding to exponent and mantissa at once: a carry moves the exponent.

    Where infinity and NaN fill the exponent of all ones, as in IEEE 754, the addition itself
    overflows to the right code: what is special is put in before it, at no cost. Elsewhere one step
    more looks at the sum.

    Parameters
    ----------
    format : the result's format.
    saturate : overflow and infinity give the greatest value.
    rounding : under rules that lead toward zero, overflow alone gives the greatest value.

    A NaN becomes ``format.nan_code``; in a format without NaN zero, as in integers.
    """

    def __init__(self, format: Minifloat, saturate: bool, rounding: str):
        self.format = format
        self.rounding = rounding
        self.saturate = saturate or format.overflows is Kind.FINITE
        full = format.has_nan and format.has_inf and format.policy.nan is NaN.MANTISSAS
        self.natural = full and format.signed and not saturate

    @property
    def beyond(self) -> int:
        """The least biased exponent that overflows before rounding."""
        return self.format.max_exponent + 1

    @property
    def levels(self) -> tuple[int, ...]:
        return (2, 2) if self.natural else (2, 2, 3)

    def build(self, m: Module, pipe: Pipeline, live: SimpleNamespace) -> Value:
        """The code.

        ``live`` holds the bits before the last shift, whether it is done, ``up`` and ``grow`` to
        add, the base of the exponent, and what becomes of it: ``vanish``, ``over``, inf, nan.
        """
        live.forced = Signal(name="forced")
        m.d.comb += live.forced.eq(live.inf | live.over | (live.nan if self.natural else 0))
        self._keep(m, live)
        del live.inf, live.over
        live = pipe.cut(live)
        forced, up, grow = live.forced, Signal(name="carry_in"), Signal(2, name="exponent_in")
        m.d.comb += [up.eq(live.up & ~forced), grow.eq(Mux(forced, 0, live.grow))]

        mantissa_width = self.format.mantissa_width
        exponent = Signal(self.format.exponent_width + (not self.natural), name="exponent")
        special = ~Cat(live.stays, Const(0, len(exponent) - 1)) if self.natural else -1
        m.d.comb += exponent.eq(Mux(forced, special, Mux(live.vanish, 0, live.base)))
        total = Signal(mantissa_width + len(exponent), name="total")
        if mantissa_width == 0:
            m.d.comb += total.eq(exponent + (up + grow))
        else:
            added = Cat(up, Const(0, mantissa_width - 1), grow)
            m.d.comb += total.eq(Cat(self._mantissa(m, live, forced), exponent) + added)
        live = SimpleNamespace(total=total, sign=live.sign, nan=live.nan, stays=live.stays)
        return self._finish(m, pipe, live)

    def _keep(self, m: Module, live: SimpleNamespace) -> None:
        """``live.stays``: a finite value that overflows becomes the greatest one."""
        stays = None if self.saturate else stays_finite(self.rounding, live.sign)
        if stays is None:
            live.stays = Const(0, 1)
        else:
            live.stays = Signal(name="stays")
            m.d.comb += live.stays.eq(stays & ~live.inf & ~live.nan)

    def _mantissa(self, m: Module, live: SimpleNamespace, forced: Value) -> Value:
        """The last shift and the sign's inversion: they share a LUT with the addition."""
        mantissa = Signal(self.format.mantissa_width, name="mantissa")
        shifted = Mux(live.last, live.bits[1:-2], live.bits[2:-1])
        quiet = 1 << (len(mantissa) - 1)
        greatest = (1 << len(mantissa)) - 1
        if self.natural:
            greatest = Mux(live.nan, quiet, live.stays.replicate(len(mantissa)))
        inverted = shifted ^ live.negative.replicate(len(mantissa))
        m.d.comb += mantissa.eq(Mux(forced, greatest, inverted))
        return mantissa

    def _finish(self, m: Module, pipe: Pipeline, live: SimpleNamespace) -> Value:
        """The sign, and the policy where the addition has not seen to it."""
        code = Signal(self.format.bits, name="code")
        if self.natural:
            m.d.comb += code.eq(Cat(live.total, live.sign & ~live.nan))
        else:
            live = pipe.cut(live)
            m.d.comb += code.eq(self._by_policy(m, live))
        return pipe.cut(SimpleNamespace(code=code)).code

    def _by_policy(self, m: Module, live: SimpleNamespace) -> Value:
        fmt = self.format
        magnitude, nan = Signal(fmt.bits - fmt.signed, name="magnitude"), Signal(name="is_nan")
        over = at_least(live.total, fmt.max_code + 1)
        # The code after the greatest is infinity, or a NaN that keeps its sign, where there is one.
        no_code = not self.saturate and fmt.beyond == fmt.max_code
        beyond = Mux(live.stays, fmt.max_code, fmt.max_code if self.saturate else fmt.beyond)
        m.d.comb += magnitude.eq(Mux(over, beyond, live.total))

        below = live.sign & magnitude.any() if not fmt.signed else Const(0, 1)
        m.d.comb += nan.eq(live.nan)
        if not self.saturate:
            m.d.comb += nan.eq(live.nan | below | (over & ~live.stays if no_code else 0))
        sign = live.sign if fmt.has_negative_zero else live.sign & magnitude.any()
        code = Cat(Mux(below, 0, magnitude), *([sign] if fmt.signed else []))
        return Mux(nan, fmt.nan_code if fmt.has_nan else 0, code)
