"""What a DSP block is worth in LUT sites."""

from __future__ import annotations

from ..boards import Board


def exchange(board: Board) -> float:
    """The board's LUTs over its DSP blocks, beside its shell, to a tenth as it is printed; 0 where
    there are no blocks."""
    blocks = board.available("dsp")
    return round(board.available("lut") / blocks, 1) if blocks > 0 else 0.0
