"""RMSNorm as a design."""

from __future__ import annotations

from ...golden.units import RmsNorm
from .normalization import NormalizationHardware
from .rms_normalizer import RmsNormalizer


class RmsNormHardware(NormalizationHardware[RmsNorm]):
    """RMSNorm as a design.

    Parameters
    ----------
    design : :class:`RmsNorm`
    """

    title = "RMSNorm"
    built: RmsNormalizer

    def blueprint(self) -> RmsNormalizer:
        return RmsNormalizer(self.unit)

    @property
    def normalizer(self) -> RmsNormalizer:
        return self.built

    @property
    def terms(self) -> str:  # type: ignore[override]
        return "x · r · gamma" if self.unit.gamma else "x · r"

    @property
    def waits(self) -> str:
        return f"Values wait in a memory of {self.built.depth} beats until their token is whole."

    @property
    def remarks(self) -> tuple[str, ...]:
        return (
            f"within {self.unit.error:.3f} ulp of x / sqrt(mean(x^2) + {self.unit.eps:g})"
            f"{' · gamma' if self.unit.gamma else ''}; a token with NaN or infinity becomes NaN",
        )
