"""What is explored: element formats by their bits, what they meet, how they are scaled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ...designs import Options
from ...golden.errors import DesignError, UnknownName
from ...golden.formats import lookup

#: Bits of an element.
LEAST, MOST = 3, 8

#: The activation that is of the weight's own format.
ITSELF = "itself"

#: What weights meet where nobody says what.
ACTIVATIONS = (ITSELF, "int8", "e4m3")


@dataclass(frozen=True)
class Scheme:
    """How both operands are scaled.

    Parameters
    ----------
    scale, group : of the weight; without a group there is a scale for each row.
    activation_scale, activation_group : of the activation.
    about : in words.
    """

    scale: str
    group: int | None
    activation_scale: str
    activation_group: int | None
    about: str

    def options(self) -> Options:
        """As on a command line."""
        return Options(
            scale=self.scale,
            group=self.group,
            activation_scale=self.activation_scale,
            activation_group=self.activation_group,
        )


def _of_weights(group: int) -> Scheme:
    words = f"FP16 for {group} weights, FP32 for a row of activations"
    return Scheme("fp16", group, "fp32", None, words)


#: Schemes by name.
SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "row": Scheme("fp32", None, "fp32", None, "FP32 for a row of either side"),
        **{f"fp16-{group}": _of_weights(group) for group in (128, 64, 32)},
        "e8m0-32": Scheme("e8m0", 32, "e8m0", 32, "E8M0 for 32 elements of either side, as MX"),
        "ue4m3-16": Scheme("ue4m3", 16, "ue4m3", 16, "UE4M3 for 16 of either side, as NVFP4"),
    }
)


@dataclass(frozen=True)
class Choice:
    """A design of the space.

    Parameters
    ----------
    weight, activation : element formats, by name.
    scheme : the name of its scheme.
    """

    weight: str
    activation: str
    scheme: str

    @property
    def name(self) -> str:
        """The pair, as designs are named."""
        return f"{self.weight}x{self.activation}"

    @property
    def words(self) -> str:
        """The pair and its scales, for people."""
        return f"{self.name} {self.scheme}"

    @property
    def integers(self) -> bool:
        """Whether both operands are integers."""
        return all(name.startswith("int") for name in (self.weight, self.activation))

    def options(self, shape: tuple[int, int, int], k: int, policy: str) -> Options:
        """Of its design in a shape."""
        rows, cols, lanes = shape
        own = SCHEMES[self.scheme].options()
        return replace(own, rows=rows, cols=cols, lanes=lanes, k_max=k, policy=policy)


def elements(bits: int) -> list[str]:
    """The integer of so many bits, then every split into exponent and mantissa."""
    if not LEAST <= bits <= MOST:
        raise DesignError(f"formats of {LEAST} to {MOST} bits are explored, got {bits}")
    return [f"int{bits}", *(f"e{e}m{bits - 1 - e}" for e in range(1, bits))]


def choices(
    bits: Sequence[int], activations: Sequence[str], schemes: Sequence[str]
) -> Iterator[Choice]:
    """Every design of the space, once. Raises UnknownName, DesignError."""
    for name in schemes:
        if name not in SCHEMES:
            raise UnknownName("scheme", name, SCHEMES)
    for name in activations:
        if name != ITSELF:
            lookup(name)
    seen: set[Choice] = set()
    for width in bits:
        for weight in elements(width):
            for given in activations:
                for scheme in schemes:
                    activation = weight if given == ITSELF else given
                    choice = Choice(weight, activation, scheme)
                    if choice not in seen:
                        seen.add(choice)
                        yield choice
