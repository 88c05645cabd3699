"""Code books from arrays of real entries: a user's own tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..arrays import reals
from ..errors import DesignError, check_ordinary
from .codebook import Codebook

MAX_FRACTION = 24
MAX_ENTRIES = 1 << 10

#: Of a file: the entries in the widest type, and the header.
MAX_BYTES = 1 << 16


def code_book(name: str, entries: npt.ArrayLike, fraction: int | None = None) -> Codebook:
    """A code book of real ``entries``, shape (codes,) or (tables, codes): powers of two of each.

    Entries are kept with ``fraction`` fractional bits, rounded to nearest even; without it, with
    the fewest that are exact. Raises DesignError where 24 do not suffice, naming the error that 8
    would make.
    """
    values = np.atleast_2d(reals(entries, f"entries of {name} must be real numbers"))
    count = values.shape[-1]
    if values.ndim != 2 or not 1 < values.size <= MAX_ENTRIES or count < 2:
        raise DesignError(
            f"a table of {name} has shape (codes,) or (tables, codes), at least two codes and up "
            f"to {MAX_ENTRIES} entries, got shape {np.shape(entries)}"
        )
    if not np.isfinite(values).all() or np.abs(values).max() >= 2.0**24:
        raise DesignError(f"entries of {name} must be finite and below 2**24 in magnitude")
    if fraction is None:
        exact = (f for f in range(MAX_FRACTION + 1) if not _error(values, f))
        fraction = next(exact, None)
        if fraction is None:
            raise DesignError(
                f"entries of {name} are no multiples of 2**-{MAX_FRACTION}: round them, or name "
                "the file in a TOML design with the fractional bits to keep, element = { file = "
                f"…, fraction = 8 }}; 8 would change them by up to {_error(values, 8):.3g}"
            )
    if type(fraction) is not int or not 0 <= fraction <= MAX_FRACTION:
        raise DesignError(f"fraction must lie in 0…{MAX_FRACTION}, got {fraction!r}")
    integers = np.rint(np.ldexp(values, fraction)).astype(np.int64)
    return Codebook(name, tuple(tuple(row) for row in integers.tolist()), -fraction)


def read_code_book(path: Path, fraction: int | None = None) -> Codebook:
    """The code book in a .npy file, called like it; see :func:`code_book`."""
    try:
        check_ordinary(path)
        if (size := path.stat().st_size) > MAX_BYTES:
            raise DesignError(
                f"{path}: a table has up to {MAX_ENTRIES} entries, this file {size} bytes"
            )
        entries = np.load(path, allow_pickle=False)
    except DesignError:
        raise
    except OSError as error:
        raise DesignError(f"cannot read {path}: {error.strerror or error}") from None
    except Exception as error:  # the header is Python, and numpy leaves its errors as they are
        why = str(error).split(". ")[0].splitlines()[0] if str(error) else type(error).__name__
        raise DesignError(f"{path}: not a .npy file of numbers: {why}") from None
    if not isinstance(entries, np.ndarray):
        raise DesignError(f"{path}: an archive of arrays; save the table alone with numpy.save")
    if entries.dtype.kind not in "iuf":
        raise DesignError(
            f"{path}: a table holds real numbers, got {entries.dtype}; save it as float32"
        )
    return code_book(path.stem, entries, fraction)


def _error(values: npt.NDArray[np.float64], fraction: int) -> float:
    """How far rounding moves the entries at most."""
    return float(np.abs(np.ldexp(np.rint(np.ldexp(values, fraction)), -fraction) - values).max())
