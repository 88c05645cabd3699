"""TOML as a user hands it in: read within bounds, every fault of it one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .errors import DesignError, check_ordinary

#: The largest file that is read, in bytes. A design takes some hundred, its longest table 2^16.
MOST_BYTES = 1 << 22

#: Tables within lists within tables: a design has eight levels.
MOST_LEVELS = 32

#: Integers of TOML have 64 bits; Python would read larger ones, and fail to print some of them.
_LOW, _HIGH = -(1 << 63), (1 << 63) - 1


def text_of(path: Path, what: str = "", most: int = MOST_BYTES) -> str:
    """The text of a file, without the mark of its encoding that some editors put first.

    ``what`` it holds, such as ``"the board "``, for messages; ``most``: bytes that it may have.
    Raises DesignError for what is no ordinary file, no UTF-8, too large, or cannot be read.
    """
    try:
        check_ordinary(path)
        if (size := path.stat().st_size) > most:
            raise DesignError(f"cannot read {what}{path}: it has {size} bytes, {most} are the most")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DesignError(f"{path}: not a text file in UTF-8") from None
    except DesignError:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DesignError(f"cannot read {what}{path}: {why}") from None


def parse(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text; ``where`` it stands begins the message of a DesignError."""
    try:
        data = tomllib.loads(text)
        _check(data)
    except RecursionError:
        raise DesignError(f"{where}: lists or tables are nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        raise DesignError(f"{where}: not valid TOML: {error}") from None
    except DesignError as error:
        raise DesignError(f"{where}: {error}") from None
    except ValueError:  # of Python: more digits than it reads
        raise DesignError(f"{where}: not valid TOML: an integer has more than 64 bits") from None
    return data


def _check(data: dict[str, Any]) -> None:
    """Raise DesignError for what is nested too deep, and for integers that are none of TOML's."""
    level: list[Any] = [data]
    for _ in range(MOST_LEVELS):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict | list):
                inner += item.values() if isinstance(item, dict) else item
            elif isinstance(item, int) and not _LOW <= item <= _HIGH:
                raise DesignError("not valid TOML: an integer has more than 64 bits")
        if not inner:
            return
        level = inner
    raise DesignError("lists or tables are nested too deep")
