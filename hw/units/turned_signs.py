"""Random signs in hardware: the register of the golden model, a beat's bits in a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.units.lfsr import MIXED, SEED, WIDTH, stepped, terms


def sign_bits(
    m: Module, enable: Value, final: Value, seed: int, lanes: int, beats: int
) -> list[Value]:
    """A bit for each lane of a beat, 1 where the sign is -.

    ``enable`` is high with each beat, ``final`` with the last of a block.
    """
    begin = stepped(seed | 1 << SEED, MIXED)
    state: Value = Const(begin, WIDTH)
    if beats > 1:
        register = Signal(WIDTH, init=begin, name="signs")
        ahead = Cat(*(_sum(register, bits) for bits in terms(lanes)))
        with m.If(enable):
            m.d.sync += register.eq(Mux(final, begin, ahead))
        state = register
    return [_sum(state, terms(lane)[0]) for lane in range(lanes)]


def _sum(state: Value, bits: tuple[int, ...]) -> Value:
    """The parity of some bits."""
    return Cat(*(state[bit] for bit in bits)).xor()
