"""The proof that no result is lost, doubled or made up: SMT-LIB after yosys's model of the core.

Bits are yosys's, numbers are integers: a sum over registers moves by one from cycle to cycle, which
an SMT solver sees in integers at once, and a SAT solver in adders hardly ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from .monitor import TOP, Counting, Fact, Term


def _bit(name: str, number: int, count: int, state: str) -> str:
    """Whether a bit of an output is set; yosys has outputs of one bit as Boolean."""
    value = f"(|{TOP}_n {name}| {state})"
    return value if count == 1 else f"(= ((_ extract {number} {number}) {value}) #b1)"


def _head(facts: Sequence[Fact], kept: Sequence[int]) -> str:
    holds = "\n".join(f"  {_bit('holds', n, len(facts), 's')}" for n in kept)
    return f"""
(define-fun known ((s |{TOP}_s|)) Bool (and (|{TOP}_h| s)
{holds}))
(declare-const now |{TOP}_s|)
(declare-const next |{TOP}_s|)
"""


def trial(facts: Sequence[Fact], kept: Sequence[int]) -> str:
    """For each of the facts ``kept`` whether it holds at the start, then whether all keep it.

    A fact whose two answers are ``unsat`` stays; when others have gone, it is tried again.
    """
    lines = [_head(facts, kept), "(push)", f"(assert (|{TOP}_i| now))", f"(assert (|{TOP}_h| now))"]
    each = [
        f"(push)\n(assert (not {_bit('holds', n, len(facts), '{}')}))\n(check-sat)\n(pop)"
        for n in kept
    ]
    lines += [item.format("now") for item in each]
    lines += ["(pop)", f"(assert (|{TOP}_t| now next))", f"(assert (|{TOP}_h| next))"]
    lines += ["(assert (known now))", *(item.format("next") for item in each)]
    return "\n".join([*lines, ""])


def proof(
    counting: Counting, terms: Sequence[Term], facts: Sequence[Fact], splits: Sequence[str]
) -> str:
    """Questions that must all be answered ``unsat``.

    ``splits`` are wires of the core whose values tell cases apart: where registers move and where
    they stay, sums over them are compared term by term.
    """
    sums = "\n".join(
        f"  (ite {_bit('at', n, len(terms), 's')} {_number(term.weight)} 0)"
        for n, term in enumerate(terms)
    )
    cases = product((True, False), repeat=len(splits))
    asked = "\n".join(_case(splits, values) for values in cases)
    return f"""{_head(facts, range(len(facts)))}
; Beats of results that are still to come: they stand in these registers.
(define-fun due ((s |{TOP}_s|)) Int (+ 0
{sums}))

(echo "at the start nothing is due")
(push)
(assert (and (|{TOP}_i| now) (|{TOP}_h| now)))
(assert (not (and (known now) (= (due now) 0))))
(check-sat)
(pop)

(echo "a result is offered only where one is due, and never fewer than none are")
(push)
(assert (known now))
(assert (or (< (due now) 0) (and (|{TOP}_n now_offered| now) (< (due now) {counting.given}))))
(check-sat)
(pop)

(echo "a cycle changes what is due by what is taken and given; a reset clears it")
(assert (and (|{TOP}_t| now next) (known now) (|{TOP}_h| next)))
(assert (not (and (known next) (= (due next) (ite (|{TOP}_n rst| now) 0 (+ (due now)
  (ite (|{TOP}_n now_counted| now) {counting.each} 0)
  (ite (|{TOP}_n now_given| now) (- {counting.given}) 0)))))))
{asked}
"""


def answers(splits: Sequence[str]) -> int:
    """How many answers a proof has."""
    return 2 + int(2 ** len(splits))


def _case(splits: Sequence[str], values: Sequence[bool]) -> str:
    chosen = [
        f"(assert {name if value else f'(not {name})'})"
        for name, value in zip((f"(|{TOP}_n {s}| now)" for s in splits), values, strict=True)
    ]
    steps = "simplify propagate-values solve-eqs"
    ask = f"(check-sat-using (then {steps} {steps} simplify smt))"
    return "\n".join(["(push)", *chosen, ask, "(pop)"])


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"
