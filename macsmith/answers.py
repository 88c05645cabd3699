"""The golden answers to the vectors of an output folder, computed again."""

from __future__ import annotations

from pathlib import Path

from .golden import from_toml
from .hw.catalogue import hardware
from .sim.pack import pack, unpacked
from .vectors import lines


def answers(folder: Path) -> list[str]:
    """The lines that the file of the results in ``folder/tb`` must have.

    The design is that of ``folder/design.toml``, and what it is sent are the other streams' files:
    what they hold may have been changed. Work that they leave unfinished has no answer. Raises
    DesignError for a file that describes no design, OSError or ValueError for vectors that cannot
    be read.
    """
    built = hardware(from_toml((folder / "design.toml").read_text(encoding="utf-8")))
    given = {}
    for stream in built.sources:
        words = (folder / "tb" / f"{stream.name}.hex").read_text(encoding="ascii").split()
        given[stream.name] = unpacked(stream, built.interface, [int(word, 16) for word in words])
    [result] = built.results
    beats = pack(result, built.interface, built.answer(given)[result.name])
    return lines(beats, built.interface.beat_bits(result))
