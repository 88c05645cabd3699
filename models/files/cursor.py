"""Reads little-endian fields one after the other, and never beyond the end."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError


class Cursor:
    """A place in the bytes of a file.

    Parameters
    ----------
    data : the whole file, as bytes (uint8).
    name : of the file, for errors.
    """

    def __init__(self, data: npt.NDArray[Any], name: str):
        self.data, self.name, self.place = data, name, 0

    def take(self, count: int, what: str) -> npt.NDArray[np.uint8]:
        """The next ``count`` bytes; DesignError, which names ``what`` and the byte, if the file
        ends before."""
        left = len(self.data) - self.place
        if count > left:
            raise DesignError(
                f"{self.name}: byte {self.place}: {what} needs {count} bytes, the file has {left} "
                "more; it is truncated or damaged"
            )
        found: npt.NDArray[np.uint8] = self.data[self.place : self.place + count]
        self.place += count
        return found

    def number(self, kind: str, what: str) -> Any:
        """The next number, of a kind that :mod:`struct` knows by one letter."""
        return struct.unpack(f"<{kind}", self.take(struct.calcsize(f"<{kind}"), what).tobytes())[0]

    def text(self, what: str) -> str:
        """The next string: its length as 64 bits, then UTF-8."""
        begin = self.place
        data = self.take(self.number("Q", f"the length of {what}"), what)
        try:
            return data.tobytes().decode()
        except UnicodeDecodeError:
            raise DesignError(f"{self.name}: byte {begin}: {what} is no UTF-8") from None
