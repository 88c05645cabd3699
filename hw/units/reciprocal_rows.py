"""2^31 - 1 over integers, rounded down, one a cycle: a row of registers for each bit.

What is left above a row is less than the ones of the numerator that it has seen: so a row is no
wider than they are, and subtracts nothing from what is less than the divisor because of that alone.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Value

from ..arith.rows import plus
from ..arith.timing import delayed
from .reciprocal import NUMERATOR

#: Bits of a quotient: divisors are at least 2, or 0, whose quotients are of no use.
BITS = NUMERATOR - 1
#: How far apart those bits of a divisor are of which it is known, step by step, whether any is set.
_STEPS = ((0, 1, 2), (0, 3), (0, 6), (0, 12, 24))
#: From a divisor to its quotient.
CYCLES = BITS + len(_STEPS)


def quotient(m: Module, enable: Value, divisor: Value, name: str) -> Value:
    """(2^31 - 1) // divisor, :data:`CYCLES` later.

    Row i has seen i + 1 bits of the numerator. Where the divisor has no more bits than these, it is
    added or subtracted by the sign of what is left, as :func:`.reciprocal.step` does.
    """
    near = _near(m, enable, divisor, name)
    late = delayed(m, enable, divisor, len(_STEPS), f"{name}_divisor")
    left: Value = Const(1, 2)  # of the first row; its highest bit is the sign
    found = []
    for row in range(1, NUMERATOR):
        here = delayed(m, enable, near[row], row - 1, f"{name}_near_{row}")
        high = Cat(late[1 : row + 1], Const(0, 1))
        operand = (high ^ (~left[-1]).replicate(row + 1)) & here.replicate(row + 1)
        upper = plus(left, operand, here & (~left[-1] | late[0]), width=row + 1)
        lowest = ~(late[0] & here)
        left = delayed(m, enable, Cat(lowest, upper), 1, f"{name}_left_{row}")
        here = delayed(m, enable, here, 1, f"{name}_at_{row}")
        found.append(delayed(m, enable, here & ~left[-1], BITS - row, f"{name}_bit_{row}"))
        late = delayed(m, enable, late, 1, f"{name}_divisor_{row}")
    return Cat(*reversed(found))


def _near(m: Module, enable: Value, divisor: Value, name: str) -> list[Value]:
    """For each row whether the divisor has no bits that it has not seen, after all steps."""
    here = [*divisor, *[Const(0, 1)] * NUMERATOR]
    for step, apart in enumerate(_STEPS):
        # A register after each: else what rows share would be looked at one after the other.
        here = [
            delayed(m, enable, Cat(*(here[low + more] for more in apart)).any(), 1,
                    f"{name}_any_{step}_{low}")
            for low in range(NUMERATOR)
        ] + here[NUMERATOR:]  # fmt: skip
    return [~above for above in here[1 : NUMERATOR + 1]]
