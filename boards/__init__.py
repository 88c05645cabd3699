"""What engines are built on: boards, FPGA families, and what a mapped netlist costs."""

from .catalogue import Board, check_adders, lookup, names
from .cost import Cost, synthesize

__all__ = ["Board", "Cost", "check_adders", "lookup", "names", "synthesize"]
