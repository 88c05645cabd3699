"""Mutation as a measure: how many of the faults that a design could have its stimuli would show.

A mutant is the core with one bit of one cell changed, as ``yosys mutate`` picks them
(:mod:`.made`). Hundreds of them are simulated at once (:mod:`.judged`); of those that nothing
shows, some are proven to be no faults (:mod:`.equivalent`).
"""

from .equivalent import equivalent
from .judged import killed
from .made import Mutant, Mutated, mutated
from .mutation import Mutation, mutation, sent_by_bench, sent_by_verify

__all__ = [
    "Mutant",
    "Mutated",
    "Mutation",
    "equivalent",
    "killed",
    "mutated",
    "mutation",
    "sent_by_bench",
    "sent_by_verify",
]
