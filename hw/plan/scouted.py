"""What is fed to an array, and which parts of it are looked at before a step is taken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import cast

from amaranth.lib import data

from ...golden.description import Build
from ...golden.errors import DesignError
from ..arith.sums import Sum
from ..datapaths import Form, SeenForm, SerialForm
from .inputs import ANY, Input, Scouting, seen


class Scouted(ABC):
    """A plan's operands, whose zero digits may take no cycle: see :mod:`.scout`."""

    build: Build

    @property
    def rows(self) -> int:
        return self.build.rows

    @property
    def cols(self) -> int:
        return self.build.cols

    @abstractmethod
    def vector_codes(self, side: int) -> data.StructLayout:
        """The codes of one row or column, and what it selects."""

    @abstractmethod
    def inputs(self, side: int, items: Iterable[Sum] | None = None) -> dict[str, Input[Form]]:
        """What sums read of an operand, named; without constants."""

    @property
    def skips(self) -> bool:
        """Whether digits take no cycle that are zero in all elements of a step."""
        return self.build.digits == "nonzero"

    def check_digits(self, name: str) -> None:
        """Raise DesignError unless there are digits to leave out, where this is asked for."""
        forms = [item.form for side in range(2) for item in self.inputs(side).values()]
        serial = [form for form in forms if form.parts > 1]
        if self.skips and not (serial and all(isinstance(form, SeenForm) for form in serial)):
            raise DesignError(
                f"{name} takes no operand digit by digit, so none can be left out",
                {"digits": "all"},
                {"datapath": "bit_serial"},
            )
        planes = {form.parts for form in serial if not isinstance(form, SerialForm)}
        if len(planes) > 1:
            raise DesignError(
                f"the planes of {name} take {' and '.join(map(str, sorted(planes)))} cycles bit by "
                f"bit; {self.build.datapath} needs as many for all",
                {"datapath": "bit_serial"},
                {"datapath": "auto"},
            )

    def serial_inputs(self, side: int) -> dict[str, Input[SeenForm]]:
        """Those of ``inputs`` whose digits or terms can be looked at before a step is taken."""
        found = {}
        for key, item in self.inputs(side).items():
            if isinstance(item.form, SeenForm):
                found[key] = cast(Input[SeenForm], item)
        return found

    def fed(self, side: int) -> data.StructLayout:
        """What the array takes of one row or column: codes, or what stands for those looked at."""
        codes = self.vector_codes(side)
        if self.scouting(side) is None:
            return codes
        serial = self.serial_inputs(side)
        read = {item.array for key, item in self.inputs(side).items() if key not in serial}
        members = {name: codes[name].shape for name in codes.members if name in read | {"select"}}
        for key, item in serial.items():
            members[seen(key)] = data.ArrayLayout(item.form.looked, item.lanes)
        return data.StructLayout(members)

    def scouting(self, side: int) -> Scouting | None:
        """How it is found which parts of an operand to skip; None if none are."""
        serial = self.serial_inputs(side).values() if self.skips else ()
        if not serial:
            return None
        stages = max(1, *(item.form.ahead for item in serial))
        bits = sum(item.lanes for item in serial) * (self.rows, self.cols)[side]
        rounds = 1
        while bits > ANY:
            bits, rounds = -(-bits // ANY), rounds + 1
        return Scouting(stages, rounds)

    @property
    def ahead(self) -> int:
        """Cycles that steps wait while their digits are looked at."""
        return max(found.cycles if (found := self.scouting(side)) else 0 for side in range(2))
