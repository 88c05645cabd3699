"""Bits that a mapped netlist keeps in shift registers, which Vivado may keep in flip-flops."""

from __future__ import annotations

from ..netlist import Cell, Module, Netlist

#: Bits of a whole shift register, by cell.
_LENGTH = {"SRL16E": 16, "SRLC16E": 16, "SRLC32E": 32}


def srl_bits(netlist: Netlist, top: str) -> int:
    """Bits in shift registers below ``top``: as many of each as its address reaches.

    A register whose address changes, or whose last bit goes on to another, counts whole.
    """
    return sum(
        times * sum(_bits(cell, netlist.modules[name]) for cell in netlist.modules[name].cells)
        for name, times in netlist.instances(top).items()
    )


def _bits(cell: Cell, module: Module) -> int:
    if (whole := _LENGTH.get(cell.type)) is None:
        return 0
    address = [cell.bit(f"A{i}") for i in range(4)]
    if whole == 32:
        address = [cell.bit("A", i) for i in range(5)]
    goes_on = any(module.is_read(cell.bit(port)) for port in ("Q15", "Q31"))
    if goes_on or any(bit not in ("0", "1") for bit in address):
        return whole
    return 1 + sum(1 << place for place, bit in enumerate(address) if bit == "1")
