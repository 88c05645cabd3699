"""A quantizer with residual channels: some values get a second code, of what the first one lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Minifloat, lookup
from ..fp import odd_sum
from ..streams import Beats
from . import quantize_trials as trials
from .quantize import Quantize
from .scaled import rounded_product

Array = npt.NDArray[Any]

#: Values of a token, at the most.
LONGEST = 1 << 14
#: Parameters of a quantizer that do not go with residual channels, and what they have to be.
_ALONE = {"vectors": 1, "token": 0, "zero": None, "random_bits": 0, "shift": None, "factor": None}


@dataclass(frozen=True, kw_only=True)
class Augment(Quantize):
    """The codes of a token's values, and behind them those of the residuals of its first ones.

    A residual is x - q · s (· t), where q is the code of x, s its block's scale and t the tensor's:
    the product is rounded to FP32, which holds it exactly without a t, and the difference to the
    format of the values, both to nearest even. Residuals are quantized as the values are, in blocks
    and beside the same t. So K becomes ``columns`` + ``augmented``, and a product with weights
    whose first columns are repeated at their end adds up to one with finer codes.

    Which channels come first is a permutation of the weights' columns, and of what makes the
    values.

    Source: ARCQuant (arXiv 2601.07475), whose kernels keep BF16 residuals, too.

    Parameters
    ----------
    columns : values of a token, which ends there; ``last`` is not looked at.
    augmented : how many of them get a second code, whole blocks.
    """

    kind: ClassVar[str] = "augment"

    columns: int = 4096
    augmented: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        for what, needed in _ALONE.items():
            if getattr(self, what) != needed:
                raise DesignError(
                    f"residual channels go with {what} = {needed} alone, got "
                    f"{getattr(getattr(self, what), 'name', getattr(self, what))}"
                )
        whole = max(self.block, self.lanes)
        self.check_counts(("columns", whole, LONGEST), ("augmented", whole, self.columns))
        for what in ("columns", "augmented"):
            if getattr(self, what) % whole:
                raise DesignError(
                    f"{what} must be a multiple of {whole}, whole blocks and beats, got "
                    f"{getattr(self, what)}"
                )
        if isinstance(self.values, Minifloat) and self.values.significand_width > 24:
            raise DesignError(f"values have at most FP32's significand, got {self.values.name}")

    @cached_property
    def plain(self) -> Quantize:
        """The quantizer of the values, and that of the residuals."""
        same = {field.name: getattr(self, field.name) for field in fields(Quantize)}
        return Quantize(**same)

    @property
    def main_beats(self) -> int:
        """Beats of a token."""
        return self.columns // self.lanes

    @property
    def more_beats(self) -> int:
        """Beats of its residuals."""
        return self.augmented // self.lanes

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "columns": self.columns, "augmented": self.augmented}

    # The golden function.

    def residuals(
        self, values: Array, codes: Array, scales: Array, tensor: Array | None = None
    ) -> Array:
        """Codes of values and of their elements (blocks, elements), of scales (blocks,) and of
        their tensors' scales -> codes of residuals, in the format of values."""
        factors = [self.element.fields(codes)]
        factors.append(self.scale.fields(scales[:, None]))
        if self.tensor and tensor is not None:
            factors.append(self.tensor.fields(np.asarray(tensor)[:, None]))
        single = lookup("fp32")
        products = single.decode(rounded_product(factors, single, saturate=False))
        x = np.asarray(self.values.decode(values))
        return self.values.encode(odd_sum(x, -np.asarray(products)), saturate=False)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["values"].values[0]
        tokens = len(given) // self.main_beats
        outer: Array | None = None
        if self.tensor:
            outer = sent["tensor"].values[0][:, 0]
            tokens = min(tokens, len(outer))
        x = given[: tokens * self.main_beats].reshape(tokens, -1)
        codes, scales = self._quantized(x, outer)
        chosen, blocks = slice(self.augmented), slice(self.augmented // self.block)
        left = self._residuals(x[:, chosen], codes[:, chosen], scales[:, blocks], outer)
        more = self._quantized(left, outer)
        codes, scales = np.hstack([codes, more[0]]), np.hstack([scales, more[1]])
        # A scale stands beside all beats of its block, or all those of a beat beside it.
        beside = np.repeat(scales, self.beats, axis=1).reshape(-1, self.parts)
        each = self.main_beats + self.more_beats
        last = np.arange(tokens * each) % each == each - 1
        return {"result": Beats((codes.reshape(-1, self.lanes), beside), (None, None), last)}

    def _quantized(self, x: Array, outer: Array | None) -> tuple[Array, Array]:
        """Codes (tokens, values) -> codes of elements, and of scales (tokens, blocks)."""
        count = x.shape[1] // self.block
        tensor = np.repeat(outer, count) if outer is not None else None
        codes, scales, *_ = self.quantize(x.reshape(-1, self.block), tensor)
        return codes.reshape(x.shape), scales.reshape(-1, count)

    def _residuals(self, x: Array, codes: Array, scales: Array, outer: Array | None) -> Array:
        """:meth:`residuals` of tokens (tokens, values)."""
        count = x.shape[1] // self.block
        tensor = np.repeat(outer, count) if outer is not None else None
        values, elements = (part.reshape(-1, self.block) for part in (x, codes))
        return self.residuals(values, elements, scales.reshape(-1), tensor).reshape(x.shape)

    # What is worth trying.

    @property
    def tried(self) -> int:
        """Tokens of a trial."""
        return 2 if self.main_beats < trials.LONG else 1

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(trials.kinds(self))))
        beats = self.tried * self.main_beats
        return [
            self._trial(trials.values(self.plain, first + index, beats, rng), rng)
            for index in range(count)
        ]

    def bounds(self) -> list[dict[str, Beats]]:
        beats = self.tried * self.main_beats
        return [self._trial(codes, None) for codes in trials.extreme_values(self.plain, beats)]

    def _trial(self, codes: Array, rng: np.random.Generator | None) -> dict[str, Beats]:
        """The beats of tokens, which end where they end, whatever ``last`` says."""
        last = np.arange(len(codes)) % self.main_beats == self.main_beats - 1
        found = trials.trial(self.plain, codes, last, rng)
        if rng is not None and rng.random() < 0.3:
            found["values"] = Beats((codes,), (None,), rng.random(len(codes)) < 0.3)
        return found


UNITS.register(Augment.kind, Augment)
