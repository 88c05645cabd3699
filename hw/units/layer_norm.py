"""LayerNorm as a design: the mean is taken off, then RMSNorm's root is taken of what is left."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import wiring

from ...golden.units import LayerNorm
from ..arith.blueprint import Blueprint
from ..design import StageRow
from .centring import Centring
from .normalization import NormalizationHardware
from .rms_normalizer import RmsNormalizer


class LayerNormalizer(Blueprint):
    """Tokens through two memories: in one they wait for their mean, in the other for their root.

    A beat a cycle, also from one token to the next. ``ready`` of every side comes from registers.

    Parameters
    ----------
    unit : :class:`LayerNorm`
        What is computed.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``, which is not looked at.
    channel : :py:`In(stream.Signature(…))`
        For each a beat of gamma and beta, where there are some.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of results, and whether it ends its token.
    """

    def __init__(self, unit: LayerNorm):
        self.unit = unit
        self.centring = Centring(unit)
        self.normalizer = RmsNormalizer(unit, unit.beta, unit.product)
        ports = dict(self.normalizer.ports)
        super().__init__(ports | {"values": self.centring.ports["values"]})

    @property
    def latency(self) -> int:
        """From a token's last beat to its first result: its last difference comes a token after
        the first."""
        return self.centring.latency + self.unit.beats - 1 + self.normalizer.latency

    def build(self, m: Module, io: Any) -> None:
        m.submodules.centring = centring = self.centring.component()
        m.submodules.normalizer = normalizer = self.normalizer.component()
        wiring.connect(m, wiring.flipped(io.values), centring.values)
        m.d.comb += [
            normalizer.values.valid.eq(centring.result.valid),
            Value.cast(normalizer.values.payload).eq(Value.cast(centring.result.payload)),
            centring.result.ready.eq(normalizer.values.ready),
        ]
        if self.unit.channel:
            wiring.connect(m, wiring.flipped(io.channel), normalizer.channel)
        wiring.connect(m, normalizer.result, wiring.flipped(io.result))


class LayerNormHardware(NormalizationHardware[LayerNorm]):
    """LayerNorm as a design.

    Parameters
    ----------
    design : :class:`LayerNorm`
    """

    title = "LayerNorm"
    built: LayerNormalizer

    def blueprint(self) -> LayerNormalizer:
        return LayerNormalizer(self.unit)

    @property
    def normalizer(self) -> RmsNormalizer:
        return self.built.normalizer

    @property
    def terms(self) -> str:  # type: ignore[override]
        unit = self.unit
        return "c · r" + " · gamma" * bool(unit.gamma) + " + beta" * bool(unit.beta)

    @property
    def drain(self) -> int:
        return self.latency + 2 * self.unit.beats

    @property
    def waits(self) -> str:
        first, second = self.built.centring.depth, self.built.normalizer.depth
        return (
            f"Values wait in a memory of {first} beats until their mean is known, what they are "
            f"above it in one of {second} beats until their root is."
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        beside = " · gamma" * bool(unit.gamma) + " + beta" * bool(unit.beta)
        told = (
            f"within {unit.error:.3f} ulp of (x - mean) / sqrt(variance + {unit.eps:g}){beside}; "
            "a token with NaN or infinity becomes NaN"
        )
        if not unit.lost:
            return (told,)
        return told, (
            f"and {unit.lost:.1e}{' · gamma' * bool(unit.gamma)} more where values of a token are "
            "more than 2^32 apart"
        )

    def before(self) -> list[StageRow]:
        centring, fmt = self.built.centring, self.unit.source
        wide = centring.difference.bounds.width
        return [
            StageRow("mean", centring.sums.bounds.width, None, "", centring.making + 2,
                     "sum, in windows of 2^16"),
            StageRow("above", wide, None, "", centring.difference.latency, "N · x - sum, exact"),
            StageRow("centred", fmt.bits, None, "float",
                     centring.working - centring.difference.latency + 1, "to nearest even"),
        ]  # fmt: skip
