"""Hundreds of copies of a design simulated at once: a bit of a machine word is one copy's signal.

The design becomes gates (:mod:`.gates`), which C++ evaluates on words of up to 512 bits; each copy
moves its streams on its own (:mod:`.simulator`).
"""

from .gates import Gates, gates
from .simulator import FOUND, MOST, WORD, Apart, Judged, Sliced

__all__ = ["Apart", "FOUND", "MOST", "WORD", "Gates", "Judged", "Sliced", "gates"]
