"""Texts as tokens and back, by the package tokenizers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...golden.errors import DesignError, ToolMissing

if TYPE_CHECKING:
    import tokenizers

#: Tokens of ChatML, by which a model's way of chatting is told.
TURN, TURN_END = "<|im_start|>", "<|im_end|>"


class Tokenizer:
    """A model's tokens.

    Parameters
    ----------
    inner : of the package tokenizers.
    first : token that every text begins with, or None where ``inner`` adds what it wants.
    ends : tokens that end a text.
    """

    def __init__(self, inner: tokenizers.Tokenizer, first: int | None, ends: Iterable[int]):
        self.inner, self.first = inner, first
        last = inner.token_to_id(TURN_END)
        self.ends = frozenset(ends) | ({last} if last is not None else set())

    @property
    def chats(self) -> bool:
        """Whether the vocabulary has ChatML's tokens."""
        return all(self.inner.token_to_id(token) is not None for token in (TURN, TURN_END))

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; names of special tokens in it are these."""
        found: list[int] = self.inner.encode(text).ids
        return found if self.first is None else [self.first, *found]

    def chat(self, text: str) -> str:
        """``text`` as a user's turn of ChatML that the model answers; DesignError for a model that
        has not its tokens. The file's own template, a program, is not run."""
        if not self.chats:
            raise DesignError(
                f"the vocabulary has no {TURN} and {TURN_END}: leave out --chat, and write the "
                "prompt as the model wants it"
            )
        return f"{TURN}user\n{text}{TURN_END}\n{TURN}assistant\n"

    def decode(self, tokens: list[int]) -> str:
        """The text of tokens, without special ones."""
        return str(self.inner.decode(tokens, skip_special_tokens=True))


class refusals:
    """What the package does not take becomes a DesignError in one line."""

    def __init__(self, where: str):
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *_: Any
    ) -> None:
        # Errors of the package's Rust are bare Exceptions, its panics BaseExceptions.
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit | DesignError):
            return
        raise DesignError(f"{self.where}: the package tokenizers refuses it: {error}") from None


def package() -> None:
    """ToolMissing, with what to do, where the package is not installed."""
    try:
        import tokenizers  # noqa: F401
    except ImportError:
        raise ToolMissing(
            "texts become tokens by the package tokenizers, which is not installed: "
            "pip install 'macsmith[models]', or make .venv/models"
        ) from None
