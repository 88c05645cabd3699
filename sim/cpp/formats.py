"""Formats as C++: one constructor each, of what the library's decoders need."""

from __future__ import annotations

from ...golden.errors import DesignError
from ...golden.formats import Bipolar, Codebook, Format, Integer, Minifloat, Posit, Sliced

#: Rules of sliced integers whose name is a keyword of C++.
_SLICES = {"double": "twice"}


def truth(value: object) -> str:
    """``true`` or ``false``."""
    return "true" if value else "false"


class Formats:
    """The formats of a design, each declared once, by the names under which they are used."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[Format, str] = {}

    def name(self, fmt: Format) -> str:
        """The constant that stands for ``fmt``.

        Raises DesignError for a format of a kind that the C++ library does not decode.
        """
        if fmt not in self._names:
            name = f"format{len(self._names)}"
            made = self._made(fmt, name)
            self.lines.append(f"static constexpr lib::Format {name} = {made};  // {fmt.name}")
            self._names[fmt] = name
        return self._names[fmt]

    def _made(self, fmt: Format, name: str) -> str:
        if isinstance(fmt, Integer):
            signs = f"{truth(fmt.signed)}, {truth(fmt.symmetric)}"
            return f"lib::integer({fmt.width}, {signs}, {fmt.exponent})"
        if isinstance(fmt, Minifloat):
            policy = fmt.policy
            return (
                f"lib::minifloat({fmt.exponent_width}, {fmt.mantissa_width}, {fmt.bias}, "
                f"{truth(fmt.signed)}, lib::Nans::{policy.nan}, {truth(policy.infinity)}, "
                f"{truth(policy.subnormals)})"
            )
        if isinstance(fmt, Posit):
            return f"lib::posit({fmt.width}, {fmt.es})"
        if isinstance(fmt, Bipolar):
            return f"lib::bipolar({fmt.width})"
        if isinstance(fmt, Sliced):
            rule = _SLICES.get(fmt.rule, fmt.rule)
            signed, width = truth(fmt.signed), fmt.significand_width
            return f"lib::sliced({fmt.width}, {signed}, lib::Slice::{rule}, {width})"
        if isinstance(fmt, Codebook):
            entries = ", ".join(str(entry) for table in fmt.tables for entry in table)
            self.lines.append(f"static constexpr std::int64_t {name}_table[] = {{{entries}}};")
            width = fmt.significand_width
            return f"lib::codebook({fmt.bits}, {fmt.exponent}, {width}, {name}_table)"
        raise DesignError(
            f"the C++ model has no decoder for {fmt.name}, a format of the kind "
            f"{type(fmt).__name__}: leave --cpp out"
        )
