"""A text that a language model of a file foresees."""

from __future__ import annotations

from pathlib import Path

from ..golden.errors import DesignError
from ..golden.toml_files import text_of
from ..models.model import Model
from ..models.networks import open_network
from ..models.networks.llama import Llama
from ..models.networks.tokenizer import read_tokenizer

#: Bytes of a text that are read: a hundred times the tokens that anybody waits for.
MOST_BYTES = 1 << 26


def language_model(model: Model) -> Llama:
    """The network of a file. DesignError for one that foresees no text."""
    network = open_network(model)
    if not isinstance(network, Llama):
        raise DesignError(f"{model.container.path.name} is an encoder: it foresees no text")
    return network


def tokens_of(model: Model, text: Path, most: int) -> list[int]:
    """The first tokens of a text file, at most so many, as a model's own tokenizer has them."""
    words = text_of(text, "the text ", most=MOST_BYTES)
    found = read_tokenizer(model.container).encode(words)[:most]
    if not found:
        raise DesignError(f"{text} has no token: write at least some words")
    return found
