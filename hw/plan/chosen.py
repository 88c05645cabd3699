"""How a plan's products are made: a datapath for each pair of planes, chosen once."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from math import ceil

from ...golden.description import Stage
from ...golden.errors import DesignError
from ..arith.sums import Pair, Sum
from ..datapaths import KINDS, Blocks, Datapath, Dsp, Magnitudes, Setting, aligning, choose
from ..datapaths.multiply import Multiply
from .depth import Depth
from .fed import Fed


class Chosen(Fed):
    """An array of one arithmetic, with the datapaths that sum its products."""

    @property
    def infinite(self) -> bool:
        """Whether a product can be infinite."""
        return any(pair.flags.infinite for item in self.sums for pair in item.pairs)

    @property
    def stage(self) -> Stage:
        """The first stage of accumulation."""
        return self.arithmetic.accumulate[0]

    @property
    def aligned(self) -> bool:
        """Whether the array's sums are floats."""
        return self.stage.rule == "aligned"

    @property
    def plain(self) -> bool:
        return all(item.plain for item in self.sums)

    @property
    def setting(self) -> Setting:
        """Where its datapaths stand."""
        build, picked = self.build, self.structure is not None
        # Rows that pick activations of their own share no blocks.
        sharing = (1 if picked else self.rows, self.cols)
        return Setting(
            policy=build.policy,
            sharing=sharing,
            lanes=self.lanes,
            blocks=build.blocks,
            picked=picked,
            fabric=build.fabric,
            worth=build.block_worth,
        )

    def check_datapaths(self, name: str) -> None:
        """Raise DesignError for a datapath that cannot form the sums of the engine ``name``."""
        build = self.build
        asked = KINDS.get(build.datapath)
        if self.aligned and asked is not None and self.arithmetic.product == "exact":
            if not asked.aligning:
                others = ["auto", *(kind.name for kind in KINDS.values() if kind.aligning)]
                if build.policy != "dsp":
                    others.remove(Dsp.name)
                raise DesignError(
                    f"{name} aligns its products, which {build.datapath} sums without",
                    *({"datapath": other} for other in others),
                )
        for kind in {self._kind(pair) for item in self.sums for pair in item.pairs}:
            kind.check(name, self)

    def dot(self, pair: Pair) -> Datapath:
        """How a step's products of a pair are made and summed: always the same object."""
        if pair not in self._dots:
            self._dots[pair] = self._planned(pair)
        return self._dots[pair]

    def _kind(self, pair: Pair) -> type[Datapath]:
        """The datapath of a pair; it is chosen once."""
        if pair not in self._kinds:
            self._kinds[pair] = self._chosen(pair)
        return self._kinds[pair]

    @cached_property
    def _dots(self) -> dict[Pair, Datapath]:
        """Those that were asked for."""
        return {}

    @cached_property
    def _kinds(self) -> dict[Pair, type[Datapath]]:
        """Those that were asked for."""
        return {}

    def _planned(self, pair: Pair) -> Datapath:
        kind = self._kind(pair)
        whole = self.carry_save or not self.plain
        return kind(
            *pair.formats,
            lanes=self.lanes,
            pipeline=self.depth.levels,
            infinite=self.infinite,
            sharing=self.setting.sharing,
            segment=self.segment if kind.staggers and not whole else 0,
            skips=self.skips,
            apart=self.apart,
            count=self._count,
            stays=self.stationary,
            blocks=self.build.blocks,
            aligns=self.aligned,
            opened=self._count > 0 and self.flow == "broadcast" and self.structure is None,
            worth=self.build.block_worth,
        )

    def _chosen(self, pair: Pair) -> type[Datapath]:
        name = self.build.datapath
        if self.aligned and pair.rule == "exact":
            name = name if self._alone else Multiply.name
            return aligning(name, *pair.formats, setting=self.setting)
        if self.stationary and name == "auto" and pair.rule == "exact":
            name = Dsp.name
        return choose(name, *pair.formats, rule=pair.rule, setting=self.setting)

    def reach(self, side: int, key: str) -> int:
        most, many = self.build.max_fanout, super().reach(side, key)
        if not most or self.structure is not None or any(map(self.blocks, self.sums)):
            return many
        loads = sum(
            self.dot(pair).loads[side]
            for item in self.sums
            for pair in item.pairs
            if pair.formats[side].bits and self.key(side, pair) == key
        )
        copies = ceil(many / max(1, most // max(1, loads)))
        return ceil(many / copies)

    @property
    @abstractmethod
    def depth(self) -> Depth:
        """Levels of adders between two registers, and why."""

    @cached_property
    def _count(self) -> int:
        """Products of a sum over K, where datapaths may hold these; else 0."""
        plain = self.plain and self.initial is None
        rounds = self.aligned or self.stage.saturates
        joined = not self.carry_save and not self.apart
        fits = plain and joined and self._alone and not rounds
        return max(item.count for item in self.sums) if fits else 0

    @property
    def _alone(self) -> bool:
        """Whether products may share blocks: a cell of a systolic array has a single tile."""
        tiles = sum(item.per_row and item.per_col for item in self.sums)
        return tiles == 1 or self.flow != "systolic_os"

    @property
    def simple(self) -> bool:
        """Whether sums are of single exact products and no more, as blocks may hold them."""
        return self._count > 0

    def blocks(self, item: Sum) -> Blocks | None:
        [pair, *_] = item.pairs
        kind = self._kind(pair)
        if not issubclass(kind, Blocks) or not (self._count or kind is Magnitudes):
            return None
        found = self.dot(pair)
        assert isinstance(found, Blocks)
        return None if found.alone else found
