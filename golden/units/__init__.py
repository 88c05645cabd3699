"""Units that come with the package, each in a file that registers its kind."""

from .hadamard import Hadamard

__all__ = ["Hadamard"]
