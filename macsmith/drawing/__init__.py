"""Pictures of designs, as SVG that is read on light and on dark screens."""

from .blocks import draw
from .svg import Canvas

__all__ = ["Canvas", "draw"]
