"""What every element format offers, derived from a handful of abstract properties."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import array_of, reals, whole_numbers
from ..errors import DesignError
from .fields import Fields, Kind, to_float
from .rounding import Rounding, part, rule

Array = npt.NDArray[Any]

_CHUNK = 1 << 14  # elements encoded at a time: the temporaries stay in the cache


#: Of a unit or a bias: values, and sums of their products, stay far inside float64.
MAX_EXPONENT = 256


def check_exponent(name: str, exponent: int, what: str = "exponent") -> None:
    """DesignError for a unit or a bias beyond what any format needs."""
    if abs(exponent) > MAX_EXPONENT:
        raise DesignError(
            f"the {what} of {name} must lie in -{MAX_EXPONENT}…{MAX_EXPONENT}, got {exponent}"
        )


class Format(ABC):
    """An element format: how a code of ``bits`` bits stands for a number.

    Subclasses are frozen dataclasses, one a family, and give ``name``, ``bits``, the integer view
    (``lsb``, ``low``, ``high``, …), ``_fields`` and ``_encode``. Every finite value is an integer
    times ``2**lsb``.
    """

    name: str

    @property
    @abstractmethod
    def bits(self) -> int:
        """Width of a code in bits."""

    @property
    @abstractmethod
    def lsb(self) -> int:
        """Exponent of the quantum: every finite value is a multiple of ``2**lsb``."""

    @property
    @abstractmethod
    def low(self) -> int:
        """Least finite value, in units of ``2**lsb``."""

    @property
    @abstractmethod
    def high(self) -> int:
        """Greatest finite value, in units of ``2**lsb``."""

    @property
    @abstractmethod
    def significand_width(self) -> int:
        """Bits of the largest significand that ``fields`` returns."""

    @abstractmethod
    def _fields(self, codes: Array, select: Array | int) -> Fields: ...

    @abstractmethod
    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        """``encode`` on a flat float64 array without NaN that the format cannot hold."""

    def encode(
        self,
        values: npt.ArrayLike,
        rounding: Rounding = "nearest_even",
        saturate: bool = True,
        select: int = 0,
    ) -> Array:
        """Codes next to ``values`` (any real type, any shape; taken as float64) by the rule
        ``rounding``: a name of :data:`ROUNDINGS`, or a :class:`Stochastic` with its random numbers.

        Values out of range become the extreme value when ``saturate``; what happens otherwise, each
        family states. ``select`` is the table in force, for formats that have several.
        Raises DesignError for a NaN that the format cannot hold.
        """
        values = reals(values, f"{self.name} encodes real numbers")
        rule(rounding)
        if self._check_select(select).ndim:
            raise DesignError(f"{self.name} is encoded with one table at a time, got {select!r}")
        flat = np.ravel(values)
        codes = np.empty(flat.shape, self.dtype)
        for start in range(0, flat.size, _CHUNK):
            chunk = flat[start : start + _CHUNK]
            if not self.has_nan and np.isnan(chunk).any():
                raise DesignError(f"NaN cannot be encoded in {self.name}, which has none")
            piece = slice(start, start + _CHUNK)
            rounds = part(rounding, values.shape, piece)
            codes[piece] = self._encode(chunk, rounds, saturate, select)
        return codes.reshape(values.shape)

    @property
    def exponent_span(self) -> int:
        """Greatest minus least exponent that ``fields`` returns; 0 for a fixed-point format."""
        return 0

    @property
    def has_nan(self) -> bool:
        return False

    @property
    def has_inf(self) -> bool:
        return False

    @property
    def has_zero(self) -> bool:
        return True

    @property
    def select_width(self) -> int:
        """Bits of run-time selection that the decoder needs beside the code."""
        return 0

    @property
    def legal(self) -> Array:
        """The codes that may occur, as an array of ``dtype`` (formats of up to 16 bits)."""
        return np.arange(1 << self.bits).astype(self.dtype)

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The smallest NumPy type that holds a code."""
        width = next(w for w in (8, 16, 32, 64) if self.bits <= w)
        return getattr(np, f"uint{width}")  # type: ignore[no-any-return]

    @property
    def maximum(self) -> Fraction:
        """Greatest finite value, exactly."""
        return Fraction(self.high) * Fraction(2) ** self.lsb

    @property
    def minimum(self) -> Fraction:
        """Least finite value, exactly."""
        return Fraction(self.low) * Fraction(2) ** self.lsb

    def fields(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> Fields:
        """Split ``codes`` into sign, significand, exponent and kind.

        Bits above ``bits`` are an error, not ignored. ``select`` broadcasts against ``codes``.
        """
        return self._fields(*self._selected(codes, select))

    def full(self, fields: Fields) -> Fields:
        """The same numbers with the significand's leading bit in the highest place that it has.

        Subnormal and fixed-point numbers keep their least exponent; those of most formats are so.
        A zero's exponent means nothing.
        """
        return fields

    def decode(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> Array:
        """The values of ``codes`` as float64, exactly; NaN and infinity by the format's policy."""
        return self._decode(*self._selected(codes, select))

    def _decode(self, codes: Array, select: Array) -> Array:
        if self.bits <= 16 and not self.select_width:
            return self._table[codes]
        return to_float(self._fields(codes, select))

    @cached_property
    def _table(self) -> Array:
        return to_float(self._fields(np.arange(1 << self.bits), np.asarray(0)))

    @cached_property
    def _integers(self) -> Array:
        """``integers`` of every code."""
        return self._integers_of(np.arange(1 << self.bits), np.asarray(0))

    def integers(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> Array:
        """Values in units of ``2**lsb``; NaN and infinity give zero. int64, or object if wider."""
        codes, choice = self._selected(codes, select)
        if self.bits <= 16 and not self.select_width:
            return self._integers[codes]
        return self._integers_of(codes, choice)

    def _integers_of(self, codes: Array, select: Array) -> Array:
        fields = self._fields(codes, select)
        kind = object if max(-self.low, self.high).bit_length() > 62 else np.int64
        shift = (fields.exponent - self.lsb).astype(kind)
        # asarray: an operation on a single object gives it alone, which is no array.
        shifted = np.asarray(fields.significand.astype(kind) << shift, kind)
        magnitude = np.where(fields.kind == Kind.FINITE, shifted, 0)
        return np.where(fields.sign, np.asarray(-magnitude, kind), magnitude)

    def check(self, codes: npt.ArrayLike, *, bits_only: bool = False) -> Array:
        """``codes`` as an array of ``dtype``; DesignError if they are not codes of this format.

        Codes are taken from arrays of

        - ``dtype``, the least unsigned type that holds a code;
        - the format's own type in NumPy or ml_dtypes, ``type_name``: its bits;
        - any other integers from 0 to 2**bits - 1, unless ``bits_only``.

        Other types are refused: ``encode`` makes codes of real values, ``.view`` of an array takes
        its bits as another type's.
        """
        array = array_of(codes, f"codes of {self.name}")
        if array.dtype.name == self.type_name:
            bits = array.view(f"uint{8 * array.dtype.itemsize}")
            # Integers of less than a byte come with any bits above their own.
            array = bits if self.type_only else bits & np.iinfo(bits.dtype).max >> -self.bits % 8
        elif not array.size:
            array = np.zeros(array.shape, self.dtype)
        elif array.dtype != self.dtype and (bits_only or array.dtype.kind not in "iu"):
            raise DesignError(self._refusal(array.dtype, bits_only))
        if array.size and (array.dtype.itemsize * 8 > self.bits or array.dtype.kind == "i"):
            least, greatest = int(array.min()), int(array.max())
            if least < 0 or greatest >> self.bits:
                raise DesignError(
                    f"codes of {self.name} must lie in 0…{(1 << self.bits) - 1}, "
                    f"got {least if least < 0 else greatest}; .encode makes codes of values"
                )
        return array.astype(self.dtype, copy=False)

    def received(self, codes: npt.ArrayLike, *, scale: bool = False) -> Array:
        """``check`` of an array that is handed in as data: elements of a matrix, or scales.

        Integers are taken as codes where they can hardly be meant as values: of integers and
        tables; of floats and posits of up to 8 bits, unless they are scales (or biases). A scale
        of 1 is no code 1.
        """
        exact = self.type_only and (scale or self.bits > 8)
        return self.check(codes, bits_only=exact)

    @property
    def type_name(self) -> str | None:
        """The type of NumPy or ml_dtypes whose arrays are codes of this format, if there is one."""
        return None

    @property
    def type_only(self) -> bool:
        """Whether an integer is one thing as a code and another as a value: floats and posits."""
        return False

    def _refusal(self, given: np.dtype[Any], bits_only: bool) -> str:
        """What to hand in instead of an array of another type."""
        name, width = np.dtype(self.dtype).name, np.dtype(self.dtype).itemsize
        wanted = [name if bits_only else "integers"]
        wanted += [self.type_name] if self.type_name and bits_only else []
        ways = [".encode makes codes of values"]
        if given.itemsize == width:
            ways.append(f".view(np.{name}) takes bits as they are")
        elif given.kind in "iu":
            ways.append(f".astype(np.{name}) takes integers as codes")
        return (
            f"codes of {self.name} must be {' or '.join(wanted)}, got {given.name}; "
            + ", ".join(ways)
        )

    def _selected(self, codes: npt.ArrayLike, select: npt.ArrayLike) -> tuple[Array, Array]:
        """Both as arrays that broadcast against each other."""
        checked, choice = self.check(codes), self._check_select(select)
        try:
            np.broadcast_shapes(checked.shape, choice.shape)
        except ValueError:
            raise DesignError(
                f"selections of shape {choice.shape} do not fit codes of {self.name} of shape "
                f"{checked.shape}"
            ) from None
        return checked, choice

    def _check_select(self, select: npt.ArrayLike) -> Array:
        """``select`` as an array; DesignError if a table is not there."""
        last = (1 << self.select_width) - 1  # 0 where there is one table
        return whole_numbers(select, f"selections of {self.name}", 0, last).astype(np.int64)
