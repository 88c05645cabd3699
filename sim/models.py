"""Our own Verilog models of vendor primitives and leaves, for simulators."""

from __future__ import annotations

from pathlib import Path

from ..hw.text.emit import Emitted

_FOLDER = Path(__file__).parent


def primitives() -> tuple[Path, ...]:
    """Our own models of the vendor primitives that yosys has none of."""
    return tuple(sorted((_FOLDER / "primitives").glob("*.v")))


def leaves() -> tuple[Path, ...]:
    """Our own models of a maker's carry cells."""
    return tuple(sorted((_FOLDER / "leaves").glob("*.v")))


def cell_models(emitted: Emitted) -> dict[str, str]:
    """Verilog of the maker's cells that the core instantiates, by name, for simulators."""
    paths = [*leaves(), *primitives()]
    models = {path.stem: path.read_text(encoding="utf-8") for path in paths}
    return {name: models[name] for name in emitted.cells}
