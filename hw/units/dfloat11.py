"""Decoders of DFloat11 as designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.lib import wiring

from ...golden.formats import Format
from ...golden.storage.dfloat11 import PIECE
from ...golden.streams import Beats, Field
from ...golden.units import DFloat11Decoder
from ...golden.units.dfloat11 import ENTRIES
from ...golden.units.dfloat11_trials import ELEMENTS
from ..design import StageRow
from .dfloat11_decoder import DFloat11Core
from .dfloat11_ring import TURNS, WAITING
from .unit_hardware import UnitHardware

#: Cycles from a piece to its first turn, and from its end to a result, at the most.
BEFORE, BEHIND = 2 * TURNS, TURNS + 8


class DFloat11Hardware(UnitHardware[DFloat11Decoder]):
    """A decoder of DFloat11 as a design.

    Parameters
    ----------
    design : :class:`DFloat11Decoder`
    """

    work = "element"
    timed = False

    def component(self) -> wiring.Component:
        return DFloat11Core(self.unit)

    @property
    def latency(self) -> int:
        # A piece of codes of one bit has most symbols, each of which waits for a turn.
        return BEFORE + TURNS * PIECE + BEHIND

    @property
    def drain(self) -> int:
        return self.latency + (2 * WAITING * TURNS + 1) * PIECE

    @property
    def hold(self) -> int:
        return 2 * self.latency

    @property
    def rates(self) -> Mapping[str, int | float]:
        return {"bf16": 1}

    @property
    def pace(self) -> str:
        return f"up to {TURNS} pieces of 8 bytes at a time"

    @property
    def summary(self) -> str:
        return (
            f"decoder of DFloat11, up to {self.unit.tables} tables, one BF16 number per cycle, "
            f"latency up to {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        return {
            "tables": "an entry of a table (uint8): the 256 lengths first, then table by table",
            "codes": "8 bytes of encoded_exponent, the first in the low bits",
            "gaps": "5 bytes of gaps, the first in the low bits: those of 8 beats of codes",
            "sign_mantissa": "a number's sign and mantissa (uint8)",
            "result": "value (bf16), with last at the matrix's end",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        return (
            f"A matrix begins with its decoding tables, {ENTRIES} entries each: the lengths, which "
            f"are the last row of `luts`, then table 0 and up to {self.unit.tables - 1} more; "
            "`last` marks the end.",
            "Then the codes, with a beat of `gaps` for every 8 beats of `codes` (5 bytes; what is "
            "left of the last is not read), and a byte of `sign_mantissa` for each number. Zeros "
            "fill the last beat of codes. `last` marks the end of either.",
            "The tables of the next matrix are taken when all of this one has left. The decoder "
            "checks nothing: it waits, until a reset, for codes that are fewer than the numbers, "
            "and a beat of `gaps` too many belongs to the next matrix.",
            f"Eight bytes of codes are a piece. {TURNS} pieces are decoded in turn; a piece's "
            f"numbers leave when it is whole, up to {self.latency} cycles after it came. The reset "
            "is synchronous.",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        return (
            StageRow("codes", PIECE, None, "", None, "a piece", "codes"),
            StageRow("exponent", 8, None, "uint8", self.latency - 2, "tables of prefixes"),
            StageRow("sign_mantissa", 8, None, "uint8", None, "1 a beat", "sign_mantissa", ()),
            StageRow("value", 16, None, "bf16", 2, "joined", "", ("exponent", "sign_mantissa")),
        )

    def holds(self, field: Field) -> Format:
        return self.unit.holds(field)

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return ELEMENTS

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        return None  # as long as its codes are

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return len(trial["sign_mantissa"])
