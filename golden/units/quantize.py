"""Values as codes with a scale for each block: a quantizer of activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.operand import Level, Operand, Plane, Span, group
from ..description.unit import UNITS, Unit
from ..formats import Format, Kind, Minifloat, Rounding, Stochastic, lookup
from ..quantize import quantize
from ..streams import Beats, Field, Stream
from . import lfsr
from . import quantize_answers as answers
from . import quantize_rules as rules
from . import quantize_trials as trials

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Quantize(Unit):
    """Codes and scales of a stream of floats, block by block.

    A block's scale follows from its greatest magnitude by the rule, as :func:`.quantize` has it; a
    code is the element next to value / scale as stored, ties to even, saturated. The unit's answer
    is that function's, for all blocks that are finite. With ``random_bits`` the code is rounded as
    :class:`.Stochastic` does, with a number of its lane.

    With a zero point the block's range counts, with 0 in it: s = (max - min) / (2^n - 1), z =
    round(-min / s), code = round(x / s) + z, saturated; a block of zeros has s = 1 and z = 0.

    A block with a NaN or an infinity has the scale NaN, and zeros of its elements' signs as codes
    and zero point; so has a block beside a tensor's scale that is not positive and normal. Scales
    that their format does not hold become the nearest that it does; that of a range is never zero.
    Codes over a scale of zero are zero.

    Parameters
    ----------
    values : format of what goes in: a float of 5 to 8 exponent bits with NaN.
    element : format of the codes: an integer, or a float with zero and subnormals; beside a zero
        point an unsigned integer.
    zero : format of the zero point of each block, the element's own; None: values lie about 0.
    scale : format of the scales: E8M0, or a float with zero and NaN; without a mantissa, such as
        ``ue4m0_fn``, scales are few powers of two, times the tensor's (ShiftQuant's groups).
    rule : of E8M0 ``floor``, ``even``, ``ceil`` or ``rceil``, of others ``absmax`` (rounded up) or
        ``nearest``; see :data:`.SCALE_RULES`.
    block : values that share a scale. ``last`` ends a block in any case.
    lanes : values of a vector in a beat; they divide a block, or blocks divide them.
    vectors : how many are quantized side by side, each with scales of its own.
    tensor : format of an outer scale, which comes in once a token (up to ``last``), as NVFP4 has
        it; None: there is none.
    token : values of a token, at the most; then the unit makes the outer scale of each token's
        greatest magnitude, a / (greatest element · greatest scale), by the rule, and it comes out.
        ``last`` ends a token, and so does its last value. 0: the outer scale comes in.
    random_bits : bits of the random numbers that round codes; 0: codes are rounded to nearest even.
        A token has a seed, which comes in once: see :mod:`.lfsr`.
    shift, factor : formats of what each value's channel has: (x - shift) · factor is quantized.
        They come with every beat of values; None: there is none.
    inner : format in which the difference and the product are rounded, each once.
    """

    kind: ClassVar[str] = "quantize"

    values: Format = lookup("bf16")
    element: Format = lookup("e2m1")
    scale: Format = lookup("e8m0")
    rule: str = "floor"
    block: int = 32
    lanes: int = 1
    vectors: int = 1
    tensor: Format | None = None
    token: int = 0
    zero: Format | None = None
    random_bits: int = 0
    shift: Format | None = None
    factor: Format | None = None
    inner: Format = lookup("fp32")

    def __post_init__(self) -> None:
        super().__post_init__()
        rules.check(self)

    # What follows from the parameters.

    @property
    def beats(self) -> int:
        """Beats of a whole block."""
        return max(self.block // self.lanes, 1)

    @property
    def parts(self) -> int:
        """Blocks side by side in a beat, those of a vector together."""
        return self.vectors * max(self.lanes // self.block, 1)

    @property
    def width(self) -> int:
        """Values in a beat."""
        return self.vectors * self.lanes

    @property
    def source(self) -> Minifloat:
        assert isinstance(self.values, Minifloat)  # after __post_init__
        return self.values

    @property
    def quantized(self) -> Minifloat:
        """The format of what is quantized."""
        assert isinstance(self.inner, Minifloat)
        return self.inner if self.channel else self.source

    @property
    def channel(self) -> dict[str, Format]:
        """What a channel has, by name."""
        both = {"shift": self.shift, "factor": self.factor}
        return {name: fmt for name, fmt in both.items() if fmt is not None}

    @property
    def power(self) -> bool:
        """Whether scales are powers of two of all sizes, none of which is zero: E8M0."""
        return self.scale.significand_width == 1 and not self.scale.has_zero

    @property
    def operand(self) -> Operand:
        """What :func:`.quantize` is asked for."""
        levels = [Level(self.scale, group(self.block), "scale")]
        if self.tensor:
            levels.append(Level(self.tensor, Span(1), "tensor"))
        planes = [Plane(self.element, tuple(levels))]
        if self.zero:
            zero = Level(self.zero, group(self.block), "zero")
            planes.append(Plane(lookup("minus_one"), (zero, *levels)))
        return Operand(tuple(planes))

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape, each = (self.vectors, self.lanes), self.parts // self.vectors
        given = Field("values", "codes", 1, "values", *shape, self.values.bits)
        codes = Field("codes", "codes", 1, "codes", *shape, self.element.bits)
        beside = [
            Field(name, "scales", 1, name, self.vectors, each, fmt.bits)
            for name, fmt in self.held.items()
        ]
        beside += [
            Field(name, "scales", 1, name, 1, 1, fmt.bits) for name, fmt in self.made.items()
        ]
        inputs = [
            Stream(name, False, "reduction", (Field(name, "scales", 1, name, 1, 1, fmt.bits),))
            for name, fmt in self.tokens.items()
        ]
        channel = [
            Field(name, "scales", 1, name, 1, self.lanes, fmt.bits)
            for name, fmt in self.channel.items()
        ]
        if channel:
            inputs.append(Stream("channel", False, "step", tuple(channel)))
        return (
            Stream("values", False, "step", (given,), last=True),
            *inputs,
            Stream("result", True, "step", (codes, *beside), last=True),
        )

    @property
    def held(self) -> dict[str, Format]:
        """What stands beside the codes of a block."""
        return {"scale": self.scale} | ({"zero": self.zero} if self.zero else {})

    @property
    def made(self) -> dict[str, Format]:
        """What stands beside the codes of a token."""
        return {"tensor": self.tensor} if self.tensor and self.token else {}

    @property
    def tokens(self) -> dict[str, Format]:
        """What comes once a token, by the name of its stream."""
        found = {"tensor": self.tensor} if self.tensor and not self.token else {}
        return found | ({"seed": lookup(f"uint{lfsr.SEED}")} if self.random_bits else {})

    @property
    def waits(self) -> bool:
        """Whether a token's values wait for something."""
        return bool(self.tokens or self.token)

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        found = {"values": self.values, "codes": self.element, **self.held, **self.tokens}
        found |= {**self.channel, **self.made}
        return found[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            "element": self.element.name,
            "scale": self.scale.name,
            "rule": self.rule,
            "block": self.block,
            "lanes": self.lanes,
            "vectors": self.vectors,
            "tensor": self.tensor.name if self.tensor else None,
            "token": self.token,
            "zero": self.zero.name if self.zero else None,
            "random_bits": self.random_bits,
            "shift": self.shift.name if self.shift else None,
            "factor": self.factor.name if self.factor else None,
            "inner": self.inner.name if self.channel else None,
        }

    # The golden function.

    def quantize(
        self,
        codes: npt.ArrayLike,
        tensor: npt.ArrayLike | None = None,
        random: npt.ArrayLike | None = None,
    ) -> tuple[Array, ...]:
        """Codes of what is quantized (blocks, elements) -> codes of elements of that shape, and of
        scales (blocks,) and zero points. Blocks may have fewer elements than ``block``; ``tensor``
        are the codes of their tensor's scales (blocks,), ``random`` the numbers of values."""
        x = np.asarray(self.quantized.decode(codes))
        poisoned = ~np.isfinite(x).all(axis=1)
        outer = {}
        if self.tensor:
            beside = np.asarray(tensor, self.tensor.dtype)
            unfit = ~self._fit(beside)
            poisoned |= unfit
            outer["tensor"] = np.where(unfit, self.tensor.encode(1.0), beside)[:, None]
        sound = np.where(poisoned[:, None], np.copysign(0.0, x), x)
        rounding: Rounding = "nearest_even"
        if self.random_bits:
            rounding = Stochastic(self.random_bits, np.asarray(random))
        found = quantize(
            sound, self.operand, rounding=rounding, scale_rule=self.rule, outer=outer or None,
            saturate=True,
        )  # fmt: skip
        elements = np.asarray(next(iter(found.codes.values())))
        held = [np.asarray(found.scales[name])[:, 0] for name in self.held]
        if not self.power and not self.zero:  # over a scale of 0, quantize has no signs
            signs = np.asarray(self.element.encode(np.copysign(0.0, x)))
            elements = np.where(poisoned[:, None], signs, elements)
        return elements, np.where(poisoned, self._poison, held[0]), *held[1:]

    def _fit(self, codes: Array) -> Array:
        """Where a tensor's scale is positive and normal."""
        assert isinstance(self.tensor, Minifloat)
        fields, least = self.tensor.fields(codes), 1 << self.tensor.mantissa_width
        finite = np.asarray(fields.kind) == Kind.FINITE
        return np.asarray(finite & ~fields.sign & (fields.significand >= least))

    @cached_property
    def _poison(self) -> int:
        assert isinstance(self.scale, Minifloat)
        return self.scale.nan_code

    def places(self, last: Array) -> tuple[Array, Array, int]:
        """For beats with these marks: the block of each and its place there, and how many blocks
        are whole."""
        return answers.places(last, self.beats)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        return answers.answer(self, sent)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(trials.kinds(self))))
        return [trials.drawn(self, index, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The greatest and the least values, the smallest, and those beside an infinity."""
        return trials.extremes(self)


UNITS.register(Quantize.kind, Quantize)
