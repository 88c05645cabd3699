"""How the products of a step are made and summed: one class a way, chosen for each pair of formats.

``auto`` takes the one that was measured to be the smallest; for pairs that were not measured, the
one of the least estimate, of several the first of :data:`KINDS`.
"""

from __future__ import annotations

from math import inf

from ...golden.description.build import DATAPATHS
from ...golden.errors import DesignError
from ...golden.formats import Format
from ..arith.shapes import significands
from . import measured
from .base import SETTING, Datapath, Setting
from .bit_plane import BitPlane
from .bit_serial import BitSerial
from .blocks import Blocks
from .booth import Booth
from .decoded import Decoded
from .dsp import Dsp
from .dsp_adders import DspAdders
from .forms import Codes, Form, Making
from .lmul import LMul
from .magnitudes import Magnitudes
from .minifloat import MinifloatTable
from .multiply import DSP_BITS, Multiply
from .overpacked import Overpacked, OverpackedCorrected
from .plane_serial import PlaneSerial
from .select import Select
from .serial import SeenForm, SerialForm
from .split_shift import SplitShift
from .table import Table
from .table_serial import TableSerial

__all__ = [
    "KINDS",
    "Blocks",
    "Codes",
    "Datapath",
    "Decoded",
    "Dsp",
    "DspAdders",
    "Form",
    "Making",
    "PlaneSerial",
    "SeenForm",
    "SerialForm",
    "Setting",
    "Magnitudes",
    "aligning",
    "choose",
]

#: name -> datapath.
KINDS: dict[str, type[Datapath]] = DATAPATHS.things
for _kind in (
    *(MinifloatTable, Select, Booth, Table, BitPlane, SplitShift, Multiply),
    *(BitSerial, TableSerial, PlaneSerial, Dsp, DspAdders),
):
    DATAPATHS.register(_kind.name, _kind)

#: product rule -> datapath, where it is not the exact one.
RULES: dict[str, type[Datapath]] = {
    kind.name: kind for kind in (LMul, Overpacked, OverpackedCorrected)
}


def choose(
    name: str,
    weight: Format,
    activation: Format,
    *,
    rule: str = "exact",
    setting: Setting = SETTING,
) -> type[Datapath]:
    """The datapath called ``name`` (or ``auto``) for a pair; DesignError if it does not serve it.

    The constant one of a zero point is served by every name. A product rule other than ``exact``
    has one datapath of its own. ``auto`` leaves products to DSP blocks where the policy has
    them and that spares sites.
    """
    if rule in RULES:
        if name != "auto":
            raise DesignError(
                f"product {rule} has its own datapath, got {name}", {"datapath": "auto"}
            )
        return RULES[rule]
    serving = [kind for kind in KINDS.values() if kind.serves(weight, activation)]
    if setting.picked:
        serving = [kind for kind in serving if kind.by_lane(weight, activation)]
    if name == "auto" or not (weight.bits and activation.bits):
        return cheapest(serving, weight, activation, setting)
    kind = KINDS[name]
    if kind not in serving:
        others = [kind.name for kind in serving if not kind.lacks(weight, activation, setting)]
        sparse = " (sparse)" if setting.picked else ""
        raise DesignError(
            f"datapath {name} does not serve {weight.name} × {activation.name}{sparse}",
            *({"datapath": other} for other in ("auto", *others)),
        )
    _check(kind, weight, activation, setting)
    return kind


def _check(kind: type[Datapath], weight: Format, activation: Format, setting: Setting) -> None:
    """Raise DesignError if a pair that is served cannot be built there."""
    if lack := kind.lacks(weight, activation, setting):
        raise DesignError(f"datapath {kind.name} {lack.what}", *lack.advice)


def aligning(
    name: str, weight: Format, activation: Format, *, setting: Setting
) -> type[Multiply | Magnitudes]:
    """The datapath called ``name`` (or ``auto``) of products that are aligned one by one."""
    if name == Dsp.name and (lack := Magnitudes.lacks(weight, activation, setting)):
        raise DesignError(f"datapath {name} {lack.what}", *lack.advice)
    there = setting.policy == "dsp" and setting.blocks != "inferred"
    serves = there and Magnitudes.serves(weight, activation)
    serves = serves and Magnitudes.fits(weight, activation, setting.blocks)
    small = sum(significands(fmt).width for fmt in (weight, activation)) < DSP_BITS
    if not serves or name == Multiply.name or (name == "auto" and small):
        return Multiply
    return Magnitudes


def cheapest(
    serving: list[type[Datapath]], weight: Format, activation: Format, setting: Setting
) -> type[Datapath]:
    """The smallest of the datapaths that serve a pair, as far as is known."""
    if Dsp in serving and Dsp.estimate(weight, activation, setting) < inf:
        # Both need blocks; these keep what they can in them.
        serving = [kind for kind in serving if kind is not Multiply]
    there, known = measured.known(setting.fabric, f"{weight.name}x{activation.name}")
    known = {kind.name: known[kind.name] for kind in serving if kind.name in known}
    if setting.policy != there.policy or not known:
        return min(serving, key=lambda kind: kind.estimate(weight, activation, setting))
    best = min(known, key=lambda name: known[name])
    estimate = KINDS[best].estimate(weight, activation, there)
    if setting == there or estimate == inf:
        return KINDS[best]
    scale = known[best] / estimate

    def sites(kind: type[Datapath]) -> float:
        """What was measured, and what the estimates say of another shape; or these alone."""
        here = kind.estimate(weight, activation, setting)
        if kind.name not in known:
            return here * scale
        return known[kind.name] + here - kind.estimate(weight, activation, there)

    return min(serving, key=sites)
