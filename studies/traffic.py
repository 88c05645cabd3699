"""What a design moves: bits a weight, and bytes a cycle on each of its streams."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ..golden.description import Operand
from ..hw.engine.hardware import EngineHardware
from ..hw.engine.shape import product


def bits_of(operand: Operand, k: int) -> Fraction:
    """Bits an element of a ``k`` × ``k`` matrix: codes, scales, choices of tables, and where kept
    elements of a sparse one stand."""
    total = code_bits(operand)
    spans = [(level.span, level.format.bits) for level in operand.levels]
    if operand.select is not None:
        spans.append((operand.select.span, operand.select.width))
    for span, bits in spans:
        down, across = span.shape(k, k)
        total += Fraction(down * across * bits, k * k)
    return total


def code_bits(operand: Operand) -> Fraction:
    """Bits an element without scales and choices: of codes, and of where kept ones stand."""
    structure, bits = operand.structure, Fraction(element_bits(operand))
    if structure is None:
        return bits
    where = (structure.window - 1).bit_length()
    return (bits + where) * Fraction(structure.kept, structure.window)


def element_bits(operand: Operand) -> int:
    """Bits of the codes of one element."""
    return sum(form.bits for form in operand.codes.values())


def bytes_a_cycle(hardware: EngineHardware, k: int) -> Mapping[str, Fraction] | None:
    """Bytes a cycle on each stream, reductions over ``k`` one after the other without stalls.

    Data alone: no mark of an end, no padding of ports. None where weights stay for a set of
    reductions, which may be of any length.
    """
    engine, planned = hardware.engine, hardware.plan
    rows, cols = planned.rows, planned.cols
    whole = product(engine, planned, (rows, k, cols))
    steps = -(-k // planned.step_of(0))
    group = planned.group_steps
    beats = {
        "step": steps,
        "group": -(-steps // group) if group else 1,
        "reduction": 1,
        "result": rows * cols,
    }
    if any(stream.per not in beats for stream in hardware.streams):
        return None
    return {
        stream.name: Fraction(stream.data_bits * beats[stream.per], 8 * whole.interval)
        for stream in hardware.streams
    }
