"""Parts of pages that commands write: what stands between two marks."""

from __future__ import annotations


def with_part(text: str, begin: str, made: str, end: str) -> str:
    """``text`` with ``made`` between its marks, which must be there; they stay."""
    before, rest = text.split(begin)
    return f"{before}{begin}{made}{end}{rest.split(end)[1]}"
