"""What stands between the products of a llama, as the library's units compute it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...golden.description import Unit
from ...golden.errors import DesignError, UnknownName
from ...golden.formats import Format, lookup
from ...golden.streams import Beats
from ...golden.units import FunctionOfOne, Product, Residual, RmsNorm, Rope, Softmax

Array = npt.NDArray[Any]

#: Formats of the values between products.
FORMATS = ("bf16", "fp16")

#: Lanes of a unit; a rotation takes as many pairs. One builds fastest, and no lane changes a bit.
LANES = 1

#: Values of the shortest token that a softmax is made for.
LEAST = 64


class Watch(Protocol):
    """Sees what units are asked, and what they answer."""

    def wanted(self, unit: Unit) -> int | None:
        """How many vectors of a call it wants to see; None for all."""

    def __call__(self, unit: Unit, sent: Mapping[str, Beats], made: Array) -> None:
        """Beats of whole vectors, and the codes of their results (beats, values)."""


@dataclass
class Units:
    """Values of ``form`` between products: each is rounded to it once, where it comes from FP32.

    The golden models of units compute norms, rotations, softmax, SiLU, its product with up, and
    residual sums. What comes from products with weights, scores and sums of values, is rounded as
    it comes; angles' cosines and sines too.

    Parameters
    ----------
    form : bf16 or fp16.
    watch : sees the calls; None for nobody.
    """

    form: Format = lookup("bf16")
    watch: Watch | None = None
    made: dict[tuple[Any, ...], Unit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.form.name not in FORMATS:
            raise UnknownName("format of units between products", self.form.name, FORMATS)

    @property
    def name(self) -> str:
        return f"{self.form.name.upper()} units"

    def codes(self, x: Array) -> Array:
        return self.form.encode(np.asarray(x, np.float64), saturate=False)

    def values(self, codes: Array) -> Array:
        return self.form.decode(codes).astype(np.float32)

    def taken(self, x: Array) -> Array:
        return self.values(self.codes(x))

    def norm(self, x: Array, weight: Array, eps: float) -> Array:
        width = x.shape[-1]
        formats = {"values": self.form, "gamma": self.form, "result": self.form}
        unit = self._unit(RmsNorm, token=width, eps=eps, lanes=LANES, **formats)
        given, gamma = self.codes(x), self.codes(weight)
        made = unit.normalize(given, gamma)
        self._tell(
            unit,
            unit.lanes,
            {"values": given},
            {"channel": (np.broadcast_to(gamma, x.shape),)},
            made,
        )
        return self.values(made)

    def add(self, x: Array, y: Array) -> Array:
        form = self.form
        unit = self._unit(Residual, values=form, residual=form, result=form, lanes=LANES)
        one, other = self.codes(x), self.codes(y)
        made = unit.add(one, other)
        self._tell(unit, LANES, {"values": one}, {"residual": (other,)}, made)
        return self.values(made)

    def gated(self, gate: Array, up: Array) -> Array:
        unit = self._unit(FunctionOfOne, function="silu", format=self.form, lanes=LANES)
        given = self.codes(gate)
        made = unit.apply(given)
        self._tell(unit, LANES, {"values": given}, {}, made)
        form, factor = self.form, self.codes(up)
        times = self._unit(Product, values=form, factor=form, result=form, lanes=LANES)
        both = times.multiply(made, factor)
        self._tell(times, LANES, {"values": made}, {"factor": (factor,)}, both)
        return self.values(both)

    def softmax(self, scores: Array) -> Array:
        """Over the last axis: what is masked, the end of it, takes no part."""
        rows = self.codes(scores).reshape(-1, scores.shape[-1])
        seen = (~np.isneginf(self.form.decode(rows))) * np.arange(1, rows.shape[1] + 1)
        length = max(LEAST, 1 << (rows.shape[1] - 1).bit_length())
        unit = self._unit(Softmax, format=self.form, token=length, lanes=LANES)
        made = np.zeros_like(rows)
        for row, count in enumerate(seen.max(axis=1).tolist()):
            part = slice(count or None)  # where nothing is seen, all: NaN
            made[row, part] = unit.softmax(rows[row, part])
        self._tell(unit, LANES, {"values": rows}, {}, made)
        return self.values(made).reshape(scores.shape)

    def rotate(self, x: Array, turns: Array, neighbours: bool) -> Array:
        """Each head a pair a beat."""
        unit = self._unit(Rope, format=self.form, lanes=2 * LANES)
        count, heads, size = x.shape
        given = self.codes(x)
        if neighbours:  # both parts of a pair beside each other
            beats = given.reshape(count, heads, -1, 2)
        else:
            beats = given.reshape(count, heads, 2, -1).swapaxes(2, 3)
        angles = [self.codes(of(turns))[:, None, :, None] for of in (np.cos, np.sin)]
        cos, sin = (np.broadcast_to(angle, (*beats.shape[:3], 1)) for angle in angles)
        made = unit.turn(beats, cos, sin)
        whole = count * heads, size
        beside = {"scale": tuple(a.reshape(whole[0], -1) for a in (cos, sin))}
        values = {"values": beats.reshape(whole)}
        self._tell(unit, 2 * LANES, values, beside, made.reshape(whole))
        found = made if neighbours else made.swapaxes(2, 3)
        return self.values(found.reshape(x.shape))

    def _unit(self, kind: Any, **given: Any) -> Any:
        """The unit, made once."""
        key = (kind, *given.items())
        if key not in self.made:
            try:
                self.made[key] = kind(name=kind.kind, **given)
            except DesignError as error:
                raise DesignError(f"no unit {kind.kind} computes this network: {error}") from None
        return self.made[key]

    def _tell(
        self,
        unit: Unit,
        lanes: int,
        values: Mapping[str, Array],
        beside: Mapping[str, tuple[Array, ...]],
        made: Array,
    ) -> None:
        """Hands vectors (vectors, values) and what stands beside them to whom it concerns."""
        if self.watch is None or (count := self.watch.wanted(unit)) == 0:
            return
        [[name, codes]] = values.items()
        each = codes.shape[1] // lanes
        sent = {name: beats_of((codes[:count],), each, ends=True)}
        sent |= {
            key: beats_of(tuple(a[:count] for a in arrays), each) for key, arrays in beside.items()
        }
        self.watch(unit, sent, made[:count].reshape(-1, lanes))


def beats_of(vectors: tuple[Array, ...], each: int, *, ends: bool = False) -> Beats:
    """Fields of vectors (vectors, values) as ``each`` beats of each; ``ends``: marks its last."""
    fields = tuple(np.ascontiguousarray(a).reshape(len(a) * each, -1) for a in vectors)
    last = np.arange(len(fields[0])) % each == each - 1
    return Beats(fields, (None,) * len(fields), last & ends)
