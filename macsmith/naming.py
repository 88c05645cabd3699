"""Names of designs that options make: a name stands for one shape and one set of options."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from .golden.description import Build, Design
from .golden.errors import DesignError, UnknownName
from .golden.formats import lookup

if TYPE_CHECKING:
    from .options import Options

#: Longest name that options may make; what is beyond it becomes a digest.
LONGEST = 64

#: Options whose values say by themselves what they are about.
_PLAIN = {
    *("datapath", "flow", "interface", "policy", "adders", "blocks", "accumulate", "product"),
    "requantize",
}

#: What stands before the values of the others.
_WORDS = {
    "k_max": "k",
    "group": "g",
    "scale": "scale_",
    "zero_point": "zero_",
    "activation_group": "activation_g",
    "activation_scale": "activation_scale_",
    "activation_zero_point": "activation_zero_",
    "sparse": "sparse_",
    "partials": "partials",
    "overflow": "",
    "fraction": "fraction",
    "accumulator": "into_",
    "initial": "initial_",
    "output": "to_",
    "rounding": "",
    "bias": "bias_",
    "relu": "relu",
    "clamp": "clamp_",
    "nan": "nan_",
    "pipeline": "pipeline",
    "carries": "carries_",
    "digits": "digits_",
    "digit_sums": "sums_",
    "results": "results",
    "k_min": "kmin",
    "block_worth": "worth",
    "fabric": "",
    "axis_width": "axis",
    "interleave": "interleaved",
    "die_crossings": "crossings",
    "max_fanout": "fanout",
}

#: What ``auto`` stands for where no board is said.
DEFAULT_FABRIC, DEFAULT_BLOCKS = "xcup", "dsp48e2"

#: The datapath that is called as a policy is.
_ALSO_A_POLICY = ("datapath", "dsp")

_SHAPE = ("rows", "cols", "lanes")


def named(base: str, build: Build, options: Options) -> str:
    """``base`` and what ``options`` ask for beyond it; ``build`` is what they made of the build."""
    given = {f.name: getattr(options, f.name) for f in fields(options) if f.name != "name"}
    words = []
    if any(given[side] is not None for side in _SHAPE):
        words.append(f"{build.rows}x{build.cols}x{build.lanes}")
    for name, value in given.items():
        if name not in _SHAPE and value is not None:
            words.append(_word(name, value))
    return _short(base, words)


def named_unit(base: str, words: Iterable[str], build: Mapping[str, object]) -> str:
    """The name of a unit: its kind's, and its parameters and what it is built for beyond that."""
    told = [_plain(re.sub(r"(?<=[=,])-", "m", word).replace("=", "")) for word in words]
    return _short(base, told + [_word(name, value) for name, value in build.items()])


def _word(name: str, value: object) -> str:
    """An option as a part of a name."""
    if value is True or value is False:
        return _WORDS.get(name, name) if value else f"no_{name}"
    if isinstance(value, tuple):
        text = "_".join(f"{item:g}" for item in value)
    else:
        text = _canonical(str(value))
    text = text.replace("-", "m") if isinstance(value, tuple) else text
    text = _plain(text)
    plain = name in _PLAIN and text not in ("auto", "inferred") and (name, text) != _ALSO_A_POLICY
    return text if plain else f"{_WORDS.get(name, name + '_')}{text}"


def _plain(text: str) -> str:
    """A text as letters that a name may have."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower().replace(".", "p").replace("+", "")).strip("_")


def _canonical(text: str) -> str:
    """A format's own name, where an alias is given."""
    try:
        return lookup(text).name
    except (DesignError, UnknownName):
        return text


def _short(base: str, words: list[str]) -> str:
    """The words behind the base; a digest for those that would make the name too long."""
    whole = "_".join([base, *words])
    if len(whole) <= max(LONGEST, len(base)) or not words:
        return whole
    digest = hashlib.sha256("_".join(words).encode()).hexdigest()[:8]
    kept = [base]
    for word in words:
        if len("_".join([*kept, word, digest])) > LONGEST:
            break
        kept.append(word)
    return "_".join([*kept, digest])


def fitted_name(design: Design, fitted: Design) -> str:
    """The name of ``design`` when it is built for a board: the family's, where it matters.

    What no board is said for is built as for UltraScale+; a name says what differs from that.
    """
    before, after = design.build, fitted.build
    words = []
    if after.fabric != before.fabric and after.fabric != DEFAULT_FABRIC:
        words.append(after.fabric)
    elif after.blocks != before.blocks and after.blocks != DEFAULT_BLOCKS:
        words.append(after.blocks)
    return _short(design.name, words)
