"""Byte-level byte pairs (GPT-2's) from a GGUF file's own lists: tokens, kinds, merges."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...golden.errors import DesignError
from ..files import Container
from .tokens import Tokenizer, refusals

if TYPE_CHECKING:
    from tokenizers.pre_tokenizers import PreTokenizer

_KEY = "tokenizer.ggml."

#: Numbers in tokenizer.ggml.token_type: what is no text, and what a user added.
_CONTROL, _ADDED = 3, 4


def _gpt2() -> PreTokenizer:
    """Words with the space before them, numbers, other signs, spaces."""
    from tokenizers.pre_tokenizers import ByteLevel

    return ByteLevel(add_prefix_space=False, use_regex=True)


def _smollm() -> PreTokenizer:
    """GPT-2's, each digit by itself."""
    from tokenizers.pre_tokenizers import Digits, Sequence

    return Sequence([Digits(individual_digits=True), _gpt2()])


#: Names in tokenizer.ggml.pre -> what cuts a text before pairs are merged.
CUTS: dict[str, Callable[[], PreTokenizer]] = {"gpt-2": _gpt2, "smollm": _smollm}


def read(container: Container) -> Tokenizer:
    """The tokenizer of a GGUF file; DesignError for another kind, and for lists that do not fit."""
    from tokenizers import AddedToken, decoders, models
    from tokenizers import Tokenizer as Inner

    where, metadata = container.path.name, container.metadata
    kind, cut = (metadata.get(f"{_KEY}{name}") for name in ("model", "pre"))
    if kind != "gpt2":
        raise DesignError(f"{where}: {_KEY}model = {kind!r} is not read; known: gpt2")
    if not isinstance(cut, str) or cut not in CUTS:
        raise DesignError(f"{where}: {_KEY}pre = {cut!r} is not known; known: {', '.join(CUTS)}")
    tokens, merges = _texts(container, "tokens"), _texts(container, "merges")
    if len(set(tokens)) != len(tokens):
        raise DesignError(f"{where}: {_KEY}tokens has a token twice")
    pairs = []
    for merge in merges:
        one, _, other = merge.partition(" ")
        if not one or not other or " " in other:
            raise DesignError(f"{where}: {_KEY}merges has pairs of tokens, got {merge!r}")
        pairs.append((one, other))
    with refusals(where):
        inner = Inner(models.BPE({token: i for i, token in enumerate(tokens)}, pairs))
        inner.pre_tokenizer = CUTS[cut]()
        inner.decoder = decoders.ByteLevel()
        for number, special in ((_CONTROL, True), (_ADDED, False)):
            added = [
                AddedToken(tokens[index], special=special, normalized=False)
                for index in _of_kind(container, number, len(tokens))
            ]
            (inner.add_special_tokens if special else inner.add_tokens)(added)
    first = None
    if metadata.get(f"{_KEY}add_bos_token") is True:
        first = _token(container, "bos", len(tokens))
    ends = [_token(container, "eos", len(tokens))]
    return Tokenizer(inner, first, [end for end in ends if end is not None])


def _texts(container: Container, name: str) -> list[str]:
    found = container.metadata.get(f"{_KEY}{name}")
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        what = "is missing" if found is None else "is no list of texts"
        raise DesignError(f"{container.path.name}: {_KEY}{name} {what}")
    return found


def _of_kind(container: Container, number: int, count: int) -> list[int]:
    """The tokens of a kind."""
    kinds = container.metadata.get(f"{_KEY}token_type")
    if kinds is None:
        return []
    if not isinstance(kinds, np.ndarray) or kinds.shape != (count,):
        raise DesignError(
            f"{container.path.name}: {_KEY}token_type must have a number for each of {count} tokens"
        )
    return [int(index) for index in np.flatnonzero(kinds == number)]


def _token(container: Container, name: str, count: int) -> int | None:
    """The number of a special token; None where the file names none."""
    found: Any = container.metadata.get(f"{_KEY}{name}_token_id")
    if found is None:
        return None
    if not isinstance(found, int) or not 0 <= found < count:
        raise DesignError(
            f"{container.path.name}: {_KEY}{name}_token_id must be below {count}, got {found!r}"
        )
    return found
