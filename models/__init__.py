"""What people bring: model files -> named matrices with their scheme -> designs."""

from .files import read_file
from .matrix import Matrix, Refused
from .model import Model, open_model

__all__ = ["Matrix", "Model", "Refused", "open_model", "read_file"]
