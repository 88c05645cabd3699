"""The inputs of an array whose weight is sparse: positions, and activations by windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...golden.description import Sparse
from ...golden.errors import DesignError
from ...golden.formats import Integer
from ..datapaths import Codes, Form
from .inputs import Input

if TYPE_CHECKING:
    from .plan import Plan

#: The array of the positions of a sparse weight's elements in their windows.
INDEX = "index"


def check_sparse(name: str, plan: Plan) -> None:
    """Raise DesignError for a sparse weight whose digits would be left out too."""
    if plan.structure is not None and plan.skips:
        raise DesignError(
            f"{name} ({plan.structure}) leaves out elements, not digits", {"digits": "all"}
        )


def index_key(key: str) -> str:
    """The name of the positions of those activations that are made for an input."""
    return f"{INDEX}_{key}"


def windows(structure: Sparse, inputs: dict[str, Input[Form]]) -> dict[str, Input[Form]]:
    """Activations as sums read them, made for the whole window of each lane."""
    found = {}
    for key, item in inputs.items():
        delays = tuple(n for n in item.form.delays for _ in range(structure.window))
        form, lanes = replace(item.form, delays=delays), item.lanes * structure.window
        found[key] = item._replace(lanes=lanes, form=form, structure=structure)
    return found


def positions(structure: Sparse, inputs: dict[str, Input[Form]]) -> dict[str, Input[Form]]:
    """Where the elements of a weight stand, as late as the activations that they pick."""
    index = Integer(INDEX, structure.index_bits, signed=False)
    found: dict[str, Input[Form]] = {}
    for key, item in inputs.items():
        ready = tuple(n + item.form.stages for n in item.form.delays)
        found[index_key(key)] = Input(key, INDEX, item.lanes, Codes(index, ready))
    return found
