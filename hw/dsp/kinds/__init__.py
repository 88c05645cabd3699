"""The DSP blocks that engines instantiate, a module a maker."""

from __future__ import annotations

from ....golden.description.build import BLOCKS, Target
from ....golden.errors import DesignError
from .dsp48 import DSP48E1, DSP48E2, DSP58
from .gowin import MULT18X18
from .kind import Kind
from .mac16 import SB_MAC16
from .mult18 import MULT18X18D
from .nexus import MULTADDSUB18X18

__all__ = [
    "DSP48E1",
    "DSP48E2",
    "DSP58",
    "BLOCK_KINDS",
    "MULT18X18",
    "MULT18X18D",
    "MULTADDSUB18X18",
    "SB_MAC16",
    "Kind",
    "kind_of",
]

#: name -> block.
BLOCK_KINDS: dict[str, Kind] = BLOCKS.things
for _kind in (DSP48E2, DSP48E1, DSP58, MULT18X18D, SB_MAC16, MULTADDSUB18X18, MULT18X18):
    BLOCKS.register(_kind.name, _kind)


def check(name: str, build: Target) -> None:
    """Raise DesignError for blocks that ``name`` names and does without."""
    if build.blocks != "auto" and build.policy != "dsp":
        raise DesignError(
            f"{name} names DSP blocks ({build.blocks}), which the policy {build.policy} does "
            "without",
            {"policy": "dsp"},
            {"blocks": "auto"},
        )


def kind_of(blocks: str) -> Kind:
    """The block that a build means; the DSP48E2 where it leaves that open."""
    return BLOCK_KINDS.get(blocks, DSP48E2)
