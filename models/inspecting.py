"""What a model consists of, as a table: matrices alike in one line, and a token's cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..golden.errors import DesignError
from .matrix import Matrix
from .model import Model
from .serving import engine_for, matching

#: Numbers in names that count layers or experts.
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)|(?<=\[)\d+(?=\])")

#: Tables that a token looks up a row of, by what their names hold; as outputs they are multiplied.
_TABLES = ("token_embd", "embed_tokens", "wte", "embeddings.", "tok_embeddings")
_OUTPUTS = ("output.weight", "lm_head.weight", "lm_head", "embed_out.weight")


@dataclass(frozen=True)
class Line:
    """Matrices that are alike: one name with ``*`` for numbers, one shape, one scheme.

    Parameters
    ----------
    name : with ``*`` for what counts layers.
    matrices : the alike ones.
    designs : presets with these weights; or the one that is made for them.
    why : why no design serves them; empty otherwise.
    table : whether a token only looks a row up.
    """

    name: str
    matrices: tuple[Matrix, ...]
    designs: tuple[str, ...]
    why: str
    table: bool

    @property
    def first(self) -> Matrix:
        return self.matrices[0]

    @property
    def size(self) -> int:
        """Bytes of all of them in the file."""
        return sum(matrix.size for matrix in self.matrices)

    @property
    def macs(self) -> int:
        """Products for a token."""
        return 0 if self.table else sum(matrix.count for matrix in self.matrices)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "count": len(self.matrices),
            "shape": list(self.first.shape),
            "scheme": self.first.scheme,
            "operand": str(self.first.operand),
            "bits_per_weight": round(self.first.bits, 4),
            "bytes": self.size,
            "macs_per_token": self.macs,
            "designs": list(self.designs),
            "why_not": self.why or None,
            "notes": list(self.first.notes),
        }


@dataclass(frozen=True)
class Inspection:
    """A model in lines."""

    model: Model
    lines: tuple[Line, ...]
    active: float

    @property
    def macs(self) -> int:
        """Products of a token with weights: every matrix once, of experts those that it meets."""
        return round(sum(self._share(line) * line.macs for line in self.lines))

    @property
    def size(self) -> int:
        """Bytes of weights that a token reads."""
        return round(sum(self._share(line) * line.size for line in self.lines if not line.table))

    def _share(self, line: Line) -> float:
        return self.active if "[*]" in line.name or ".experts." in line.name else 1.0

    def to_dict(self) -> dict[str, Any]:
        """What ``macsmith inspect --json`` prints."""
        return {
            "file": str(self.model.container.path),
            "kind": self.model.container.kind,
            "matrices": [line.to_dict() for line in self.lines],
            "refused": [
                {"name": item.name, "why": item.why} for item in self.model.refused.values()
            ],
            "others": len(self.model.others),
            "macs_per_token": self.macs,
            "bytes_per_token": self.size,
        }


def inspect(model: Model, whole: bool = False) -> Inspection:
    """``model`` in lines; with ``whole`` one for each matrix."""
    groups: dict[tuple[Any, ...], list[Matrix]] = {}
    for name, matrix in model.matrices.items():
        called = name if whole else _NUMBER.sub("*", name)
        key = called, matrix.shape, matrix.scheme, str(matrix.operand), matrix.notes[:1]
        groups.setdefault(key, []).append(matrix)
    lines = [line_of(model, key[0], tuple(found)) for key, found in groups.items()]
    return Inspection(model, tuple(lines), _active(model))


def line_of(model: Model, name: str, matrices: tuple[Matrix, ...]) -> Line:
    """One line, of alike ``matrices`` of ``model``."""
    # Without an output matrix the table of words is multiplied with, too.
    tied = not any(each in _OUTPUTS for each in model.matrices)
    designs, why = designs_of(matrices[0])
    words = any(part in name for part in ("token_embd", "embed_tokens", "wte", "tok_embeddings"))
    table = any(part in name for part in _TABLES) and not (tied and words)
    return Line(name, matrices, designs, why, table)


def designs_of(matrix: Matrix) -> tuple[tuple[str, ...], str]:
    """The designs that take ``matrix`` as it is stored, and else why none does."""
    if found := matching(matrix.operand, matrix.scheme):
        return found, ""
    try:
        return (engine_for(matrix).name,), ""
    except DesignError as error:
        return (), str(error)


def _active(model: Model) -> float:
    """The share of experts that a token meets."""
    metadata, config = model.container.metadata, model.container.sidecar("config.json")
    name = metadata.get("general.architecture", "")
    pairs = (
        (metadata, f"{name}.expert_used_count", f"{name}.expert_count"),
        (config, "num_experts_per_tok", "num_experts"),
        (config, "num_experts_per_tok", "num_local_experts"),
    )
    return next((share for where, *keys in pairs if (share := _share(where, *keys))), 1.0)


def _share(where: Mapping[str, Any], used: str, count: str) -> float | None:
    part, whole = where.get(used), where.get(count)
    if type(part) is int and type(whole) is int and 0 < part <= whole:
        return part / whole
    return None
