"""What engines are built on: boards, FPGA families, and what a mapped netlist costs."""

from .catalogue import Board, fitted, lookup, names
from .cost import Cost, synthesize
from .parts import devices, part

__all__ = ["Board", "Cost", "devices", "fitted", "lookup", "names", "part", "synthesize"]
