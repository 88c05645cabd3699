"""Pictures of pixels, from what is drawn as SVG."""

from __future__ import annotations

from functools import cache

from ..golden.errors import DesignError

#: Pixels for each of the drawing's own.
ZOOM = 2

#: The fonts that drawings ask for.
_LETTER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" '
    'font-family="Segoe UI, Arial, DejaVu Sans, sans-serif">{}</svg>'
)


def png(svg: str) -> bytes:
    """A drawing as PNG, in its light colours. Raises DesignError in one line where that needs what
    is not installed: resvg, or any font."""
    check_png()
    return _drawn(svg)


@cache
def check_png() -> None:
    """Raise DesignError if no PNG can be drawn here."""
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        raise DesignError(
            "a PNG is drawn by resvg, which is not installed: pip install 'macsmith[studies]'"
        ) from None
    # Letters that no font has are left out without a word.
    if _drawn(_LETTER.format('<text y="15">M</text>')) == _drawn(_LETTER.format("")):
        raise DesignError(
            "a PNG needs a font, and none is installed: apt-get install fonts-dejavu-core, or take "
            "an SVG"
        )


def _drawn(svg: str) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM))
