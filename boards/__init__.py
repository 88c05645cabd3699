"""What engines are built on: boards, FPGA families, and what a mapped netlist costs."""

from .catalogue import Board, fitted, lookup, names
from .cost import Cost, synthesize

__all__ = ["Board", "Cost", "fitted", "lookup", "names", "synthesize"]
