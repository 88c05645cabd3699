"""A whole design: its arithmetics and how it is built."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import DesignError
from .arithmetic import Arithmetic
from .build import Build
from .name import check_name

#: More would each be planned with all others.
MOST_MODES = 16


@dataclass(frozen=True)
class Engine:
    """One or several arithmetics on one array; with several, the mode travels with the tile."""

    name: str
    modes: tuple[Arithmetic, ...]
    build: Build = Build()

    def __post_init__(self) -> None:
        check_name(self.name, "an engine")
        if not 1 <= len(self.modes) <= MOST_MODES:
            raise DesignError(f"an engine has 1 to {MOST_MODES} modes, got {len(self.modes)}")
        longest = max(arithmetic.k_max for arithmetic in self.modes)
        if self.build.k_min > longest:
            raise DesignError(
                f"k-min must be at most k-max = {longest}, got {self.build.k_min}",
                {"k_min": longest},
                {"k_max": self.build.k_min},
            )
        for mode in range(len(self.modes)):
            self._check_lanes(mode)
        if self.build.interleave and not any(mode.levels for mode in self.modes):
            raise DesignError(
                f"interleave puts scales in front of codes, and {self.name} has no scales",
                {"interleave": None},
            )

    def _check_lanes(self, mode: int) -> None:
        arithmetic, lanes = self.modes[mode].compressed, self.lanes(mode)
        structure = self.modes[mode].weight.structure

        def of(kept: int, whole: str) -> str:
            """What lanes must divide, in words."""
            if structure is None:
                return whole
            return f"the {kept} elements that {structure} keeps of {whole}"

        if arithmetic.group and arithmetic.group % lanes:
            whole = of(arithmetic.group, f"the group of {self.modes[mode].group}")
            raise self._indivisible(whole, arithmetic.group, mode)
        if arithmetic.k_max % lanes:
            whole = of(arithmetic.k_max, f"k-max = {self.modes[mode].k_max}")
            raise self._indivisible(whole, arithmetic.k_max, mode)
        if structure is not None and lanes % structure.kept:
            raise DesignError(
                f"lanes take whole windows of {structure}, multiples of {structure.kept}, "
                f"got {lanes}",
                {"lanes": -(-lanes // structure.kept) * structure.kept},
            )
        for operand in (arithmetic.weight, arithmetic.activation):
            chosen = operand.select.span.columns if operand.select else None
            if chosen and chosen % lanes:
                raise self._indivisible(f"the {chosen} elements that share a select", chosen, mode)
        terms = arithmetic.accumulate[0].terms
        if terms is not None and terms != lanes:
            rule = arithmetic.accumulate[0].rule
            raise DesignError(
                f"rule {rule} sums {terms} products a step, which must be the lanes, got {lanes}",
                {"lanes": terms},
            )

    def _indivisible(self, whole: str, length: int, mode: int) -> DesignError:
        """The error of lanes that do not divide ``length`` elements."""
        lanes = self.lanes(mode)
        fitting = max(n for n in range(1, lanes + 1) if length % n == 0)
        advice = [{"lanes": fitting}] if lanes == self.build.lanes else []
        return DesignError(f"lanes must divide {whole}, got {lanes}", *advice)

    def lanes(self, mode: int = 0) -> int:
        """Lanes of a mode: narrower weights fill the word of the widest mode with more lanes."""

        def word(arithmetic: Arithmetic) -> int:
            return sum(f.bits for f in arithmetic.weight.codes.values())

        widest = max(word(arithmetic) for arithmetic in self.modes)
        return self.build.lanes * (widest // word(self.modes[mode]))

    def step(self, mode: int = 0) -> int:
        """Elements of K that a mode takes in a step: the lanes, and what is zero between them."""
        structure, lanes = self.modes[mode].weight.structure, self.lanes(mode)
        return lanes if structure is None else structure.spread(lanes)

    @property
    def arithmetic(self) -> Arithmetic:
        """The only mode; DesignError if there are several."""
        if len(self.modes) > 1:
            raise DesignError(
                f"{self.name} has {len(self.modes)} modes: choose one, as engine.alone(0)"
            )
        return self.modes[0]

    def alone(self, mode: int) -> Engine:
        """The engine that has one of the modes only, with as many lanes as that has here.

        Raises DesignError for a mode that there is not.
        """
        if not 0 <= mode < len(self.modes):
            last = len(self.modes) - 1
            raise DesignError(f"{self.name} has modes 0…{last}, got {mode}")
        if len(self.modes) == 1:
            return self
        only, k_min = self.modes[mode], min(self.build.k_min, self.modes[mode].k_max)
        return Engine(self.name, (only,), replace(self.build, lanes=self.lanes(mode), k_min=k_min))
